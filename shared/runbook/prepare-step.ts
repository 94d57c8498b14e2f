import type { Preparation } from '../actions/contract.ts';
import { InvalidInputError, RefusedError } from '../errors.ts';
import type { JsonObject } from '../json.ts';
import { actionContext } from './action-context.ts';
import { judge } from './condition.ts';
import type { StepReply } from './contract.ts';
import { whatARunDoesFirst } from './done-before.ts';
import { resolveParameters, scopeOf, stepsNamedIn } from './scope.ts';
import { readStep, type StepRecord, writeStep } from './step-record.ts';
import { conclude, firstRecord, reply, type StepWork, tell, tellAgain } from './step-work.ts';

/**
 * Looks before anything is changed: the step's mode, its parameters, and what the action says about the world.
 * Throws RefusedError with the action's reasons when it must not go on.
 */
export async function prepareStep(work: StepWork): Promise<StepReply> {
  const { run, step, action } = work;
  if (!step.modes.includes(run.mode)) {
    await conclude(work, 'skipped', { note: `Not part of the mode ${run.mode}` });
    return reply('skipped');
  }
  const record = await beginAttempt(work);
  if (record.status === 'done' || record.status === 'skipped') {
    await tellAgain(work, record);
    return reply(record.status);
  }
  if (record.status === 'acting') return reply('act');
  const unmet = await unmetCondition(work);
  if (unmet) {
    await conclude(work, 'skipped', { note: `Not needed: ${unmet}` });
    return reply('skipped');
  }
  const parameters = await parametersOf(work);
  if (!parameters.ok) {
    if (run.mode !== 'dry-run' || !parameters.unresolved) throw parameters.error;
    // A dry run makes nothing, so a step that needs what another one makes can't be prepared; the report says so.
    await conclude(work, 'skipped', { note: `Dry run: ${parameters.error.message}` });
    return reply('skipped');
  }
  const context = actionContext(work.runtime, run, step, record);
  const preparation = await action.prepare(context, parameters.value);
  return follow(work, preparation, parameters.value);
}

/** A new attempt after a failure that was settled; the same one when a call is made again. */
async function beginAttempt(work: StepWork): Promise<StepRecord> {
  const now = work.runtime.clock.now().toISOString();
  const record = await writeStep(work.runtime.store, work.run.id, work.step.id, current => {
    if (!current) return firstRecord(work.step, now);
    const ended = current.status === 'failed' || current.status === 'refused';
    if (!ended) return current;
    // Settling stores the error: without one, this is the call that failed, made again after it had died.
    if (!current.error) return { ...current, status: 'preparing' };
    return {
      ...current,
      status: 'preparing',
      attempt: current.attempt + 1,
      actedAt: undefined,
      endedAt: undefined,
      note: undefined,
      error: undefined,
      reasons: undefined,
      evidence: undefined,
    };
  });
  if (record.status === 'preparing') await tell(work, record);
  return record;
}

/** The action's own parameters: expressions resolved, durations in seconds, components checked. */
export async function parametersOf(
  work: StepWork,
): Promise<{ ok: true; value: JsonObject } | { ok: false; unresolved: boolean; error: InvalidInputError }> {
  const { step, action } = work;
  const resolved = resolveParameters(step, await scopeFor(work));
  if (!resolved.ok) return { ...resolved, unresolved: true };
  const parsed = action.parameters.safeParse(resolved.parameters);
  if (parsed.success) return { ok: true, value: parsed.data as JsonObject };
  const problems = parsed.error.issues.map(issue => `${issue.path.join('.')}: ${issue.message}`).join('; ');
  const error = new InvalidInputError(
    `The parameters of step "${step.id}" do not fit ${step.action}: ${problems}`,
    {
      nextStep: 'Mend the step in the plan, check it with `lifeboat validate`, and deploy again.',
    },
  );
  return { ok: false, unresolved: false, error };
}

/** What the step's expressions may refer to now. */
async function scopeFor({ runtime, run, step }: StepWork): Promise<JsonObject> {
  const named = stepsNamedIn(step);
  const outputsOf = async (runId: string, ids: readonly string[]): Promise<JsonObject> => {
    const steps = await Promise.all(ids.map(id => readStep(runtime.store, runId, id)));
    const outputs = steps.flatMap(stored =>
      // What a step has come to is known of every one of them; a condition may ask for it.
      stored ? [[stored.step.id, { status: stored.status, ...stored.outputs }] as const] : [],
    );
    return Object.fromEntries(outputs);
  };
  const failover = run.failover === undefined ? {} : await outputsOf(run.failover, named.failover);
  return scopeOf(run, await outputsOf(run.id, named.own), failover);
}

/** Why the step is not needed, when it has a condition that does not hold. */
async function unmetCondition(work: StepWork): Promise<string | undefined> {
  const { when } = work.step;
  if (!when) return undefined;
  const { holds, what } = judge(when, await scopeFor(work));
  return holds ? undefined : what;
}

async function follow(work: StepWork, preparation: Preparation, parameters: JsonObject): Promise<StepReply> {
  const { evidence } = preparation;
  const { run } = work;
  switch (preparation.status) {
    case 'refused': {
      const first = run.mode === 'dry-run' ? whatARunDoesFirst(work, parameters) : undefined;
      if (first !== undefined) {
        const found = preparation.reasons.map(({ what }) => what).join(' ');
        const note = `Dry run: a run ${first} first. As it is now: ${found}`;
        await conclude(work, 'skipped', { evidence, note });
        return reply('skipped');
      }
      await conclude(work, 'refused', { reasons: preparation.reasons, evidence });
      throw new RefusedError(preparation.reasons.map(reason => reason.what).join(' '), {
        reasons: preparation.reasons.map(reason => `${reason.what} ${reason.mend}`),
        nextStep: preparation.reasons.map(reason => reason.mend).join(' '),
      });
    }
    case 'already-done':
      await conclude(work, 'done', {
        baseline: preparation.baseline,
        outputs: preparation.outputs,
        evidence,
      });
      return reply('done');
    case 'ask':
      if (work.run.mode === 'dry-run') {
        await conclude(work, 'skipped', {
          note: `Dry run: would ask ${preparation.question.askedOf.join(', ')}`,
          ...(preparation.unasked && { outputs: preparation.unasked }),
        });
        return reply('skipped');
      }
      await keep(work, 'asking', { ...preparation.baseline, question: preparation.question });
      return reply('ask', 0, preparation.question.answerWithinSeconds);
    case 'ready':
      return goOn(work, preparation.baseline, parameters, evidence);
  }
}

async function goOn(
  work: StepWork,
  baseline: JsonObject,
  parameters: JsonObject,
  evidence: Preparation['evidence'],
): Promise<StepReply> {
  const { run, action } = work;
  if (run.mode === 'drill' && action.drill === 'prepare-only') {
    await conclude(work, 'skipped', {
      baseline,
      evidence,
      note: 'Drill: prepared, production is left alone',
    });
    return reply('skipped');
  }
  if (run.mode === 'dry-run') return lookOnce(work, baseline, parameters, evidence);
  await keep(work, 'preparing', baseline);
  return reply('act');
}

/** A dry run changes nothing; what only reads may still answer, since later steps refer to its outputs. */
async function lookOnce(
  work: StepWork,
  baseline: JsonObject,
  parameters: JsonObject,
  evidence: Preparation['evidence'],
): Promise<StepReply> {
  const { runtime, run, step, action } = work;
  if (action.mutates && !action.onlyReads?.(parameters)) {
    await conclude(work, 'skipped', { baseline, evidence, note: 'Dry run: prepared, nothing changed' });
    return reply('skipped');
  }
  const seen = await action.observe(actionContext(runtime, run, step, undefined), parameters, baseline);
  if (seen.status === 'done') {
    await conclude(work, 'done', {
      baseline,
      outputs: seen.outputs,
      evidence: [...evidence, ...seen.evidence],
    });
    return reply('done');
  }
  const what = seen.status === 'pending' ? seen.note : seen.reasons.map(reason => reason.what).join(' ');
  await conclude(work, 'skipped', { baseline, evidence, note: `Dry run: looked once; ${what}` });
  return reply('skipped');
}

async function keep(work: StepWork, status: 'preparing' | 'asking', baseline: JsonObject): Promise<void> {
  const now = work.runtime.clock.now().toISOString();
  const record = await writeStep(work.runtime.store, work.run.id, work.step.id, current => {
    const known = current ?? firstRecord(work.step, now);
    // A slow call that was made again meanwhile: what it found is older than what has been done since.
    if (known.status !== 'preparing' && known.status !== 'asking') return known;
    return { ...known, status, baseline };
  });
  await tell(work, record);
}

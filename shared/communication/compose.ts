import { hasFollowUps } from '../deployment.ts';
import { InvalidInputError } from '../errors.ts';
import { appendEntry, readLedger } from '../incident/ledger.ts';
import type { Run } from '../runbook/contract.ts';
import type { Runtime } from '../runtime.ts';
import { scopeFor } from './fields.ts';
import { makeLink } from './links.ts';
import { withheldKeys } from './message-record.ts';
import type { PlannedMessage } from './planned-message.ts';
import { acknowledgementId, pointerKey } from './question-record.ts';
import { putOnce, readQuestions } from './questions.ts';
import { type Rendered, renderMessage } from './render.ts';
import { type Situation, shift } from './situation.ts';
import { stageOf } from './stage.ts';
import { readTasks } from './task-record.ts';
import { defaultTemplate, templateOf } from './templates.ts';

/** How long a link to acknowledge works, from when it was sent. */
const acknowledgementSeconds = 86_400;
/** A task can be done late, and its link works for so long after it was due. */
const lateTaskSeconds = 60 * 86_400;

/** What stands in for a link that could not be made. */
const withoutLink =
  'The link could not be made; use `npx lifeboat status`, `ack`, `approve` or `deny` instead.';

/** Reads everything that decides who is told what. */
export async function loadSituation(runtime: Runtime, run: Run): Promise<Situation> {
  const { store, plan, clock } = runtime;
  const [ledger, questions, withheld, tasks] = await Promise.all([
    readLedger(store, run.incidentId),
    readQuestions(store, run.incidentId),
    run.mode === 'dry-run' ? withheldKeys(store, run.incidentId) : new Set<string>(),
    hasFollowUps(plan) ? readTasks(store, run.incidentId) : [],
  ]);
  return { plan, run, ledger, questions, withheld, tasks, now: clock.now() };
}

/**
 * Writes a message. When the plan's template can't be filled in, the built-in one is used and the ledger says so:
 * a mistake in a template must not keep people from being told.
 */
export async function compose(
  runtime: Runtime,
  situation: Situation,
  message: PlannedMessage,
  fields?: Record<string, string>,
): Promise<Rendered> {
  const { plan, run } = situation;
  const information =
    'audience' in message.to ? (plan.audiences[message.to.audience]?.information ?? '') : 'technical';
  const link = await linkFor(runtime, situation, message);
  const about = {
    mode: run.mode,
    key: message.key,
    link: link?.startsWith('http') ? link : undefined,
    stage: stageOf(situation),
  };
  const scope = scopeFor(situation, message, { link, fields });
  const candidates = [
    templateOf(plan, message.template, information, run.mode),
    defaultTemplate(message.template, information, run.mode),
    // Uses only fields that always have a value.
    defaultTemplate('update', information, run.mode),
  ];
  const problems = candidates[0] ? [] : ['There is no template of this name.'];
  for (const candidate of candidates) {
    const result = candidate && renderMessage(candidate, scope, about);
    if (result?.ok) {
      if (problems.length > 0) await noteProblem(runtime, run, message, problems);
      return result.message;
    }
    if (result) problems.push(result.problem);
  }
  throw new InvalidInputError(`The message ${message.key} can't be written: ${problems.join(' ')}`, {
    nextStep: 'Mend the template in the plan and deploy again.',
  });
}

/** The recipient's own link: to answer a question that they were asked, or to acknowledge the incident. */
async function linkFor(
  runtime: Runtime,
  situation: Situation,
  message: PlannedMessage,
): Promise<string | undefined> {
  if (!('person' in message.to)) return undefined;
  const { person } = message.to;
  const { incidentId } = situation.run;
  const question = situation.questions.find(({ id }) => id === message.question);
  const task = situation.tasks?.find(({ id }) => id === message.task);
  if (question && !question.askedOf.includes(person)) return undefined;
  if (task && !task.owners.includes(person)) return undefined;
  if (!question && !task && message.template !== 'escalation') return undefined;
  try {
    const id = question?.id ?? task?.id ?? acknowledgementId(incidentId);
    if (!question && !task) await putOnce(runtime.store, pointerKey(id), { incidentId });
    const now = situation.now.toISOString();
    const expiresAt = new Date(
      question?.expiresAt ?? shift(task?.dueAt ?? now, task ? lateTaskSeconds : acknowledgementSeconds),
    );
    return makeLink(
      runtime.settings.decisionUrl,
      { question: id, person, expiresAt },
      incidentId,
      await linkKey(runtime),
    );
  } catch (error) {
    runtime.log('error', 'A link could not be made', { key: message.key, error: String(error) });
    return withoutLink;
  }
}

/** The secret that signs links, from the recovery region. */
export function linkKey(runtime: Runtime): Promise<string> {
  return runtime.secret(`secret:${runtime.settings.linkSecretName}`, runtime.plan.regions.recovery);
}

async function noteProblem(
  runtime: Runtime,
  run: Run,
  message: PlannedMessage,
  problems: string[],
): Promise<void> {
  const what = `The template "${message.template}" could not be used: ${[...new Set(problems)].join(' ')}`;
  await appendEntry(
    runtime.store,
    runtime.clock,
    run.incidentId,
    { type: 'note', by: 'communication', what },
    { idempotencyKey: `template/${message.key}` },
  );
}

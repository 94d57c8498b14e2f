import type { ActionContext, Change } from '../actions/contract.ts';
import { resourceName, runTags } from '../aws/names.ts';
import { notifyAudience } from '../communication/notify.ts';
import { nameOf } from '../communication/wording.ts';
import { appendEntry } from '../incident/ledger.ts';
import type { JsonObject } from '../json.ts';
import type { Runtime } from '../runtime.ts';
import type { Run, Step } from './contract.ts';
import { type StepRecord, writeStep } from './step-record.ts';
import { firstRecord } from './step-work.ts';

/** What an action is given: the runtime's ports, narrowed to one run and one step. */
export function actionContext(
  runtime: Runtime,
  run: Run,
  step: Step,
  record: StepRecord | undefined,
): ActionContext {
  const startedAt = record?.actedAt ? Date.parse(record.actedAt) : runtime.clock.now().getTime();
  return {
    run,
    step,
    clock: runtime.clock,
    aws: runtime.aws,
    network: runtime.network,
    kubernetes: runtime.kubernetes,
    kubernetesExec: runtime.kubernetesExec,
    reportBucket: runtime.settings.reportBucket,
    backups: runtime.backups,
    secret: runtime.secret,
    regions: runtime.plan.regions,
    nameOf: person => nameOf(runtime.plan, person),
    notify: message => notifyAudience(runtime, run, message),
    changed: change => recordChange(runtime, run, step, record, change),
    remember: facts => rememberFacts(runtime, run, step, facts),
    names: {
      resource: (base, maxLength) => resourceName(base, run, maxLength),
      tags: () => runTags(run),
    },
    elapsedSeconds: (runtime.clock.now().getTime() - startedAt) / 1000,
  };
}

async function recordChange(
  runtime: Runtime,
  run: Run,
  step: Step,
  record: StepRecord | undefined,
  change: Change,
): Promise<void> {
  // Undoing often makes the same call on the same resource as acting did; both are changes.
  const during = record?.status === 'undoing' ? 'undo' : (record?.attempt ?? 1);
  await appendEntry(
    runtime.store,
    runtime.clock,
    run.incidentId,
    { type: 'change', run: run.id, step: step.id, ...change },
    // A retried call finds its own entry and does not list the same change twice.
    { idempotencyKey: `${run.id}/${step.id}/${during}/${change.call}/${change.resource}` },
  );
}

async function rememberFacts(runtime: Runtime, run: Run, step: Step, facts: JsonObject): Promise<void> {
  await writeStep(runtime.store, run.id, step.id, current => {
    const known = current ?? firstRecord(step, runtime.clock.now().toISOString());
    return { ...known, baseline: { ...known.baseline, ...facts } };
  });
}

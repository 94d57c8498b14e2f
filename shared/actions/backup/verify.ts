import {
  DescribeExecutionCommand,
  type DescribeExecutionCommandOutput,
  SFNClient,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn';
import * as z from 'zod';
import { isNamed, request } from '../../aws/aws-errors.ts';
import { buildExecutionArn, shortHash } from '../../aws/names.ts';
import { verificationId } from '../../backups/names.ts';
import type { Verification } from '../../backups/verify/record.ts';
import type { JsonObject } from '../../json.ts';
import { formatDuration } from '../../plan/duration.ts';
import { backupsOf, noSuchBackup } from '../backup-step.ts';
import { type ActionContext, defineAction, type Observation } from '../contract.ts';
import { fail, finish, pending, ready, refuse } from '../outcomes.ts';

const parameters = z.strictObject({
  backup: z.string().meta({ description: 'Id of a backup of the plan that says how a restore proves it' }),
  point: z
    .union([z.enum(['latest', 'random']), z.iso.datetime()])
    .optional()
    .meta({ description: 'Which one is restored, or of which time; what the class says if it is left out' }),
});
const baselineSchema = z.object({ machine: z.string(), name: z.string() });

/** Names of executions have at most 80 characters. */
const executionNameLength = 80;

/**
 * Proves a backup by restoring it into its isolated place, asking it what the plan wants to know, and removing it again.
 * The machine that does this on schedule does it here: it tears down whatever happens, and keeps the proof as evidence.
 */
export const action = defineAction({
  kind: 'backup.verify',
  summary: 'Proves a backup of the plan by restoring it beside production and asking it',
  parameters,
  components: {},
  outputs: {
    verification: 'id of the proof in the evidence of the backups',
    at: 'the moment that was restored, ISO-8601 UTC',
    restoreSeconds: 'how long it took until its queries were answered',
    lossSeconds: 'how much older its newest row is than that moment; none if the class does not measure it',
  },
  drill: 'isolated',
  mutates: true,
  typical: {
    minSeconds: 60,
    likelySeconds: 1500,
    maxSeconds: 7200,
    source:
      'A restored RDS instance takes 10 to 40 min to be available; a dump in the embedded Postgres a minute',
  },
  failureModes: [
    'There is nothing to restore, or its key can not be used',
    'The restored data does not answer as the plan expects',
    'The restore takes longer than the plan allows',
  ],
  // They depend on the class that is named; see stepPermissions in deploy/backup-statements/steps.ts.
  permissions: () => [],

  async prepare(context, { backup: id, point }) {
    const port = backupsOf(context);
    const backup = port.find(id);
    if (!backup) return noSuchBackup(id);
    if (!backup.verify || port.verifyMachineArn === undefined) {
      return refuse(
        `The plan does not say how a restore proves "${id}" (${backup.title}).`,
        'Give the backup "verify" with the place it is restored into and its queries, then deploy again.',
      );
    }
    const surveyed = await port.survey(id);
    const key = surveyed.ok ? surveyed.survey.key : undefined;
    if (key && !key.usable) return refuse(key.reason.what, key.reason.mend);
    const occasion = shortHash(`${context.step.id}/${context.clock.now().toISOString()}`, 6);
    const name = context.names.resource(`${context.step.id}-${occasion}`, executionNameLength);
    const chosen = await port.choose(id, point ?? backup.verify.point, name);
    if (!('point' in chosen)) return refuse(chosen.what, chosen.mend);
    const { from, at } = chosen.point;
    const baseline = { machine: port.verifyMachineArn, name };
    return ready(baseline, `${backup.title}: ${from} of ${at} can be restored`, { from, at });
  },

  async act(context, { backup, point }, baseline) {
    const { machine, name } = baselineSchema.parse(baseline);
    const region = context.regions.recovery;
    await context.changed({
      call: 'states.StartExecution',
      region,
      resource: name,
      what: `${backup} is restored into its isolated place, and removed there again`,
    });
    // Every input that the machine knows has to be there.
    const input = { backup, of: '', point: point ?? '', by: `run ${context.run.id}`, restoreJob: '' };
    try {
      await request({ call: 'states.StartExecution', region }, () =>
        context.aws
          .client(SFNClient, region)
          .send(new StartExecutionCommand({ stateMachineArn: machine, name, input: JSON.stringify(input) })),
      );
    } catch (error) {
      // An earlier request was carried out, and its execution has ended already.
      if (!isNamed(error, 'ExecutionAlreadyExists')) throw error;
    }
  },

  async observe(context, { backup: id }, baseline): Promise<Observation> {
    const execution = await readExecution(context, baseline);
    if (!execution) return pending('the proof has not begun yet');
    const known = await recordOf(context, execution);
    if (execution.status === 'RUNNING') return pending(progressOf(known));
    if (!known || known.outcome === 'under-way') {
      return fail(
        `The proof of "${id}" ended as ${execution.status} and has no result`,
        `Read the execution ${execution.name} of the verify machine in Step Functions, then retry this step.`,
      );
    }
    if (known.outcome === 'not-proven') {
      return { status: 'failed', reasons: known.reasons, evidence: [{ what: `${known.id}: not proven` }] };
    }
    const { rtoSeconds, rpoSeconds, checks } = known;
    const outputs: JsonObject = {
      verification: known.id,
      at: known.point?.at ?? null,
      restoreSeconds: rtoSeconds,
      lossSeconds: rpoSeconds,
    };
    const took = rtoSeconds === null ? '' : ` in ${formatDuration(rtoSeconds)}`;
    return finish(`${id} was restored${took}, and ${checks.length} checks are in order`, outputs, outputs);
  },

  /** The machine removes what it made by itself; this only waits for it, so that no run ends before that. */
  async undo(context, _parameters, baseline) {
    const execution = await readExecution(context, baseline);
    if (execution?.status === 'RUNNING') return pending('the proof is under way, and removes what it made');
    const known = execution && (await recordOf(context, execution));
    if (known && !known.tornDown) return pending(`${known.instance ?? known.id} is being removed`);
    return finish('Nothing of the proof is left');
  },
});

async function readExecution(
  context: ActionContext,
  baseline: JsonObject,
): Promise<DescribeExecutionCommandOutput | undefined> {
  const { machine, name } = baselineSchema.parse(baseline);
  const executionArn = buildExecutionArn(machine, name);
  const region = context.regions.recovery;
  try {
    return await request({ call: 'states.DescribeExecution', region }, () =>
      context.aws.client(SFNClient, region).send(new DescribeExecutionCommand({ executionArn })),
    );
  } catch (error) {
    if (isNamed(error, 'ExecutionDoesNotExist')) return undefined;
    throw error;
  }
}

async function recordOf(
  context: ActionContext,
  { executionArn, startDate }: DescribeExecutionCommandOutput,
): Promise<Verification | undefined> {
  if (!executionArn || !startDate) return undefined;
  return backupsOf(context).findVerification(verificationId(executionArn, startDate.toISOString()));
}

function progressOf(known: Verification | undefined): string {
  if (!known) return 'the proof begins';
  if (known.endpoint) return 'the restored data is asked';
  return known.instance ? `${known.instance} is being restored` : 'the dump is being restored';
}

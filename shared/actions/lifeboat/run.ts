import type { DescribeExecutionCommandOutput } from '@aws-sdk/client-sfn';
import * as z from 'zod';
import { buildExecutionArn, buildExecutionName, runIdOf, shortHash } from '../../aws/names.ts';
import { readExecution, readMachine } from '../../aws/state-machines.ts';
import { lambdaFunctionName, runbookMachineName, tableName } from '../../deployment.ts';
import { RefusedError } from '../../errors.ts';
import { buildIncidentId, isExercise } from '../../incident/incident-record.ts';
import { readLedger } from '../../incident/ledger.ts';
import type { RecordReader } from '../../incident/record-store.ts';
import { readClaim } from '../../incident/start-claim.ts';
import type { JsonObject } from '../../json.ts';
import { lifeboatSystem } from '../../plan/components.ts';
import { readFailover } from '../../runbook/failover-record.ts';
import { type RunRecord, readRun } from '../../runbook/run-record.ts';
import { withAssumption } from '../assumed-repair.ts';
import { type ActionContext, defineAction, type Observation, type Reason } from '../contract.ts';
import { askToStart, machineOf, recordsOf, runUnderWay, type TriageAnswer } from '../other-system.ts';
import { alreadyDone, fail, finish, pending, ready, refuse } from '../outcomes.ts';

const parameters = z.strictObject({
  system: lifeboatSystem,
  scenario: z
    .string()
    .meta({ description: 'Id of a scenario of that system’s plan, which has the mode of this run' }),
  parameters: z
    .record(z.string(), z.union([z.string(), z.number(), z.boolean()]))
    .default({})
    .meta({ description: 'Parameters of that scenario' }),
});
type Parameters = z.output<typeof parameters>;

const memorySchema = z.object({
  /** ARN of the scenario's state machine. */
  machine: z.string(),
  /** The request, fixed in prepare, so that a repeat of it starts nothing new. */
  eventId: z.string(),
  askedAt: z.string(),
  executionArn: z.string().optional(),
});

/**
 * Recovers another system that Lifeboat is deployed for, as a part of this run and in its mode: a drill of this system is
 * a drill of that one. It is asked for through that system's triage, as a person asks, so its lock, its approvals, its
 * messages and its records are its own; a run of the same scenario that is under way is followed. Done means that its
 * run says "recovered", and not that an execution ended.
 */
export const action = defineAction({
  kind: 'lifeboat.run',
  summary: 'Starts a scenario of another system that Lifeboat is deployed for, and waits for its verdict',
  parameters,
  components: { system: 'lifeboat-system' },
  outputs: {
    run: 'Id of its run',
    incident: 'Id of its incident',
    execution: 'ARN of its execution',
  },
  // It is a drill of the other system, which takes back itself what it made.
  drill: 'isolated',
  mutates: true,
  traits: ['brings-data'],
  typical: {
    minSeconds: 300,
    likelySeconds: 1800,
    maxSeconds: 7200,
    source:
      'As long as the other plan takes; its own rehearsal says. Give the step a timeout and the component `takes`',
  },
  failureModes: [
    'Another scenario of that system is under way, or an incident of it is open and this is an exercise',
    'It waits for an approval of its own people',
    'Its plan has no such scenario, or not in this mode',
    'It ends refused, aborted or failed: its own report says why',
  ],
  permissions: ({ system: { system, region }, scenario }) => {
    const arn = (service: string, rest: string) =>
      `arn:\${AWS::Partition}:${service}:${region}:\${AWS::AccountId}:${rest}`;
    const machine = runbookMachineName(system, scenario);
    return [
      {
        actions: ['lambda:GetFunctionConfiguration', 'lambda:InvokeFunction'],
        resources: [arn('lambda', `function:${lambdaFunctionName(system, 'triage')}`)],
      },
      { actions: ['states:DescribeStateMachine'], resources: [arn('states', `stateMachine:${machine}`)] },
      { actions: ['states:DescribeExecution'], resources: [arn('states', `execution:${machine}:*`)] },
      {
        actions: ['dynamodb:GetItem', 'dynamodb:Query'],
        resources: [arn('dynamodb', `table/${tableName(system)}`)],
      },
    ];
  },

  async prepare(context, given) {
    const { system: other, scenario } = given;
    const { run, step } = context;
    if (other.system === run.system) {
      return refuse(`${other.system} is this system itself, which this run holds.`, 'Name another system.');
    }
    const machine = await machineOf(context, other, scenario);
    if (machine === undefined) {
      return refuse(
        `Lifeboat is not deployed for ${other.system} in ${other.region}.`,
        `Deploy its plan there, or correct "${other.id}" in the plan: the region is the recovery region of that system.`,
      );
    }
    if ((await readMachine(context.aws, other.region, machine)) === undefined) {
      return refuse(
        `The deployment of ${other.system} has no scenario "${scenario}".`,
        'Correct the scenario, or deploy the plan of that system again.',
      );
    }
    const store = recordsOf(context, other);
    const askedAt = context.clock.now().toISOString();
    const baseline = { machine, eventId: `${run.id}-${step.id}-${shortHash(askedAt)}`, askedAt };
    const busy = await runUnderWay(context, store, other);
    if (busy) {
      return isWanted(context, given, busy)
        ? ready(baseline, `The run ${busy.run.id} of ${other.system} is under way; this step follows it.`)
        : { status: 'refused', reasons: [occupied(given, busy)], evidence: [] };
    }
    const stands = isExercise(run) ? undefined : await readFailover(store, other.system, scenario);
    const earlier = stands === undefined ? undefined : await readRun(store, stands);
    if (earlier) {
      const what = `${other.system} was moved by its run ${earlier.run.id}, which recovered at ${earlier.endedAt}, and has not gone back since.`;
      return alreadyDone(baseline, outputsOf(earlier), what);
    }
    return ready(baseline, `${other.system} is deployed and no run of it is under way.`);
  },

  async act(context, given, stored) {
    const { executionArn, eventId, askedAt } = memorySchema.parse(stored);
    if (executionArn !== undefined) return;
    const { system: other, scenario, parameters: values } = given;
    const store = recordsOf(context, other);
    // One that began meanwhile, or by an earlier request whose reply was lost.
    const busy = await runUnderWay(context, store, other);
    if (busy && isWanted(context, given, busy)) {
      await context.remember({ executionArn: busy.executionArn });
      return;
    }
    const { id, mode, system } = context.run;
    await context.changed({
      call: 'lambda.Invoke',
      region: other.region,
      resource: lambdaFunctionName(other.system, 'triage'),
      what: `Asked ${other.system} to start ${scenario} as ${mode}.`,
    });
    const request = {
      system: other.system,
      scenario,
      mode,
      by: `Lifeboat of ${system}`,
      reason: `part of the run ${id} of ${system}`,
      parameters: values,
    };
    const answer = await askToStart(context, other, request, { eventId, askedAt });
    await context.remember({ executionArn: await startedBy(context, given, store, answer) });
  },

  async observe(context, given, stored) {
    const { system: other } = given;
    const { executionArn } = memorySchema.parse(stored);
    if (executionArn === undefined) return pending(`${other.system} has not started yet.`);
    const execution = await readExecution(context.aws, other.region, executionArn);
    if (!execution) return pending('The execution is not shown yet.');
    const store = recordsOf(context, other);
    const record = await recordOf(store, executionArn, execution);
    if (record?.outcome === undefined) return beforeTheVerdict(given, execution, record);
    const about = `The run ${record.run.id} of ${other.system}`;
    if (record.outcome === 'recovered') {
      const ended = finish(`${about} (${record.run.mode}) ended as recovered.`, outputsOf(record));
      return withAssumption(ended, other);
    }
    const reasons = await reasonsOf(store, record);
    const mend = `Look at its report and \`lifeboat status plans/${other.system}/plan.yml\`; mend the cause, then retry the step.`;
    const what = `${about} ended as ${record.outcome}.`;
    return { status: 'failed', reasons: [{ what, mend }, ...reasons], evidence: [] };
  },

  /** A drill takes back itself what it made; this waits for its end. A recovery has a failback of its own. */
  async undo(context, given, stored) {
    const { system: other } = given;
    if (context.run.mode !== 'drill') {
      return finish(`${other.system} is left where it is: its own plan says how it goes back or is stopped`);
    }
    for (const executionArn of ownExecutions(given, memorySchema.parse(stored))) {
      const execution = await readExecution(context.aws, other.region, executionArn);
      if (!execution) continue;
      if (execution.status === 'RUNNING') return pending(`The drill of ${other.system} is under way`);
      const record = await recordOf(recordsOf(context, other), executionArn, execution);
      if (record && record.outcome === undefined)
        return pending(`The drill of ${other.system} is being closed`);
      const ended = record?.outcome ?? `${execution.status}, without a run`;
      return finish(`The drill of ${other.system} has ended (${ended}); it takes back itself what it makes`);
    }
    return finish(`No drill of ${other.system} was started by this step`);
  },
});

/** Drills of a system that begin in the same second get numbers; more than these nobody starts. */
const ordinals = [1, 2, 3];

/** The execution that the request of this step has led to is one of these, as triage names it. */
function ownExecutions(
  { system: { system } }: Parameters,
  { machine, eventId, askedAt }: z.infer<typeof memorySchema>,
): string[] {
  return ordinals.map(ordinal =>
    buildExecutionArn(machine, buildExecutionName(buildIncidentId(system, askedAt, ordinal), eventId)),
  );
}

const isWanted = ({ run }: ActionContext, { scenario }: Parameters, record: RunRecord) =>
  record.run.scenario === scenario && record.run.mode === run.mode;

/** The execution that the request led to: a new one, or the run of the same scenario that was there first. */
async function startedBy(
  context: ActionContext,
  given: Parameters,
  store: RecordReader,
  answer: TriageAnswer,
): Promise<string> {
  if (answer.executionArn !== undefined) return answer.executionArn;
  const busy = await runUnderWay(context, store, given.system);
  if (busy && isWanted(context, given, busy)) return busy.executionArn;
  // One that was asked for in the same moment, and has no lock yet.
  const claim = busy ? undefined : await readClaim(store, given.system.system);
  if (claim && !claim.over && claim.scenario === given.scenario && claim.mode === context.run.mode) {
    return claim.executionArn;
  }
  const { what, mend } = busy
    ? occupied(given, busy)
    : {
        what: `${given.system.system} does not start ${given.scenario}: ${answer.reasons.join('; ')}`,
        mend: `Look at \`lifeboat status plans/${given.system.system}/plan.yml\`, then retry the step.`,
      };
  throw new RefusedError(what, { reasons: [what, ...answer.reasons], nextStep: mend });
}

/** The record of the run that an execution has opened; undefined before, and if it found another one and attached to it. */
function recordOf(
  store: RecordReader,
  executionArn: string,
  { startDate }: DescribeExecutionCommandOutput,
): Promise<RunRecord | undefined> {
  return readRun(store, runIdOf(executionArn, (startDate ?? new Date(0)).toISOString()));
}

function beforeTheVerdict(
  { system: { system } }: Parameters,
  { status, name, error, cause }: DescribeExecutionCommandOutput,
  record: RunRecord | undefined,
): Observation {
  if (status === 'RUNNING') {
    return pending(record ? `The run ${record.run.id} of ${system} is under way` : `${system} is starting`);
  }
  // A run whose execution was stopped is closed by another function a moment later.
  if (record)
    return pending(`The run ${record.run.id} of ${system} has ended (${status}) and is being closed`);
  const why = [error, cause].filter(Boolean).join(': ');
  return fail(
    status === 'SUCCEEDED'
      ? `Another run of ${system} was first, and ${name} attached to it.`
      : `The run of ${system} could not be opened: ${why || status}`,
    `Look at the execution ${name} in Step Functions and at \`lifeboat status plans/${system}/plan.yml\`, then retry the step.`,
  );
}

/** Why the other run ended as it did, as it says itself. */
async function reasonsOf(store: RecordReader, { run }: RunRecord): Promise<Reason[]> {
  const ledger = await readLedger(store, run.incidentId);
  const end = ledger.findLast(({ entry }) => entry.type === 'run-ended' && entry.run === run.id)?.entry;
  return end?.type === 'run-ended' ? end.reasons : [];
}

function occupied({ system: { system } }: Parameters, { run }: RunRecord): Reason {
  return {
    what: `${system} is in the run ${run.id} of ${run.scenario} (${run.mode}), and one run at a time is possible.`,
    mend: `Wait for its end or stop it (lifeboat abort plans/${system}/plan.yml), then retry the step.`,
  };
}

function outputsOf({ run, executionArn }: RunRecord): JsonObject {
  return { run: run.id, incident: run.incidentId, execution: executionArn };
}

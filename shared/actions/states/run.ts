import * as z from 'zod';
import { buildExecutionArn } from '../../aws/names.ts';
import {
  executionNameLength,
  readExecution,
  readMachine,
  startExecution,
  stopExecution,
  unqualified,
} from '../../aws/state-machines.ts';
import { type JsonObject, objectOrEmpty } from '../../json.ts';
import { stateMachine } from '../../plan/components.ts';
import { withAssumption } from '../assumed-repair.ts';
import { type ActionContext, defineAction, type Observation } from '../contract.ts';
import { fail, finish, pending, ready, refuse } from '../outcomes.ts';

const parameters = z.strictObject({
  machine: stateMachine,
  input: z.record(z.string(), z.json()).default({}).meta({
    description: 'Input of the execution, with the field `lifeboat` beside it: run, step and mode',
  }),
  returns: z.array(z.string()).default([]).meta({
    description:
      'Fields that the output must have: they are what later steps may refer to, as `output.<field>`',
  }),
  stopOnUndo: z.boolean().default(false).meta({
    description: 'Whether undo stops the execution while it runs; without it, undo waits for its end',
  }),
});
type Parameters = z.output<typeof parameters>;

const memorySchema = z.object({ name: z.string(), executionArn: z.string().optional() });

/** What the steps after may refer to is kept in the record of the step, which must stay small. */
const longestOutput = 8_000;
/** A cause may be a whole stack trace. */
const longestCause = 500;

/**
 * Runs a state machine of the user's own to its end. It is started once, whatever becomes of the reply: its name follows
 * from the run, and a person's retry starts it anew, or waits for the one that runs still. Success is the end of the execution with the fields that were asked
 * for; what it was for should be checked by a step of its own.
 */
export const action = defineAction({
  kind: 'states.run',
  summary: 'Runs a Step Functions state machine and waits for its end',
  parameters,
  components: { machine: 'state-machine' },
  outputs: {
    execution: 'ARN of the execution',
    output:
      'Its output: the fields of `returns`, or all of it if none are named and it is at most 8,000 characters',
  },
  drill: 'prepare-only',
  mutates: true,
  traits: ['brings-data', 'own-code'],
  typical: {
    minSeconds: 5,
    likelySeconds: 180,
    maxSeconds: 1800,
    source: 'Depends on the machine; give the step a timeout of its own, and the component `takes`',
  },
  failureModes: [
    'It waits for a person or a token of its own, and nobody answers',
    'Its role lacks a permission in the recovery region, or it calls what was lost',
    'It fails half way: nothing that it did is undone',
    'It is an Express workflow, whose executions can not be asked for',
  ],
  permissions: ({ machine: { arn } }) => {
    const execution = unqualified(arn).replace(':stateMachine:', ':execution:');
    return [
      { actions: ['states:DescribeStateMachine'], resources: [unqualified(arn)] },
      { actions: ['states:StartExecution'], resources: [arn] },
      { actions: ['states:DescribeExecution', 'states:StopExecution'], resources: [`${execution}:*`] },
    ];
  },

  async prepare(context, given) {
    const { arn, region, id } = given.machine;
    const found = await readMachine(context.aws, region, arn);
    if (!found) {
      return refuse(
        `There is no state machine ${arn}.`,
        `Deploy it to ${region}, or correct "${id}" in the plan: state machines belong to one region.`,
      );
    }
    if (found.type === 'EXPRESS') {
      return refuse(
        `${found.name} is an Express workflow, whose executions nobody can ask for.`,
        'Make it a Standard workflow, or start it from one that waits for it.',
      );
    }
    if (found.status !== undefined && found.status !== 'ACTIVE') {
      return refuse(`The state machine ${found.name} is ${found.status}.`, 'Deploy it again.');
    }
    // A person's retry starts another one, and never beside one that runs still.
    const last = (await earlierExecutions(context, given)).at(-1);
    if (last?.status === 'RUNNING') {
      return ready({ name: last.name }, `The execution ${last.name} runs already; this step waits for it.`);
    }
    const name = nameOf(context, (last?.nth ?? 0) + 1);
    return ready({ name }, `The state machine ${found.name} is there; the execution will be ${name}.`);
  },

  async act(context, given, stored) {
    const { name, executionArn } = memorySchema.parse(stored);
    if (executionArn !== undefined) return;
    const { arn, region } = given.machine;
    const { run, step } = context;
    await context.changed({
      call: 'states.StartExecution',
      region,
      resource: name,
      what: `Started the state machine ${machineName(given)} as ${name}.`,
    });
    const lifeboat = { run: run.id, step: step.id, mode: run.mode };
    const input = JSON.stringify({ ...given.input, lifeboat });
    const started = await startExecution(context.aws, region, { stateMachineArn: arn, name, input });
    await context.remember({ executionArn: started ?? buildExecutionArn(unqualified(arn), name) });
  },

  async observe(context, given, stored) {
    const { region } = given.machine;
    const executionArn = executionOf(given, stored);
    const found = await readExecution(context.aws, region, executionArn);
    if (!found) return pending('The execution is not shown yet.');
    const { status, error, cause, output } = found;
    if (status === 'RUNNING') return pending(`${found.name} is running.`);
    if (status !== 'SUCCEEDED') {
      const why = [error, cause?.slice(0, longestCause)].filter(Boolean).join(': ') || 'no reason given';
      return fail(
        `The state machine ${machineName(given)} ended as ${status}: ${why}`,
        `Look at the execution ${found.name} in Step Functions; mend the cause, then retry the step, which starts it anew.`,
      );
    }
    return withAssumption(outcomeOf(given, executionArn, output), given.machine);
  },

  async undo(context, given) {
    const running = (await earlierExecutions(context, given)).find(({ status }) => status === 'RUNNING');
    if (!running) {
      return finish(
        'No execution of it runs any more. What they did is not undone: Lifeboat does not know it',
      );
    }
    if (!given.stopOnUndo) return pending(`${running.name} is still running, and the plan lets it end`);
    const { region } = given.machine;
    await context.changed({
      call: 'states.StopExecution',
      region,
      resource: running.name,
      what: `Stopped the execution of ${machineName(given)}.`,
    });
    await stopExecution(context.aws, region, running.executionArn, `Undone by the run ${context.run.id}`);
    return pending(`${running.name} is being stopped`);
  },
});

/** More retries than a person has patience for. */
const mostExecutions = 50;

/** The name of the n-th execution that the step starts; the same in every call of the run. */
const nameOf = ({ step, names }: ActionContext, nth: number) =>
  names.resource(`${step.id}-${nth}`, executionNameLength);

/** What this step of this run has started so far, the oldest first. */
async function earlierExecutions(context: ActionContext, { machine: { arn, region } }: Parameters) {
  const found: { nth: number; name: string; executionArn: string; status: string | undefined }[] = [];
  for (let nth = 1; nth <= mostExecutions; nth++) {
    const name = nameOf(context, nth);
    const executionArn = buildExecutionArn(unqualified(arn), name);
    const execution = await readExecution(context.aws, region, executionArn);
    if (!execution) break;
    found.push({ nth, name, executionArn, status: execution.status });
  }
  return found;
}

const machineName = ({ machine }: Parameters) => machine.arn.split(':')[6] ?? machine.arn;

function executionOf({ machine }: Parameters, stored: JsonObject): string {
  const { name, executionArn } = memorySchema.parse(stored);
  return executionArn ?? buildExecutionArn(unqualified(machine.arn), name);
}

function outcomeOf(given: Parameters, execution: string, text = '{}'): Observation {
  const { returns } = given;
  const all = z.json().parse(JSON.parse(text));
  const fields = objectOrEmpty(all);
  const missing = returns.filter(name => !Object.hasOwn(fields, name));
  if (missing.length > 0) {
    return fail(
      `The state machine ${machineName(given)} ended well, and its output has no ${missing.join(', ')}.`,
      'Have the machine give them in its output, or take them out of "returns". Retry starts it anew.',
    );
  }
  const wanted =
    returns.length > 0 ? Object.fromEntries(returns.map(name => [name, fields[name] ?? null])) : all;
  if (JSON.stringify(wanted).length <= longestOutput) {
    return finish(`The state machine ${machineName(given)} ended well.`, { execution, output: wanted });
  }
  if (returns.length === 0) {
    return finish(`The state machine ${machineName(given)} ended well; its output is too long to keep.`, {
      execution,
      output: null,
    });
  }
  return fail(
    `${returns.join(', ')} of the output of ${machineName(given)} are longer than ${longestOutput} characters together.`,
    'Have the machine keep what is long in a bucket, and give its key.',
  );
}

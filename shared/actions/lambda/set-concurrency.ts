import {
  DeleteFunctionConcurrencyCommand,
  GetFunctionConcurrencyCommand,
  LambdaClient,
  PutFunctionConcurrencyCommand,
} from '@aws-sdk/client-lambda';
import * as z from 'zod';
import { isNamed, request } from '../../aws/aws-errors.ts';
import { type LambdaFunction, readFunction } from '../../aws/lambda-functions.ts';
import { StepFailedError } from '../../errors.ts';
import { lambdaFunction } from '../../plan/components.ts';
import { type ActionContext, defineAction, type Observation } from '../contract.ts';
import { refuseProductionInDrill } from '../drill-guard.ts';
import { alreadyDone, fail, finish, pending, ready, refuse } from '../outcomes.ts';

const limit = z.int().min(0).max(100_000).nullable();

const parameters = z.object({
  function: lambdaFunction,
  reserved: limit.meta({
    description:
      'Reserved concurrency afterwards: how many run at once at the most. 0 stops the function, null takes the limit away',
  }),
});

const baselineSchema = z.object({
  previous: limit,
  /** Seconds that a run may take which began just before the function was stopped. */
  longestRunSeconds: z.number(),
});

const inWords = (reserved: number | null) =>
  reserved === null ? 'no reserved concurrency' : `a reserved concurrency of ${reserved}`;

/**
 * Stops a function, limits it or lets it run again, by its reserved concurrency. Stopped means that nothing of it runs
 * any more: what began just before may go on for as long as the function's own time limit says.
 */
export const action = defineAction({
  kind: 'lambda.set-concurrency',
  summary: 'Stops a Lambda function, limits how many of it run at once, or takes the limit away',
  parameters,
  components: { function: 'lambda-function' },
  outputs: { previous: 'Reserved concurrency before; null if there was none' },
  drill: 'isolated',
  mutates: true,
  typical: {
    minSeconds: 0.5,
    likelySeconds: 30,
    maxSeconds: 900,
    source:
      'One request; after stopping, the time limit of the function, which is 15 min at the most (Lambda quotas)',
  },
  failureModes: [
    'The account keeps at least 100 that no function has reserved, so that a large number is refused',
    'A queue in front of a stopped function sends its messages to the dead-letter queue, or they get too old',
    'Callers of a stopped function get 429, and some repeat it until it runs again',
    'Infrastructure code sets the old number again',
  ],
  permissions: ({ function: { name, qualifier, region } }) => {
    const arn = `arn:\${AWS::Partition}:lambda:${region}:\${AWS::AccountId}:function:${name}`;
    return [
      {
        actions: [
          'lambda:GetFunctionConcurrency',
          'lambda:PutFunctionConcurrency',
          'lambda:DeleteFunctionConcurrency',
        ],
        resources: [arn],
      },
      { actions: ['lambda:GetFunctionConfiguration'], resources: [qualifier ? `${arn}:${qualifier}` : arn] },
    ];
  },

  async prepare(context, { function: target, reserved }) {
    const refused = refuseProductionInDrill(context, target.region, `the function ${target.name}`);
    if (refused) return refused;
    const found = await readFunction(context.aws, target);
    if (!found) {
      const mend = `Deploy it there, or correct "${target.id}" in the plan.`;
      return refuse(`There is no Lambda function ${target.name} in ${target.region}.`, mend);
    }
    const previous = await readLimit(context, target);
    const what = `${target.name} in ${target.region} has ${inWords(previous)}.`;
    // Lambda's own default is three seconds.
    const baseline = { previous, longestRunSeconds: found.Timeout ?? 3 };
    return previous === reserved ? alreadyDone(baseline, { previous }, what) : ready(baseline, what);
  },

  async act(context, { function: target, reserved }) {
    const present = await readLimit(context, target);
    if (present !== reserved) await setLimit(context, target, present, reserved);
  },

  async observe(context, { function: target, reserved }, stored) {
    const { previous, longestRunSeconds } = baselineSchema.parse(stored);
    const present = await readLimit(context, target);
    if (present !== reserved) return pending(`${target.name} has ${inWords(present)} still.`);
    const rest = Math.ceil(longestRunSeconds - context.elapsedSeconds);
    if (reserved === 0 && rest > 0) {
      return pending(`${target.name} starts no more; a run from before may go on for ${rest} s.`);
    }
    const ended = reserved === 0 ? `, and no run from before can be left after ${longestRunSeconds} s` : '';
    return finish(`${target.name} in ${target.region} has ${inWords(present)}${ended}.`, { previous });
  },

  async undo(context, { function: target, reserved }, stored): Promise<Observation> {
    const { previous } = baselineSchema.parse(stored);
    const present = await readLimit(context, target);
    if (present === previous) return finish(`${target.name} has ${inWords(previous)} again.`, { previous });
    if (present !== reserved) {
      return fail(
        `Somebody gave ${target.name} ${inWords(present)} since, so it is left alone.`,
        `Ask who did it and why; before this run it had ${inWords(previous)}.`,
      );
    }
    await setLimit(context, target, present, previous);
    return pending(`${target.name} goes back to ${inWords(previous)}.`);
  },
});

async function readLimit(context: ActionContext, { name, region }: LambdaFunction): Promise<number | null> {
  const command = new GetFunctionConcurrencyCommand({ FunctionName: name });
  const reply = await request({ call: 'lambda.GetFunctionConcurrency', region }, () =>
    context.aws.client(LambdaClient, region).send(command),
  );
  return reply.ReservedConcurrentExecutions ?? null;
}

async function setLimit(
  context: ActionContext,
  { name, region }: LambdaFunction,
  from: number | null,
  to: number | null,
): Promise<void> {
  const client = context.aws.client(LambdaClient, region);
  const call = to === null ? 'lambda.DeleteFunctionConcurrency' : 'lambda.PutFunctionConcurrency';
  await context.changed({
    call,
    region,
    resource: name,
    what: `${name} from ${inWords(from)} to ${inWords(to)}.`,
  });
  try {
    await request({ call, region }, async () => {
      if (to === null) await client.send(new DeleteFunctionConcurrencyCommand({ FunctionName: name }));
      else {
        const input = { FunctionName: name, ReservedConcurrentExecutions: to };
        await client.send(new PutFunctionConcurrencyCommand(input));
      }
    });
  } catch (error) {
    // Another update is under way; the next look asks again.
    if (isNamed(error, 'ResourceConflictException')) return;
    if (!isNamed(error, 'InvalidParameterValueException')) throw error;
    throw new StepFailedError(
      `Lambda does not give ${name} ${inWords(to)}: too little would be left for all others`,
      {
        nextStep:
          'Ask for a smaller number, or have the quota of concurrent executions in that region raised.',
      },
    );
  }
}

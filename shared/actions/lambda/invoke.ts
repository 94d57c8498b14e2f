import * as z from 'zod';
import { isUnreachable } from '../../aws/aws-errors.ts';
import {
  errorOf,
  type Invoked,
  invoke,
  longestRunSeconds,
  readFunction,
} from '../../aws/lambda-functions.ts';
import { shortHash } from '../../aws/names.ts';
import { lambdaFunction } from '../../plan/components.ts';
import { withAssumption } from '../assumed-repair.ts';
import { defineAction } from '../contract.ts';
import { fail, finish, ready, refuse } from '../outcomes.ts';

const parameters = z.object({
  function: lambdaFunction,
  payload: z.record(z.string(), z.json()).default({}).meta({
    description: 'Given to the function, with the field `lifeboat` beside it: run, step, mode and token',
  }),
  repeatable: z.boolean().default(false).meta({
    description: 'Whether the function may run twice with the same token, which it takes for one request',
  }),
});

/** What the steps after may refer to is kept in the record of the step, which must stay small. */
const longestResult = 8_000;

const memorySchema = z.object({
  token: z.string(),
  begun: z.boolean().optional(),
  invoked: z
    .object({ version: z.string(), functionError: z.string().optional(), error: z.string().optional() })
    .optional(),
  result: z.json().optional(),
});

function remembered({ version, functionError, result }: Invoked) {
  const small = JSON.stringify(result ?? null).length <= longestResult;
  return {
    invoked: { version, ...(functionError && { functionError, error: errorOf(result) }) },
    result: small && !functionError ? z.json().parse(result ?? null) : null,
  };
}

/**
 * Runs a Lambda function of the system and waits for its answer. A function error is a failure. Unless the plan says
 * that the function may be repeated, it is run at most once: when the answer is lost, a person decides.
 */
export const action = defineAction({
  kind: 'lambda.invoke',
  summary: 'Runs a Lambda function and waits for its answer',
  parameters,
  components: { function: 'lambda-function' },
  outputs: {
    result: 'What the function answered, if it is at most 8,000 characters',
    version: 'Version that ran',
  },
  drill: 'prepare-only',
  mutates: true,
  traits: ['brings-data', 'own-code'],
  typical: {
    minSeconds: 1,
    likelySeconds: 10,
    maxSeconds: 100,
    source: 'Longest run that is allowed is 90 s',
  },
  failureModes: [
    'The function fails, or its time is up',
    'The answer is lost: it is not known whether the function ran',
    'Its concurrency is used up',
  ],
  permissions: ({ function: { name, qualifier, region } }) => {
    const arn = `arn:\${AWS::Partition}:lambda:${region}:\${AWS::AccountId}:function:${name}`;
    return [
      {
        actions: ['lambda:GetFunctionConfiguration', 'lambda:InvokeFunction'],
        resources: [qualifier ? `${arn}:${qualifier}` : arn],
      },
    ];
  },
  async prepare(context, { function: target }) {
    const found = await readFunction(context.aws, target);
    const called = `${target.name}${target.qualifier ? `:${target.qualifier}` : ''}`;
    if (!found) {
      const mend = `Deploy it there, or correct "${target.id}" in the plan.`;
      return refuse(`There is no Lambda function ${called} in ${target.region}.`, mend);
    }
    if (found.State && found.State !== 'Active') {
      return refuse(
        `The function ${called} is ${found.State}: ${found.StateReason ?? 'no reason given'}`,
        'Wait until it is Active, or deploy it again.',
      );
    }
    if ((found.Timeout ?? 0) > longestRunSeconds) {
      return refuse(
        `The function ${called} may run for ${found.Timeout} s, and its answer is waited for at most ${longestRunSeconds} s.`,
        'Lower its time-out, or start long work with ssm.automation.',
      );
    }
    const token = shortHash(`${context.run.id}/${context.step.id}`, 32);
    return ready({ token }, `The function ${called} is there, version ${found.Version}.`);
  },
  async act(context, { function: target, payload, repeatable }, stored) {
    const { token, begun, invoked } = memorySchema.parse(stored);
    if (invoked || (begun && !repeatable)) return;
    await context.changed({
      call: 'lambda.Invoke',
      region: target.region,
      resource: target.name,
      what: `Ran the function ${target.name}.`,
    });
    await context.remember({ begun: true });
    const { run, step } = context;
    const lifeboat = { run: run.id, step: step.id, mode: run.mode, token };
    try {
      await context.remember(remembered(await invoke(context.aws, target, { ...payload, lifeboat })));
    } catch (error) {
      // A refusal is an answer: the function did not run. Silence is not.
      if (!isUnreachable(error)) await context.remember({ begun: false });
      if (!isUnreachable(error) || repeatable) throw error;
    }
  },
  async observe(_context, { function: target }, stored) {
    const { name } = target;
    const { invoked, result } = memorySchema.parse(stored);
    if (!invoked) {
      return fail(
        `The answer of ${name} was lost: it is not known whether it ran.`,
        'Look at its log for the token of this run. Skip the step if it ran, retry it if it did not; say "repeatable" in the plan if it may run twice.',
      );
    }
    if (invoked.functionError) {
      return fail(
        `The function ${name} failed (${invoked.functionError}, ${invoked.error}).`,
        'Look at its log, mend the cause, then retry the step.',
      );
    }
    const { version } = invoked;
    const said = finish(`The function ${name} answered, version ${version}.`, {
      result: result ?? null,
      version,
    });
    return withAssumption(said, target);
  },
});

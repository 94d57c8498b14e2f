import {
  GetFunctionConfigurationCommand,
  type GetFunctionConfigurationCommandOutput,
  InvokeCommand,
  LambdaClient,
  type LambdaClientConfig,
} from '@aws-sdk/client-lambda';
import * as z from 'zod';
import { parseJson } from '../json.ts';
import type { ComponentOf } from '../plan/components.ts';
import { ifFound, request } from './aws-errors.ts';
import type { AwsClients } from './clients.ts';

export type LambdaFunction = ComponentOf<'lambda-function'>;

/** Longest that a function may run when its answer is waited for: what a step's own call has left of its 120 s. */
export const longestRunSeconds = 90;

/** Waits as long as the function may run, and asks once: whether a second request runs it again is not the SDK's to say. */
class WaitingLambdaClient extends LambdaClient {
  constructor(settings: LambdaClientConfig) {
    super({
      ...settings,
      maxAttempts: 1,
      retryStrategy: undefined,
      requestHandler: {
        connectionTimeout: 3_000,
        requestTimeout: (longestRunSeconds + 10) * 1000,
        throwOnRequestTimeout: true,
      },
    });
  }
}

/** The function's configuration, or undefined if there is none of this name and qualifier. */
export async function readFunction(
  aws: AwsClients,
  { name, qualifier, region }: LambdaFunction,
): Promise<GetFunctionConfigurationCommandOutput | undefined> {
  return ifFound(['ResourceNotFoundException'], async () => {
    const command = new GetFunctionConfigurationCommand({ FunctionName: name, Qualifier: qualifier });
    return await request({ call: 'lambda.GetFunctionConfiguration', region }, () =>
      aws.client(LambdaClient, region).send(command),
    );
  });
}

export type Invoked = { version: string; functionError?: string; result: unknown };

const errorSchema = z.object({
  errorType: z.string().default('Error'),
  errorMessage: z.string().default(''),
});

/** What an error payload says, cut to a line. */
export function errorOf(result: unknown): string {
  const { data } = errorSchema.safeParse(result);
  return data
    ? `${data.errorType}: ${data.errorMessage.split('\n', 1)[0]?.slice(0, 200)}`
    : 'no error message';
}

/** Runs a function and waits for its answer. */
export async function invoke(
  aws: AwsClients,
  { name, qualifier, region }: LambdaFunction,
  payload: unknown,
): Promise<Invoked> {
  const command = new InvokeCommand({
    FunctionName: name,
    Qualifier: qualifier,
    InvocationType: 'RequestResponse',
    Payload: new TextEncoder().encode(JSON.stringify(payload)),
  });
  const reply = await request({ call: 'lambda.Invoke', region }, () =>
    aws.client(WaitingLambdaClient, region).send(command),
  );
  const text = new TextDecoder().decode(reply.Payload);
  return {
    version: reply.ExecutedVersion ?? '',
    ...(reply.FunctionError && { functionError: reply.FunctionError }),
    result: parseJson(text),
  };
}

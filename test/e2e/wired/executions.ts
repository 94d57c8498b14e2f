import { GetExecutionHistoryCommand, ListExecutionsCommand, SFNClient } from '@aws-sdk/client-sfn';
import type { Place } from '../deployed/call-aws.ts';
import { clientOf } from '../deployed/clients.ts';
import { account } from './loopback.ts';

/** Asks again and again until there is an answer. Fails with what it waited for. */
export async function until<T>(
  what: string,
  withinSeconds: number,
  ask: () => Promise<T | undefined>,
): Promise<T> {
  const last = Date.now() + withinSeconds * 1000;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (Date.now() > last) throw new Error(`${what}: not within ${withinSeconds} s`);
    await new Promise(resolve => setTimeout(resolve, 500));
  }
}

export type Execution = { arn: string; status: string };

/** Executions of one machine of the deployment, newest first. */
export async function executionsOf(place: Place, machine: string): Promise<Execution[]> {
  const stateMachineArn = `arn:aws:states:${place.region}:${account}:stateMachine:${machine}`;
  const { executions = [] } = await clientOf(SFNClient, place).send(
    new ListExecutionsCommand({ stateMachineArn }),
  );
  return executions.map(({ executionArn = '', status = '' }) => ({ arn: executionArn, status }));
}

/** Names of the states that an execution entered, in their order. */
export async function statesOf(place: Place, executionArn: string): Promise<string[]> {
  const client = clientOf(SFNClient, place);
  const names: string[] = [];
  let nextToken: string | undefined;
  do {
    const page = await client.send(new GetExecutionHistoryCommand({ executionArn, nextToken }));
    names.push(...(page.events ?? []).flatMap(event => event.stateEnteredEventDetails?.name ?? []));
    nextToken = page.nextToken;
  } while (nextToken);
  return names;
}

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { JsonObject } from '../../../shared/json.ts';
import { callJson } from '../deployed/call-aws.ts';
import { startMoto } from '../servers/python.ts';
import { forMoto, lastPart, machineArn, nested, region, withArns } from './definitions.ts';
import { type Call, type Functions, type Play, type Played, type Trace, traceOf } from './trace.ts';

type Described = JsonObject & { status: string; stateMachineArn: string; input: string };
export type MotoEngine = {
  create(name: string, definition: Play['machines'][string]): Promise<void>;
  play(play: Play): Promise<Trace>;
  stop(): Promise<void>;
};

/**
 * moto's Step Functions as a second engine. Its engine calls Lambda at the port that MOTO_PORT names: there the suite
 * listens and plays the functions, so that they can fail as well, which moto's own queue of answers can't.
 */
export async function startMotoEngine(): Promise<MotoEngine> {
  let now: { answer: Functions; play: Play; calls: Call[]; started: string[] } | undefined;
  const front = createServer((request, response) => void reply(request, response));
  await new Promise<void>(resolve => front.listen(0, 'localhost', resolve));
  const moto = await startMoto({ MOTO_PORT: String((front.address() as AddressInfo).port) });
  const place = { endpoint: moto.url, region };
  const states = (operation: string, body: object) =>
    callJson(place, 'states', `AWSStepFunctions.${operation}`, body as JsonObject) as Promise<JsonObject>;
  const config = { stepfunctions: { execute_state_machine: true }, lambda: { use_docker: false } };
  await fetch(`${moto.url}/moto-api/config`, { method: 'POST', body: JSON.stringify(config) });

  async function reply(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const name = lastPart(decodeURIComponent(request.url?.split('/').at(-2) ?? ''));
    try {
      const payload = JSON.parse(Buffer.concat(chunks).toString()) as JsonObject;
      const result = name === nested ? await runNested(payload) : invoke({ function: name, payload });
      response.end(JSON.stringify(result));
    } catch (thrown) {
      const { name: errorType, message: errorMessage } = thrown as Error;
      response.setHeader('X-Amz-Function-Error', 'Unhandled');
      response.end(JSON.stringify({ errorType, errorMessage, trace: [] }));
    }
  }

  function invoke(call: Call) {
    if (!now) throw new Error('nothing is played');
    const { play, calls, answer } = now;
    calls.push(call);
    const result = answer(call);
    const { token: taskToken } = call.payload;
    if (taskToken !== undefined && play.answer !== undefined)
      setTimeout(
        () => void states('SendTaskSuccess', { taskToken, output: JSON.stringify(play.answer) }),
        500,
      );
    return result;
  }

  async function start(stateMachineArn: string, name: string, input: JsonObject): Promise<string> {
    const { executionArn } = await states('StartExecution', {
      stateMachineArn,
      name,
      input: JSON.stringify(input),
    });
    now?.started.push(String(executionArn));
    return String(executionArn);
  }

  async function ended(executionArn: string): Promise<Described> {
    for (;;) {
      const described = (await states('DescribeExecution', { executionArn })) as Described;
      if (described.status !== 'RUNNING') return described;
      await new Promise(resolve => setTimeout(resolve, 100));
    }
  }

  /** What `startExecution` and `startExecution.sync` do. moto allows no function an error that begins with `States.` */
  async function runNested({ wait, request }: JsonObject): Promise<JsonObject> {
    const { StateMachineArn, Name, Input } = request as JsonObject;
    const name = String(Name ?? `unnamed-${now?.started.length}-${Math.random()}`);
    const arn = await start(String(StateMachineArn), name, Input as JsonObject);
    if (!wait) return { ExecutionArn: arn };
    const { status, output } = await ended(arn);
    if (status === 'SUCCEEDED') return { ExecutionArn: arn, Status: status, Output: output ?? null };
    throw Object.assign(new Error(status), { name: 'Nested.TaskFailed' });
  }

  async function played(executionArn: string): Promise<Played> {
    const { stateMachineArn, status, input, output, error, cause } = await ended(executionArn);
    const { events } = await states('GetExecutionHistory', { executionArn });
    return {
      machine: lastPart(stateMachineArn),
      input: JSON.parse(input),
      states: (events as { stateEnteredEventDetails?: { name: string } }[]).flatMap(
        event => event.stateEnteredEventDetails?.name ?? [],
      ),
      status,
      ...(typeof output === 'string' && { output: JSON.parse(output) }),
      ...(typeof error === 'string' && { error }),
      ...(typeof cause === 'string' && { cause }),
    };
  }

  const create: MotoEngine['create'] = async (name, definition) => {
    await states('CreateStateMachine', {
      name,
      definition: JSON.stringify(definition),
      roleArn: 'arn:aws:iam::123456789012:role/engine',
    });
  };
  return {
    create,
    async play(play) {
      await fetch(`${moto.url}/moto-api/reset`, { method: 'POST' });
      now = { play, answer: play.functions(), calls: [], started: [] };
      for (const [name, definition] of Object.entries(play.machines))
        await create(name, forMoto(withArns(definition)));
      await start(machineArn(play.start), 'started-by-hand', play.input);
      const executions: Played[] = [];
      // A nested execution is known before the one that asked for it goes on.
      for (let index = 0; index < now.started.length; index++)
        executions.push(await played(String(now.started[index])));
      const text = JSON.stringify(now.calls).replaceAll('Nested.TaskFailed', 'States.TaskFailed');
      return traceOf(play, executions, JSON.parse(text));
    },
    async stop() {
      await moto.stop();
      await new Promise(resolve => front.close(resolve));
    },
  };
}

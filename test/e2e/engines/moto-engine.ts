import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Json, JsonObject } from '../../../shared/json.ts';
import { callJson } from '../deployed/call-aws.ts';
import { startMoto } from '../servers/python.ts';
import { forMoto, lastPart, machineArn, nested, region, withArns } from './definitions.ts';
import { type Call, type Functions, isWaking, type Play, type Played, type Trace, traceOf } from './trace.ts';

type Described = JsonObject & { status: string; stateMachineArn: string; input: string };
export type MotoEngine = {
  create(name: string, definition: Play['machines'][string]): Promise<void>;
  play(play: Play): Promise<Trace>;
  stop(): Promise<void>;
};

/** A play that is under way. Its id is another one in moto, where plays run side by side and names are taken for ever. */
type Playing = {
  id: string;
  play: Play;
  functions: Functions;
  person: ReturnType<NonNullable<Play['answers']>> | undefined;
  calls: Call[];
  started: string[];
};

/** How long the person thinks who is asked; moto must have begun to wait by then. */
const thinkingMs = 200;

/**
 * moto's Step Functions as a second engine. Its engine calls Lambda at the port that MOTO_PORT names: there the suite
 * listens and plays the functions, so that they can fail as well, which moto's own queue of answers can't.
 */
export async function startMotoEngine(): Promise<MotoEngine> {
  const playing = new Map<string, Playing>();
  const created = new Map<string, { text: string; done: Promise<unknown> }>();
  let plays = 0;
  const front = createServer((request, response) => void reply(request, response));
  await new Promise<void>(resolve => front.listen(0, 'localhost', resolve));
  const moto = await startMoto(
    { MOTO_PORT: String((front.address() as AddressInfo).port) },
    join(import.meta.dirname, 'moto_server.py'),
  );
  const place = { endpoint: moto.url, region };
  const states = (operation: string, body: object) =>
    callJson(place, 'states', `AWSStepFunctions.${operation}`, body as JsonObject) as Promise<JsonObject>;
  const config = { stepfunctions: { execute_state_machine: true }, lambda: { use_docker: false } };
  await fetch(`${moto.url}/moto-api/config`, { method: 'POST', body: JSON.stringify(config) });

  async function reply(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const name = lastPart(decodeURIComponent(request.url?.split('/').at(-2) ?? ''));
    const text = Buffer.concat(chunks).toString();
    if (isWaking({ payload: JSON.parse(text) })) return void response.end('{}');
    try {
      const of = [...playing.values()].find(({ id }) => text.includes(id));
      if (!of) throw new Error(`a call that belongs to no play: ${text}`);
      const result = name === nested ? await runNested(of, JSON.parse(text)) : invoke(of, name, text);
      response.end(JSON.stringify(result));
    } catch (thrown) {
      const { name: errorType, message: errorMessage } = thrown as Error;
      response.setHeader('X-Amz-Function-Error', 'Unhandled');
      response.end(JSON.stringify({ errorType, errorMessage, trace: [] }));
    }
  }

  function invoke(of: Playing, name: string, text: string): Json {
    const call = { function: name, payload: inwards(of, JSON.parse(text)) as JsonObject };
    of.calls.push(call);
    const result = of.functions(call);
    const { token: taskToken } = call.payload;
    const said = taskToken === undefined ? undefined : of.person?.(call);
    if (said !== undefined) void tell(String(taskToken), said);
    return outwards(of, result);
  }

  /** moto looks for the token in all executions, and fails when one of them has only just begun. */
  async function tell(taskToken: string, said: Json): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      await new Promise(resolve => setTimeout(resolve, thinkingMs));
      try {
        return void (await states('SendTaskSuccess', { taskToken, output: JSON.stringify(said) }));
      } catch (error) {
        if (attempt > 20) throw error;
      }
    }
  }

  async function start(of: Playing, stateMachineArn: string, name: string, input: Json): Promise<string> {
    const request = { stateMachineArn, name, input: JSON.stringify(input) };
    const { executionArn } = await states('StartExecution', request);
    of.started.push(String(executionArn));
    return String(executionArn);
  }

  /** What `startExecution` and `startExecution.sync` do. moto allows no function an error that begins with `States.` */
  async function runNested(of: Playing, { wait, request }: JsonObject): Promise<JsonObject> {
    const { StateMachineArn, Name, Input } = request as JsonObject;
    const name = String(Name ?? `${of.id}-unnamed-${of.started.length}`);
    const arn = await start(of, String(StateMachineArn), name, Input as JsonObject);
    if (!wait) return { ExecutionArn: arn };
    const { status, output } = await ended(arn);
    if (status === 'SUCCEEDED') return { ExecutionArn: arn, Status: status, Output: output ?? null };
    throw Object.assign(new Error(status), { name: 'Nested.TaskFailed' });
  }

  async function ended(executionArn: string): Promise<Described> {
    for (let waitMs = 100; ; waitMs = Math.min(waitMs * 1.5, 1_000)) {
      const described = (await states('DescribeExecution', { executionArn })) as Described;
      if (described.status !== 'RUNNING') return described;
      await new Promise(resolve => setTimeout(resolve, waitMs));
    }
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

  /** A machine that is there already is not made again: moto takes a tenth of a second for each of ours. */
  const create: MotoEngine['create'] = async (name, definition) => {
    const text = JSON.stringify(definition);
    const known = created.get(name);
    if (known && known.text !== text) throw new Error(`there are two machines ${name}`);
    const roleArn = 'arn:aws:iam::123456789012:role/engine';
    const done = known?.done ?? states('CreateStateMachine', { name, definition: text, roleArn });
    created.set(name, { text, done });
    await done;
  };

  return {
    create,
    async play(play) {
      plays += 1;
      const id = `20260310-${String(plays).padStart(6, '0')}`;
      const [functions, person] = [play.functions(), play.answers?.()];
      const of: Playing = { id, play, functions, person, calls: [], started: [] };
      playing.set(id, of);
      for (const [name, definition] of Object.entries(play.machines))
        await create(name, forMoto(withArns(definition)));
      await start(of, machineArn(play.start), id, outwards(of, play.input));
      const executions: Played[] = [];
      // A nested execution is known before the one that asked for it goes on.
      for (let index = 0; index < of.started.length; index++)
        executions.push(await played(String(of.started[index])));
      playing.delete(id);
      const calls = JSON.parse(JSON.stringify(of.calls).replaceAll('Nested.TaskFailed', 'States.TaskFailed'));
      return traceOf(play, inwards(of, executions as unknown as Json) as unknown as Played[], calls);
    },
    async stop() {
      await moto.stop();
      await new Promise(resolve => front.close(resolve));
    },
  };
}

const outwards = ({ id, play }: Playing, value: Json): Json =>
  JSON.parse(JSON.stringify(value).replaceAll(play.id, id));
const inwards = ({ id, play }: Playing, value: Json): Json =>
  JSON.parse(JSON.stringify(value).replaceAll(id, play.id));

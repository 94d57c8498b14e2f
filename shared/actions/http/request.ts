import * as z from 'zod';
import { shortHash } from '../../aws/names.ts';
import { secretReadPermission } from '../../aws/secret-reference.ts';
import { ServiceUnavailableError } from '../../errors.ts';
import { type Json, type JsonObject, parseJson } from '../../json.ts';
import { signRequest } from '../../network/hmac.ts';
import { valueAtPointer } from '../../network/json-pointer.ts';
import { secretReference, stepRestores } from '../../plan/components/base.ts';
import { durationSchema } from '../../plan/duration.ts';
import type { HttpResponse } from '../../ports.ts';
import { lossLimit, lossSeconds, mismatch } from '../../sql/expectation.ts';
import { withAssumption } from '../assumed-repair.ts';
import {
  type ActionContext,
  defineAction,
  type Observation,
  type Preparation,
  type Reason,
} from '../contract.ts';
import { expectations, problemOf } from '../http-expectations.ts';
import { fail, finish, pending, ready, refuse } from '../outcomes.ts';

const secretHeader = z.strictObject({
  secret: secretReference,
  prefix: z.string().default('').meta({ description: 'Put before the secret, such as "Bearer "' }),
});

const signing = z.strictObject({
  key: secretReference.meta({ description: 'The key, by reference' }),
  algorithm: z.enum(['sha256', 'sha512']).default('sha256'),
  encoding: z.enum(['hex', 'base64']).default('hex'),
  in: z.enum(['query', 'header']).default('query').meta({
    description:
      'query: time and signature are query parameters. header: they are headers, of time, "." and body',
  }),
  timestamp: z
    .string()
    .default('timestamp')
    .meta({ description: 'Name of the parameter or header with the time' }),
  unit: z.enum(['ms', 's']).default('ms'),
  signature: z.string().default('signature').meta({ description: 'Name of the parameter or header' }),
});

const parameters = z.object({
  url: z.string().regex(/^https:\/\//, 'an https URL: a request may carry a secret'),
  connectTo: z
    .string()
    .optional()
    .meta({ description: 'Load balancer to connect to, with the Host header and SNI of the URL' }),
  method: z.enum(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE']).default('GET'),
  headers: z
    .record(z.string(), z.union([z.string(), secretHeader]))
    .default({})
    .meta({ description: 'A value, or a secret by reference' }),
  sign: signing.optional(),
  body: z.json().optional().meta({ description: 'Sent as JSON; a text is sent as it is' }),
  expectStatus: z.union([z.number().int(), z.array(z.number().int()).min(1)]).default(200),
  ...expectations,
  extract: z
    .record(z.string(), z.string().regex(/^\//, 'a JSON pointer, such as /result/0/id'))
    .default({})
    .meta({ description: 'What later steps need of a JSON answer, by JSON pointer; never a secret' }),
  timeout: durationSchema.default(10),
  idempotencyHeader: z
    .string()
    .optional()
    .meta({ description: 'Header by which the server takes a repeated request for the same one' }),
  approvedBy: z
    .union([z.string().min(1), z.array(z.string()).min(1)])
    .optional()
    .meta({ description: 'Output of a people.approval: ${steps.<its id>.approvedBy}' }),
  sandbox: z
    .boolean()
    .default(false)
    .meta({ description: 'Whether the address is a sandbox, where the request has no effect on anybody' }),
  newest: z
    .strictObject({
      at: z.string().regex(/^\//, 'a JSON pointer, such as /newest/at'),
      ...lossLimit,
    })
    .optional()
    .meta({
      description:
        'Where a JSON answer has the time of the newest record, by which the data loss is measured',
    }),
  restores: stepRestores,
});
type Parameters = z.output<typeof parameters>;

const memorySchema = z.object({
  token: z.string(),
  begun: z.boolean().optional(),
  answered: z.boolean().optional(),
  status: z.number().optional(),
  latencyMs: z.number().optional(),
  problem: z.string().nullable().optional(),
  values: z.record(z.string(), z.json()).optional(),
  newest: z.string().nullable().optional(),
  lossSeconds: z.number().nullable().optional(),
});

const reads = ({ method }: Parameters) => method === 'GET' || method === 'HEAD';
/** PUT and DELETE may be repeated by their definition (RFC 9110, section 9.2.2), the others only if the server helps. */
const repeatable = (given: Parameters) =>
  reads(given) ||
  given.method === 'PUT' ||
  given.method === 'DELETE' ||
  given.idempotencyHeader !== undefined;

/** Without the query: it may hold a signature or a key. */
const whereOf = ({ method, url }: Parameters) => {
  const { origin, pathname } = new URL(url);
  return `${method} ${origin}${pathname}`;
};

const textOf = ({ body }: Parameters): string | undefined =>
  body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body);

async function send(context: ActionContext, given: Parameters, token: string): Promise<HttpResponse> {
  const { method, connectTo, timeout, sign, idempotencyHeader } = given;
  const region = context.regions.recovery;
  const body = textOf(given);
  const headers: Record<string, string> = {};
  if (typeof given.body === 'object') headers['content-type'] = 'application/json';
  for (const [name, value] of Object.entries(given.headers)) {
    headers[name] =
      typeof value === 'string' ? value : `${value.prefix}${await context.secret(value.secret, region)}`;
  }
  if (idempotencyHeader) headers[idempotencyHeader] = token;
  const { url, headers: signed } = sign
    ? signRequest(given.url, body ?? '', context.clock.now().getTime(), {
        ...sign,
        key: await context.secret(sign.key, region),
        timestamp: { name: sign.timestamp, unit: sign.unit },
        signature: { name: sign.signature },
      })
    : { url: given.url, headers: {} };
  return context.network.http({
    url,
    method,
    headers: { ...headers, ...signed },
    ...(body !== undefined && { body }),
    ...(connectTo !== undefined && { connectTo }),
    timeoutMs: timeout * 1000,
  });
}

/** What is kept of an answer: never the body, only what was looked for in it. */
function judge(context: ActionContext, response: HttpResponse, given: Parameters) {
  const asked = Object.keys(given.extract).length > 0 || given.newest !== undefined;
  const json = asked ? parseJson(response.body) : undefined;
  const values: Record<string, Json> = {};
  for (const [name, pointer] of Object.entries(given.extract)) {
    values[name] = z.json().parse(valueAtPointer(json, pointer) ?? null);
  }
  const missing = Object.keys(values).find(name => values[name] === null);
  const problem =
    problemOf(response, [given.expectStatus].flat(), given) ??
    (missing ? `answered ${response.status}, but its body has no ${given.extract[missing]}` : undefined);
  const age = ageOf(context, json, given);
  const { status, latencyMs } = response;
  const tooOld = age?.problem && `answered ${status}, but ${given.newest?.at} of its body is ${age.problem}`;
  const { newest = null, lossSeconds = null } = age ?? {};
  return { status, latencyMs, problem: problem ?? tooOld ?? null, values, newest, lossSeconds };
}

/** The time of the newest record in an answer, and what is missing after it. */
function ageOf(context: ActionContext, json: unknown, { newest: wanted }: Parameters) {
  if (!wanted) return undefined;
  const { outageStartedAt } = context.run;
  const found = valueAtPointer(json, wanted.at);
  const value = typeof found === 'string' ? found : null;
  const expected = { newest: wanted, tolerance: 0, tolerancePercent: 0 };
  const problem = mismatch({ value, rows: 1 }, expected, { outageStartedAt, now: context.clock.now() });
  return {
    newest: value,
    lossSeconds: lossSeconds(value, wanted.before ?? outageStartedAt) ?? null,
    problem,
  };
}

function contradictions(given: Parameters): Reason[] {
  if (reads(given) || given.sandbox || given.approvedBy !== undefined) return [];
  return [
    {
      what: `${given.method} changes something for real, and neither an approval nor a sandbox stands behind it.`,
      mend: 'Put a people.approval before it and write approvedBy: ${steps.<its id>.approvedBy}, or say sandbox: true if the address is one.',
    },
  ];
}

function prepare(context: ActionContext, given: Parameters): Preparation {
  const { approvedBy, sandbox } = given;
  const reasons = contradictions(given);
  if (reasons.length > 0) return { status: 'refused', reasons, evidence: [] };
  if (!reads(given) && !sandbox && context.run.mode === 'drill') {
    return refuse(
      `This is a drill, and ${whereOf(given)} would change something for real.`,
      'Leave the step out of drills with `modes` in the plan, or use a sandbox.',
    );
  }
  const token = shortHash(`${context.run.id}/${context.step.id}`, 32);
  const by = approvedBy === undefined ? '' : `, approved by ${[approvedBy].flat().join(', ')}`;
  return ready({ token }, `To be sent: ${whereOf(given)}${by}.`);
}

async function act(context: ActionContext, given: Parameters, stored: JsonObject): Promise<void> {
  const { token, begun, answered } = memorySchema.parse(stored);
  // What only reads is sent by every look, until its answer is as expected.
  if (reads(given) || answered || (begun && !repeatable(given))) return;
  await context.changed({
    call: 'http.Request',
    region: context.regions.recovery,
    resource: whereOf(given),
    what: `Sent ${whereOf(given)}${given.sandbox ? ' to a sandbox' : ''}.`,
  });
  await context.remember({ begun: true });
  try {
    await context.remember({ answered: true, ...judge(context, await send(context, given, token), given) });
  } catch (error) {
    if (!(error instanceof ServiceUnavailableError) || repeatable(given)) throw error;
  }
}

function report(
  given: Parameters,
  { status = 0, latencyMs = 0, values = {}, newest, lossSeconds: lost }: z.infer<typeof memorySchema>,
) {
  const what = `${whereOf(given)} answered ${status} after ${latencyMs} ms.`;
  const age = { newest: newest ?? null, lossSeconds: lost ?? null };
  const said = newest ? `${what} Its newest record is of ${newest}.` : what;
  return withAssumption(finish(said, { status, latencyMs, values, ...age }, { latencyMs }), given);
}

async function observe(context: ActionContext, given: Parameters, stored: JsonObject): Promise<Observation> {
  const memory = memorySchema.parse(stored);
  if (reads(given)) return readAnswer(context, given, memory.token);
  if (!memory.answered) {
    return fail(
      `The answer to ${whereOf(given)} was lost: it is not known whether the request was carried out.`,
      'Look at the other side. Skip the step if it was, retry it if it was not; an idempotencyHeader lets Lifeboat repeat it.',
    );
  }
  if (memory.problem) {
    return fail(
      `${whereOf(given)} ${memory.problem}.`,
      'Look at the log of the other side for the time of this request; mend the request in the plan, then retry.',
    );
  }
  return report(given, memory);
}

async function readAnswer(context: ActionContext, given: Parameters, token: string): Promise<Observation> {
  try {
    const seen = judge(context, await send(context, given, token), given);
    return seen.problem ? pending(`${whereOf(given)} ${seen.problem}.`) : report(given, { token, ...seen });
  } catch (error) {
    if (!(error instanceof ServiceUnavailableError)) throw error;
    // The message of the port names the whole address, which may hold a signature.
    return pending(`${whereOf(given)} did not answer within ${given.timeout} s.`);
  }
}

/**
 * Sends one request to an API, such as a DNS provider's or an exchange's. What changes something needs an approval or
 * a sandbox, and is sent once unless it may be repeated. Secrets come by reference; neither they nor bodies are kept.
 */
export const action = defineAction({
  kind: 'http.request',
  summary: 'Sends a request to an API, signed if wanted; with an approval where it changes something',
  parameters,
  components: {},
  outputs: {
    status: 'Status of the answer',
    latencyMs: 'Milliseconds until it was there',
    values: 'What `extract` took from the answer, by name',
    newest: 'With `newest`: the time of the newest record',
    lossSeconds: 'With `newest`: seconds of data that are missing',
  },
  drill: 'same',
  mutates: true,
  typical: { minSeconds: 0, likelySeconds: 2, maxSeconds: 60, source: 'One request' },
  failureModes: [
    'The answer is lost: it is not known whether the request was carried out',
    'The clock of the other side is off, and the signature is refused',
    'A redirect to a login page: it is not followed and does not count',
  ],
  permissions: ({ headers, sign }, { recovery }) => {
    const secrets = Object.values(headers).flatMap(value => (typeof value === 'string' ? [] : value.secret));
    return [...secrets, ...(sign ? [sign.key] : [])].map(reference =>
      secretReadPermission(reference, recovery),
    );
  },
  contradictions,
  onlyReads: reads,
  prepare: async (context, given) => prepare(context, given),
  act,
  observe,
});

import { Sha256 } from '@aws-crypto/sha256-js';
import { SignatureV4 } from '@smithy/signature-v4';
import { credentials } from '../servers/python.ts';

/**
 * Which AWS is meant: an emulator's address, or without one the real one. `services` are those that another emulator
 * keeps, such as `{ RDS: url }`; `environment` is what else belongs to the same world, such as its clock. Only a process
 * that is started knows both.
 */
export type Place = {
  endpoint?: string;
  region: string;
  services?: Record<string, string>;
  environment?: Record<string, string>;
};

/** The environment of a process that talks to it. Nothing of the shell's own credentials goes to an emulator. */
export function environmentOf(place: Place): Record<string, string> {
  const { endpoint, region, services = {}, environment } = place;
  if (endpoint === undefined) return { AWS_REGION: region };
  const elsewhere = Object.entries(services).map(([service, url]) => [`AWS_ENDPOINT_URL_${service}`, url]);
  return {
    ...environment,
    ...credentials,
    ...Object.fromEntries(elsewhere),
    AWS_ENDPOINT_URL: endpoint,
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
  };
}

/** What an AWS service refused a call with: its HTTP status, and what it said. */
export class CallFailed extends Error {
  readonly status: number;
  constructor(what: string, status: number, text: string) {
    super(`${what} answered ${status}: ${text.slice(0, 500)}`);
    this.name = 'CallFailed';
    this.status = status;
  }
}

type Call = {
  service: string;
  method: 'GET' | 'POST';
  path: string;
  headers?: Record<string, string>;
  body?: string;
};

/**
 * One signed call. The suite asks a few services that Lifeboat itself never calls (CloudFormation, IAM, SQS, API
 * Gateway), and asks them without the SDK, so that it does not take an SDK's word for what went over the wire.
 */
async function call(place: Place, { service, method, path, headers = {}, body }: Call): Promise<string> {
  const host = service === 'iam' ? 'iam.amazonaws.com' : `${service}.${place.region}.amazonaws.com`;
  const url = new URL(path, place.endpoint ?? `https://${host}`);
  const signer = new SignatureV4({
    service,
    region: service === 'iam' && place.endpoint === undefined ? 'us-east-1' : place.region,
    credentials: keys(place),
    sha256: Sha256,
  });
  const signed = await signer.sign({
    method,
    protocol: url.protocol,
    hostname: url.hostname,
    ...(url.port && { port: Number(url.port) }),
    path: url.pathname,
    query: Object.fromEntries(url.searchParams),
    headers: { host: url.host, ...headers },
    ...(body !== undefined && { body }),
  });
  const response = await fetch(url, { method, headers: signed.headers, ...(body !== undefined && { body }) });
  const text = await response.text();
  if (!response.ok)
    throw new CallFailed(`${service} ${method} ${headers['x-amz-target'] ?? path}`, response.status, text);
  return text;
}

function keys({ endpoint }: Place) {
  const from = endpoint === undefined ? process.env : credentials;
  return {
    accessKeyId: from.AWS_ACCESS_KEY_ID ?? '',
    secretAccessKey: from.AWS_SECRET_ACCESS_KEY ?? '',
    ...(endpoint === undefined &&
      process.env.AWS_SESSION_TOKEN && { sessionToken: process.env.AWS_SESSION_TOKEN }),
  };
}

/** A service that takes forms and answers XML: CloudFormation, IAM. */
export function callQuery(
  place: Place,
  service: string,
  parameters: Record<string, string>,
): Promise<string> {
  const headers = { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' };
  return call(place, {
    service,
    method: 'POST',
    path: '/',
    headers,
    body: String(new URLSearchParams(parameters)),
  });
}

/** A service that takes and answers JSON, with the operation in a header: SQS. */
export async function callJson(
  place: Place,
  service: string,
  target: string,
  input: Record<string, unknown>,
): Promise<Record<string, unknown>> {
  const headers = { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': target };
  const text = await call(place, {
    service,
    method: 'POST',
    path: '/',
    headers,
    body: JSON.stringify(input),
  });
  return text === '' ? {} : JSON.parse(text);
}

/** A service whose paths name its things: API Gateway. */
export async function callRest(
  place: Place,
  service: string,
  path: string,
): Promise<Record<string, unknown>> {
  return JSON.parse(await call(place, { service, method: 'GET', path }));
}

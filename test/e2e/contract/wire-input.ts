import { cbor } from '@smithy/core/cbor';
import { type Member, type Model, type Operation, type Shape, shapeOf } from './aws-model.ts';
import { type Element, parseXml } from './xml.ts';

/** A request as a server gets it. */
export type WireRequest = {
  method: string;
  path: string;
  query: URLSearchParams;
  headers: Record<string, string>;
  body: Buffer;
};
/** What a request asks for by the model: the operation and its input, or why the model knows no such request. */
export type Understood = { operation: Operation; input: unknown } | { stranger: string };

/** Reads a request as the service would, by nothing but its model. */
export function understand(model: Model, request: WireRequest): Understood {
  const { protocol, targetPrefix, apiVersion } = model.metadata;
  const { headers, body } = request;
  const rpc = /^\/service\/([^/]+)\/operation\/([^/]+)$/.exec(request.path);
  if (rpc) {
    const operation = model.operations[rpc[2] ?? ''];
    if (!operation || rpc[1] !== targetPrefix) return { stranger: `nobody serves ${request.path}` };
    return { operation, input: body.length > 0 ? cbor.deserialize(body) : {} };
  }
  const target = headers['x-amz-target'];
  if (target !== undefined) {
    const [prefix, name = ''] = [target.slice(0, target.lastIndexOf('.')), target.split('.').at(-1)];
    const operation = model.operations[name];
    // Some models write the prefix with a package before it; the services take both.
    const known = targetPrefix === prefix || targetPrefix?.endsWith(`.${prefix}`);
    if (!operation || !known) return { stranger: `nobody serves ${target}` };
    return { operation, input: JSON.parse(body.toString('utf8') || '{}') };
  }
  if (protocol === 'query' || protocol === 'ec2') {
    const form = new URLSearchParams(body.toString('utf8'));
    const operation = model.operations[form.get('Action') ?? ''];
    if (!operation) return { stranger: `nobody serves the action ${form.get('Action')}` };
    if (form.get('Version') !== apiVersion) return { stranger: `the version is ${form.get('Version')}` };
    return { operation, input: readForm(model, operation, form) };
  }
  return readRest(model, request);
}

function readRest(model: Model, request: WireRequest): Understood {
  // S3's operations share addresses; the SDK says which one it means.
  const named = request.query.get('x-id');
  const candidates = Object.values(model.operations).flatMap(operation => {
    const uri = matchUri(operation, request);
    const meant = named === null ? saysEnough(model, operation, request) : operation.name === named;
    return uri && meant ? [{ operation, uri }] : [];
  });
  // The one that says most about its address is meant: `/{Bucket}/{Key}?tagging` and not `/{Bucket}/{Key}`.
  const best = candidates.sort((a, b) => weight(b.operation) - weight(a.operation))[0];
  if (!best) return { stranger: `nobody serves ${request.method} ${request.path}` };
  const { operation, uri } = best;
  const shape = operation.input && shapeOf(model, operation.input.shape);
  if (!shape?.members) return { operation, input: {} };
  const input: Record<string, unknown> = {};
  const inBody: Record<string, Member> = {};
  for (const [name, member] of Object.entries(shape.members)) {
    const found = readOutside(model, member, name, uri, request);
    if (found === inTheBody) inBody[name] = member;
    else if (found !== undefined) input[name] = found;
  }
  Object.assign(input, readBody(model, shape, inBody, request.body));
  return { operation, input };
}

/** Whether the headers and the query hold all that tells operations of one address apart. */
function saysEnough(model: Model, { input }: Operation, { query, headers }: WireRequest): boolean {
  const { members = {}, required = [] } = input ? shapeOf(model, input.shape) : { members: {}, required: [] };
  return required.every(name => {
    const member = members[name];
    const key = member?.locationName ?? name;
    if (member?.location === 'querystring') return query.has(key);
    return member?.location === 'header' ? headers[key.toLowerCase()] !== undefined : true;
  });
}

const inTheBody = Symbol('in the body');

function readOutside(
  model: Model,
  member: Member,
  name: string,
  uri: Record<string, string>,
  { query, headers }: WireRequest,
): unknown {
  const key = member.locationName ?? name;
  if (member.location === 'uri') return uri[key];
  if (member.location === 'querystring') {
    const { type } = shapeOf(model, member.shape);
    if (type === 'list') return query.has(key) ? query.getAll(key) : undefined;
    return textOf(model, member, query.get(key));
  }
  if (member.location === 'header') return textOf(model, member, headers[key.toLowerCase()]);
  if (member.location === 'headers') {
    const found = Object.entries(headers).filter(([header]) => header.startsWith(key.toLowerCase()));
    return found.length > 0 ? Object.fromEntries(found) : undefined;
  }
  return inTheBody;
}

function readBody(
  model: Model,
  shape: Shape,
  members: Record<string, Member>,
  body: Buffer,
): Record<string, unknown> {
  if (body.length === 0) return {};
  const payload = shape.payload === undefined ? undefined : members[shape.payload];
  if (payload && shape.payload !== undefined) {
    const { type } = shapeOf(model, payload.shape);
    if (type === 'blob' || type === 'string') return { [shape.payload]: body };
    return { [shape.payload]: readDocument(model, payload, body) };
  }
  return readDocument(model, { shape: '' }, body, { type: 'structure', members }) as Record<string, unknown>;
}

function readDocument(model: Model, member: Member, body: Buffer, shape?: Shape): unknown {
  const text = body.toString('utf8');
  if (model.metadata.protocol === 'rest-json') return JSON.parse(text);
  return readXml(model, shape ?? shapeOf(model, member.shape), parseXml(text));
}

function readXml(model: Model, shape: Shape, element: Element): unknown {
  if (shape.type === 'structure') {
    const known = Object.entries(shape.members ?? {});
    const result: Record<string, unknown> = {};
    for (const child of element.children) {
      const [name, member] = known.find(([key, one]) => (one.locationName ?? key) === child.name) ?? [
        child.name,
      ];
      const childShape = member && shapeOf(model, member.shape);
      if (childShape?.type === 'list' && (childShape.flattened || member?.flattened)) {
        const item = readXml(model, shapeOf(model, childShape.member?.shape ?? ''), child);
        result[name] = [...((result[name] as unknown[] | undefined) ?? []), item];
      } else result[name] = childShape ? readXml(model, childShape, child) : child.text;
    }
    return result;
  }
  if (shape.type === 'list') {
    const item = shapeOf(model, shape.member?.shape ?? '');
    return element.children.map(child =>
      child.name === (shape.member?.locationName ?? 'member')
        ? readXml(model, item, child)
        : { [child.name]: child.text },
    );
  }
  return scalar(shape, element.text);
}

/** The input behind a form's flat keys, such as `Tags.Tag.1.Key=…`. */
function readForm(model: Model, operation: Operation, form: URLSearchParams): unknown {
  const keys = [...form].filter(([key]) => key !== 'Action' && key !== 'Version');
  if (!operation.input) return Object.fromEntries(keys);
  return readFlat(model, shapeOf(model, operation.input.shape), keys);
}

type Flat = [key: string, value: string][];

function readFlat(model: Model, shape: Shape, keys: Flat): unknown {
  if (shape.type === 'structure') {
    const result: Record<string, unknown> = {};
    const known = Object.entries(shape.members ?? {});
    for (const [prefix, inside] of grouped(keys)) {
      const [name, member] = known.find(([key, one]) => formName(model, key, one) === prefix) ?? [];
      if (name === undefined || member === undefined) result[prefix] = inside;
      else {
        const inner = shapeOf(model, member.shape);
        result[name] = readFlat(model, inner, inside);
      }
    }
    return result;
  }
  if (shape.type === 'list') {
    const item = shapeOf(model, shape.member?.shape ?? '');
    const nested = shape.flattened || model.metadata.protocol === 'ec2';
    const wrapper = shape.member?.locationName ?? 'member';
    const items = nested ? keys : keys.map(([key, value]) => unwrapped(key, wrapper, value));
    return [...grouped(items)].map(([, inside]) => readFlat(model, item, inside));
  }
  if (shape.type === 'map') return Object.fromEntries(keys);
  return scalar(shape, keys[0]?.[1] ?? '');
}

function formName(model: Model, key: string, member: Member): string {
  if (model.metadata.protocol !== 'ec2') return member.locationName ?? key;
  const name = member.queryName ?? member.locationName ?? key;
  return member.queryName ?? name.charAt(0).toUpperCase() + name.slice(1);
}

function unwrapped(key: string, wrapper: string, value: string): [string, string] {
  return key.startsWith(`${wrapper}.`) ? [key.slice(wrapper.length + 1), value] : [`?${key}`, value];
}

/** Keys by what stands before their first dot. */
function grouped(keys: Flat): Map<string, Flat> {
  const groups = new Map<string, Flat>();
  for (const [key, value] of keys) {
    const dot = key.indexOf('.');
    const [prefix, rest] = dot < 0 ? [key, ''] : [key.slice(0, dot), key.slice(dot + 1)];
    groups.set(prefix, [...(groups.get(prefix) ?? []), [rest, value]]);
  }
  return groups;
}

function textOf(model: Model, member: Member, text: string | null | undefined): unknown {
  return text === null || text === undefined ? undefined : scalar(shapeOf(model, member.shape), text);
}

/** A text as the model's type; one that can't be it stays a text, which the check then finds. */
function scalar({ type }: Shape, text: string): unknown {
  if (type === 'boolean') return text === 'true' ? true : text === 'false' ? false : text;
  if (['integer', 'long', 'double', 'float'].includes(type)) return text.trim() === '' ? text : Number(text);
  return text;
}

function matchUri({ http }: Operation, request: WireRequest): Record<string, string> | undefined {
  if (http.method !== request.method) return undefined;
  const [address = '', query = ''] = http.requestUri.split('?');
  // A last slash says nothing; the SDKs differ in it.
  const path = address.replace(/(?<=.)\/$/, '');
  for (const [key, value] of new URLSearchParams(query)) {
    if (!request.query.has(key) || (value !== '' && request.query.get(key) !== value)) return undefined;
  }
  const pattern = path
    .split(/(\{[^}]+\})/)
    .map(part => {
      if (!part.startsWith('{')) return part.replaceAll(/[.*+?^$()|[\]\\]/g, '\\$&');
      return part.endsWith('+}') ? '(.+)' : '([^/]+)';
    })
    .join('');
  const found = new RegExp(`^${pattern}/?$`).exec(request.path);
  const names = [...path.matchAll(/\{([^}+]+)\+?\}/g)].map(([, name = '']) => name);
  return found
    ? Object.fromEntries(names.map((name, n) => [name, decodeURIComponent(found[n + 1] ?? '')]))
    : undefined;
}

/** Fixed text of an address counts, what is filled in does not. */
const weight = ({ http }: Operation): number => http.requestUri.replaceAll(/\{[^}]+\}/g, '').length;

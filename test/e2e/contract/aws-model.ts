import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { pythonProgram } from '../servers/python.ts';

/** AWS's own descriptions of its services, as botocore ships them: an opinion that the JavaScript SDK has no part in. */

export type Shape = {
  type: string;
  members?: Record<string, Member>;
  member?: Member;
  key?: Member;
  value?: Member;
  required?: string[];
  enum?: string[];
  min?: number;
  max?: number;
  pattern?: string;
  flattened?: boolean;
  payload?: string;
  locationName?: string;
  timestampFormat?: string;
  union?: boolean;
};
export type Member = {
  shape: string;
  location?: 'uri' | 'querystring' | 'header' | 'headers';
  locationName?: string;
  queryName?: string;
  flattened?: boolean;
  streaming?: boolean;
};
export type Operation = {
  name: string;
  http: { method: string; requestUri: string };
  input?: { shape: string; locationName?: string };
};
export type Model = {
  metadata: { protocol: string; apiVersion: string; targetPrefix?: string; serviceId: string };
  operations: Record<string, Operation>;
  shapes: Record<string, Shape>;
};

/** Folders whose names differ from the name that requests are signed with. */
const folders: Record<string, string> = {
  elasticfilesystem: 'efs',
  elasticloadbalancing: 'elbv2',
  servicequotas: 'service-quotas',
  monitoring: 'cloudwatch',
  states: 'stepfunctions',
  ses: 'sesv2',
};

const loaded = new Map<string, Model>();

/** The model of the service that signs with this name. Throws for one that nobody has described. */
export function modelOf(signingName: string): Model {
  const known = loaded.get(signingName);
  if (known) return known;
  const folder = join(dataFolder(), folders[signingName] ?? signingName);
  const version = readdirSync(folder).sort().at(-1) ?? '';
  const model = JSON.parse(
    gunzipSync(readFileSync(join(folder, version, 'service-2.json.gz'))).toString('utf8'),
  ) as Model;
  loaded.set(signingName, model);
  return model;
}

function dataFolder(): string {
  const library = join(pythonProgram('.'), '../lib');
  const python = readdirSync(library).find(name => name.startsWith('python')) ?? '';
  return join(library, python, 'site-packages/botocore/data');
}

export function shapeOf(model: Model, name: string): Shape {
  const shape = model.shapes[name];
  if (!shape) throw new Error(`${model.metadata.serviceId} has no shape ${name}`);
  return shape;
}

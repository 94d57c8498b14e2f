import { createHash } from 'node:crypto';
import * as z from 'zod';
import { isJsonObject, type Json } from '../json.ts';
import type { ComponentOf } from '../plan/components.ts';
import type { ObjectRef } from './resources.ts';

/** Secret objects. Values are base64 in them, and never go into evidence, changes or errors. */

export type SecretComponent = ComponentOf<'k8s-secret'>;

export const secretRef = ({ namespace, name }: SecretComponent): ObjectRef => ({
  apiVersion: 'v1',
  kind: 'Secret',
  namespace,
  name,
});

export const secretSchema = z.object({
  type: z.string().default('Opaque'),
  immutable: z.boolean().default(false),
  metadata: z.object({ resourceVersion: z.string().default('') }),
  data: z.record(z.string(), z.string()).default({}),
});
export type Secret = z.output<typeof secretSchema>;

export const encode = (values: Record<string, string>) =>
  Object.fromEntries(
    Object.entries(values).map(([key, value]) => [key, Buffer.from(value, 'utf8').toString('base64')]),
  );

/** Tells two sets of values apart without showing them. */
export function digestOf(data: Record<string, string>): string {
  const sorted = Object.entries(data).sort(([one], [other]) => (one < other ? -1 : 1));
  return createHash('sha256').update(JSON.stringify(sorted)).digest('hex').slice(0, 16);
}

/** Whether anything in an object reads the Secret: as environment, as a volume, or to pull images. */
export function readsSecret(value: Json, name: string): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (Array.isArray(value)) return value.some(entry => readsSecret(entry, name));
  return Object.entries(value).some(([key, inner]) => {
    if (key === 'secretName') return inner === name;
    if (key === 'secretKeyRef' || key === 'secretRef') return nameOf(inner) === name;
    if (key === 'imagePullSecrets' && Array.isArray(inner))
      return inner.some(entry => nameOf(entry) === name);
    return readsSecret(inner, name);
  });
}

function nameOf(value: Json): Json | undefined {
  return isJsonObject(value) ? value.name : undefined;
}

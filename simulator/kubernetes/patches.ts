import { isJsonObject, type Json, type JsonObject } from '../../shared/json.ts';
import { mergePatch } from './merge-patch.ts';

/** What a request with this content type makes of an object; undefined for a type that no API server takes. */
export function patched(current: JsonObject, patch: JsonObject, contentType: string): JsonObject | undefined {
  switch (contentType) {
    case 'application/json':
    case 'application/merge-patch+json':
      return mergePatch(current, patch) as JsonObject;
    case 'application/strategic-merge-patch+json':
    case 'application/apply-patch+yaml':
      return strategicPatch(current, patch) as JsonObject;
    default:
      return undefined;
  }
}

/** Lists whose entries have names are merged by name, as the API's own merge keys say for containers, env, volumes. */
export function strategicPatch(current: Json, patch: Json): Json {
  const before = Array.isArray(current) ? current : [];
  if (Array.isArray(patch) && [...before, ...patch].every(isNamed)) {
    const merged = new Map(before.map(entry => [nameOf(entry), entry]));
    for (const entry of patch) {
      const name = nameOf(entry);
      if (isJsonObject(entry) && entry.$patch === 'delete') {
        merged.delete(name);
        continue;
      }
      merged.set(name, strategicPatch(merged.get(name) ?? null, entry));
    }
    return [...merged.values()];
  }
  if (!isJsonObject(patch)) return patch;
  const merged: JsonObject = isJsonObject(current) ? { ...current } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete merged[key];
    else merged[key] = strategicPatch(merged[key] ?? null, value);
  }
  return merged;
}

const isNamed = (entry: Json) => isJsonObject(entry) && typeof entry.name === 'string';
const nameOf = (entry: Json) => (isJsonObject(entry) ? String(entry.name) : '');

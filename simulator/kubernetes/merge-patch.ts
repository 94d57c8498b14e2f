import { isJsonObject, type Json } from '../../shared/json.ts';

/**
 * Applies a JSON merge patch (RFC 7386). A strategic merge patch of objects without lists has the same effect, and
 * nothing else is sent.
 */
export function mergePatch(target: Json, patch: Json): Json {
  if (!isJsonObject(patch)) return patch;
  const merged = isJsonObject(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete merged[key];
    else merged[key] = mergePatch(merged[key] ?? null, value);
  }
  return merged;
}

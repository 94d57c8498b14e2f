import { isJsonObject, parseJson } from '../json.ts';
/** Keys and values of a JSON secret, or undefined if the text is not a JSON object of plain values. */
export type SecretValues = Record<string, string | number | boolean | null>;

export function parseSecretValues(text: string | undefined): SecretValues | undefined {
  const value = text === undefined ? undefined : parseJson(text);
  if (!isJsonObject(value)) return undefined;
  const plain = Object.values(value).every(part => part === null || typeof part !== 'object');
  return plain ? (value as SecretValues) : undefined;
}

const placeholder = /\{\{\s*([\w.-]+)\s*\}\}/g;

/** Keys that values refer to as `{{key}}` and that are neither in the secret nor among the values. */
export function missingKeys(current: SecretValues, values: Record<string, string>): string[] {
  const known = new Set([...Object.keys(current), ...Object.keys(values)]);
  const wanted = Object.values(values).flatMap(value =>
    [...value.matchAll(placeholder)].map(match => match[1]),
  );
  return [...new Set(wanted)].filter(key => key !== undefined && !known.has(key)) as string[];
}

/**
 * The secret with the values put in. `{{key}}` in a value stands for another key of the secret, so that a connection
 * string can be rebuilt around a new host without the plan ever holding the password; in a value that is a URL it is
 * percent-encoded.
 */
export function mergeSecret(current: SecretValues, values: Record<string, string>): SecretValues {
  const merged: SecretValues = { ...current };
  for (const [key, value] of Object.entries(values)) {
    const isUrl = /^[a-z][a-z0-9+.-]*:\/\//i.test(value);
    merged[key] = value.replace(placeholder, (_whole, name: string) => {
      const part = String(values[name] ?? current[name]);
      return isUrl ? encodeURIComponent(part) : part;
    });
  }
  return merged;
}

/** Keys whose value differs. The values themselves go nowhere. */
export function changedKeys(before: SecretValues, after: SecretValues): string[] {
  return Object.keys(after).filter(key => before[key] !== after[key]);
}

/** Values of `--set name=value`, for the parameters of a scenario. */
export type Parameters = Record<string, string | number | boolean>;

/** Reads `--set` options; numbers and true or false become what they say. `problem` is a sentence for the user. */
export function readParameters(set: readonly string[]): { parameters: Parameters } | { problem: string } {
  const parameters: Parameters = {};
  for (const text of set) {
    const at = text.indexOf('=');
    if (at < 1) return { problem: `--set takes name=value, not "${text}".` };
    parameters[text.slice(0, at)] = parseValue(text.slice(at + 1));
  }
  return { parameters };
}

function parseValue(text: string): string | number | boolean {
  if (text === 'true' || text === 'false') return text === 'true';
  return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text;
}

/** Colours for a terminal; plain text where there is none, or where NO_COLOR asks for it (see io.ts). */
export type Paint = Record<'good' | 'bad' | 'warn' | 'dim' | 'bold', (text: string) => string>;

const codes: Record<keyof Paint, string> = { good: '32', bad: '31', warn: '33', dim: '2', bold: '1' };

export function createPaint(colour: boolean): Paint {
  const wrap = (code: string) => (text: string) => (colour ? `\u001b[${code}m${text}\u001b[0m` : text);
  return {
    good: wrap(codes.good),
    bad: wrap(codes.bad),
    warn: wrap(codes.warn),
    dim: wrap(codes.dim),
    bold: wrap(codes.bold),
  };
}

/** One line without control characters: what comes from a plan or a ledger must not steer the terminal. */
export function oneLine(text: string, maxLength = 160): string {
  const flat = text.replace(/[\s\p{Cc}]+/gu, ' ').trim();
  return flat.length > maxLength ? `${flat.slice(0, maxLength - 1)}…` : flat;
}

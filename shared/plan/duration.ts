import * as z from 'zod';

const unitSeconds = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 } as const;
const pattern = /^(?:\d+[smhdw])+$/;

/** Seconds in a duration such as `90s`, `15m`, `4h`, `1h30m`, `7d`; undefined if it is not one. */
export function parseDuration(text: string): number | undefined {
  if (!pattern.test(text)) return undefined;
  let seconds = 0;
  for (const [, amount, unit] of text.matchAll(/(\d+)([smhdw])/g)) {
    seconds += Number(amount) * unitSeconds[unit as keyof typeof unitSeconds];
  }
  return Number.isSafeInteger(seconds) ? seconds : undefined;
}

/** A duration for people: `3 h 12 min`, `45 s`. */
export function formatDuration(seconds: number): string {
  const rounded = Math.round(Math.abs(seconds));
  const sign = seconds < 0 ? '-' : '';
  if (rounded < 60) return `${sign}${rounded} s`;
  const hours = Math.floor(rounded / 3600);
  const minutes = Math.floor((rounded % 3600) / 60);
  const rest = rounded % 60;
  if (hours === 0) return `${sign}${minutes} min${rest > 0 && minutes < 10 ? ` ${rest} s` : ''}`;
  return `${sign}${hours} h${minutes > 0 ? ` ${minutes} min` : ''}`;
}

/** A duration as written in a plan, in seconds once parsed. */
export const durationSchema = z
  .string()
  .meta({ description: 'A duration: 90s, 15m, 4h, 1h30m, 7d', examples: ['15m', '4h'] })
  .transform((text, context) => {
    const seconds = parseDuration(text);
    if (seconds === undefined) {
      context.addIssue({
        code: 'custom',
        message: `"${text}" is not a duration; write 90s, 15m, 4h, 1h30m or 7d`,
      });
      return z.NEVER;
    }
    return seconds;
  });

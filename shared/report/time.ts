/** Milliseconds since the epoch of an ISO-8601 time. */
export function toMs(iso: string): number {
  return Date.parse(iso);
}

/** Whole seconds from one ISO-8601 time to another, rounded up so that no duration looks shorter than it was. */
export function secondsBetween(from: string, to: string): number {
  const ms = toMs(to) - toMs(from);
  return ms < 0 ? -Math.ceil(-ms / 1000) : Math.ceil(ms / 1000);
}

/** Whole seconds that have gone by, rounded down as a clock does: what stands beside a time of day. */
export function elapsedSeconds(from: string, to: string): number {
  return Math.floor((toMs(to) - toMs(from)) / 1000);
}

/** The later of two times. */
export function later(a: string, b: string): string {
  return toMs(b) > toMs(a) ? b : a;
}

/** The earlier of two times. */
export function earlier(a: string, b: string): string {
  return toMs(b) < toMs(a) ? b : a;
}

/** `16:42:00`, UTC. */
export function clockTime(iso: string): string {
  return inUtc(iso).slice(11, 19);
}

/** `2026-03-10 16:42:00 UTC`. */
export function fullTime(iso: string): string {
  return `${inUtc(iso).slice(0, 19).replace('T', ' ')} UTC`;
}

/** The time as `toISOString` writes it, which is how nearly all of them come. */
function inUtc(iso: string): string {
  return /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(iso) ? iso : new Date(iso).toISOString();
}

/** `+01:12:05`, or `-00:00:30` for what came before. */
export function offset(seconds: number): string {
  const whole = Math.abs(Math.trunc(seconds));
  const part = (value: number) => String(value).padStart(2, '0');
  const hours = part(Math.floor(whole / 3600));
  return `${seconds < 0 ? '-' : '+'}${hours}:${part(Math.floor((whole % 3600) / 60))}:${part(whole % 60)}`;
}

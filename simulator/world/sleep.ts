/** A timer that is set for longer, 24.8 days, fires at once: in Node as in its imitation. */
const longestMs = 2 ** 31 - 1;

/** Does something later in virtual time, however much later. `setTimeout` is faked while a rehearsal runs. */
export function later(ms: number, run: () => void): void {
  if (ms <= longestMs) setTimeout(run, ms);
  else setTimeout(() => later(ms - longestMs, run), longestMs);
}

/** Waits in virtual time. */
export function sleep(ms: number): Promise<void> {
  return new Promise(resolve => later(ms, resolve));
}

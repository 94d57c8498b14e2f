/** Waits in virtual time: `setTimeout` is faked while a rehearsal runs. */
export function sleep(ms: number): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, ms));
}

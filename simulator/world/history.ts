import type { World } from './world.ts';

/** How far behind a stale read is: the fault `stale-read:<service>` says 20 s. */
const staleByMs = 20_000;

/**
 * Lets a service answer its reads with what held 20 s ago, when the fault `stale-read:<service>` is on. `read` gives
 * the present state as plain data; it is copied at every change of the world. A service that keeps its state in parts
 * gives each part a name of its own in place of `service`, and itself as `faultOf`.
 */
export function keepHistory<T>(world: World, service: string, read: () => T, faultOf = service): void {
  if (!world.faults.has(`stale-read:${faultOf}`)) return;
  const history = historyOf<T>(world, service);
  const keep = () => {
    const atMs = world.nowMs();
    history.push({ atMs, state: structuredClone(read()) });
    // What is older than the newest state that a stale read can see is never read again.
    const first = history.findLastIndex(entry => entry.atMs <= atMs - staleByMs);
    if (first > 0) history.splice(0, first);
  };
  keep();
  world.onChange(keep);
}

/** What a read of this service sees now: the past while its reads are stale, otherwise `present`. */
export function seenState<T>(world: World, service: string, present: T): T {
  const history = historyOf<T>(world, service);
  const limit = world.nowMs() - staleByMs;
  return (history.findLast(entry => entry.atMs <= limit) ?? history[0])?.state ?? present;
}

function historyOf<T>(world: World, service: string): { atMs: number; state: T }[] {
  return world.state<{ atMs: number; state: T }[]>(`history/${service}`, () => []);
}

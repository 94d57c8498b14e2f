import { type Clock as FakeClock, install } from '@sinonjs/fake-timers';

/** Real timers, taken before anything is faked. */
const setImmediateReal = setImmediate;

/**
 * Virtual time for the whole process: `Date` and `setTimeout` are faked until `stop`. One run at a time.
 * The clock moves to the next timer only when nothing real is under way, so a real database query takes no
 * virtual time and can't be overtaken.
 */
export type VirtualTime = {
  /** Runs timers in order until the work has ended. Throws when nothing is left that could end it. */
  drive<T>(work: Promise<T>, inFlight: { count: number }): Promise<T>;
  stop(): void;
};

export function startVirtualTime(startMs: number): VirtualTime {
  const clock: FakeClock = install({
    now: startMs,
    toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date'],
  });
  // The engine's JSONPath library makes an error for every path that it looks up; stacks would be most of the cost.
  const stackTraceLimit = Error.stackTraceLimit;
  Error.stackTraceLimit = process.env.LIFEBOAT_STACKS ? stackTraceLimit : 0;
  return {
    stop() {
      Error.stackTraceLimit = stackTraceLimit;
      clock.uninstall();
    },
    async drive(work, inFlight) {
      let ended = false;
      const finish = () => {
        ended = true;
      };
      work.then(finish, finish);
      let idle = 0;
      while (!ended) {
        // Two turns of the event loop: the first lets promises settle, the second what they set off.
        await turn();
        if (inFlight.count > 0) continue;
        await turn();
        if (ended || inFlight.count > 0) continue;
        if (clock.countTimers() === 0) {
          // Something real that nobody counted (a lazy import) may still be on its way; give it time, then give up.
          if (++idle > 2000)
            throw new Error('The rehearsal stands still: nothing is due and nothing is under way');
          continue;
        }
        idle = 0;
        clock.next();
      }
      return work;
    },
  };
}

function turn(): Promise<void> {
  return new Promise(resolve => setImmediateReal(resolve));
}

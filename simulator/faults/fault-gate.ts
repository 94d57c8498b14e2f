import type { FaultSet } from './faults.ts';

/** Faults that can be held back: what leads up to a rehearsal goes well, whatever is to go wrong in it. */
export type FaultGate = FaultSet & { open(): void; close(): void };

export function createFaultGate(faults: FaultSet): FaultGate {
  let held = false;
  return {
    ...faults,
    open: () => {
      held = false;
    },
    close: () => {
      held = true;
    },
    has: name => !held && faults.has(name),
    onCall: call => (held ? undefined : faults.onCall(call)),
    onHandler: name => (held ? undefined : faults.onHandler(name)),
  };
}

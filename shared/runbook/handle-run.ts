import type { Runtime } from '../runtime.ts';
import { type CloseReply, closeRun } from './close-run.ts';
import type { RunEvent } from './contract.ts';
import { type NextUndo, nextUndo } from './next-undo.ts';
import { type OpenReply, openRun } from './open-run.ts';
import { beginPhase, endPhase } from './phases.ts';

export type RunReply = OpenReply | CloseReply | NextUndo | { phase: string };

/** One call from a runbook or the tear-down machine. */
export async function handleRun(runtime: Runtime, event: RunEvent): Promise<RunReply> {
  switch (event.operation) {
    case 'open':
      return openRun(runtime, event);
    case 'phase-started':
      await beginPhase(runtime, event.run, event.phase);
      return { phase: event.phase };
    case 'phase-ended':
      await endPhase(runtime, event.run, event.phase);
      if (event.next !== undefined) await beginPhase(runtime, event.run, event.next);
      return { phase: event.next ?? event.phase };
    case 'next-undo':
      return nextUndo(runtime, event.run);
    case 'close':
      return closeRun(runtime, event.run, event.failure);
  }
}

import type { Runtime } from '../runtime.ts';
import type { Run, Step } from './contract.ts';
import { readSteps, writeStep } from './step-record.ts';

export type NextUndo = { next: 'undo'; step: Step } | { next: 'done'; step: null };

/**
 * Picks what to undo next when a drill is torn down: the last step that changed something and was not undone.
 * A step is handed out once; if undoing it fails, that is recorded and the next one is not held up by it.
 */
export async function nextUndo(runtime: Runtime, run: Run): Promise<NextUndo> {
  const records = await readSteps(runtime.store, run.id);
  const open = records.filter(record => record.acted && !record.undone && !record.tearDownBegun);
  const last = open.at(-1);
  if (!last) return { next: 'done', step: null };
  await writeStep(runtime.store, run.id, last.step.id, current => ({
    ...(current ?? last),
    tearDownBegun: true,
  }));
  return { next: 'undo', step: last.step };
}

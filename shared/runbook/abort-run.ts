import { deliver } from '../communication/answers.ts';
import type { Question } from '../communication/question-record.ts';
import { changeQuestion, readQuestions } from '../communication/questions.ts';
import { appendEntry } from '../incident/ledger.ts';
import type { Runtime } from '../runtime.ts';
import type { Answer } from './contract.ts';
import { type RunRecord, updateRun } from './run-record.ts';

export type Abortion = { by: string; reason?: string };

/**
 * Stops a run: nothing new is begun, and questions that it waits for are answered with "abort", so that it does not
 * wait for people who need not decide any more. The first one to stop it stays on record. A run that has ended is
 * left as it is. Safe to repeat. Throws ConflictError when there is no such run.
 */
export async function abortRun(runtime: Runtime, runId: string, wanted: Abortion): Promise<RunRecord> {
  const { store, clock } = runtime;
  const record = await updateRun(store, runId, current =>
    current.outcome || current.abortedBy
      ? current
      : { ...current, abortedBy: wanted.by, abortReason: wanted.reason },
  );
  if (record.outcome) return record;
  const { incidentId } = record.run;
  const by = record.abortedBy ?? wanted.by;
  const what = `${by} stopped the run ${runId}${record.abortReason ? `: ${record.abortReason}` : ''}`;
  const entry = { type: 'note', by, what } as const;
  await appendEntry(store, clock, incidentId, entry, { idempotencyKey: `${runId}/aborted` });
  for (const question of await readQuestions(store, incidentId)) {
    if (question.run.id === runId) await closeQuestion(runtime, question, by, record.abortReason);
  }
  return record;
}

async function closeQuestion(
  runtime: Runtime,
  { id, run }: Question,
  by: string,
  reason: string | undefined,
): Promise<void> {
  const { store, clock } = runtime;
  const result: Answer = {
    value: 'abort',
    by,
    at: clock.now().toISOString(),
    ...(reason !== undefined && { reason }),
  };
  const question = await changeQuestion(store, run.incidentId, id, current =>
    current?.status === 'open' ? { ...current, status: 'answered', result } : undefined,
  );
  if (question?.status === 'answered' && !question.delivered) await deliver(runtime, question);
}

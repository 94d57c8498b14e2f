import type { LedgerEntry } from '../shared/incident/entries.ts';
import type { Plan } from '../shared/plan/schema.ts';
import { clockTime, elapsedSeconds, offset } from '../shared/report/time.ts';
import { createPaint, oneLine, type Paint } from './paint.ts';
import { createLineState, type Line, lineOf, type Told, toldLine } from './progress-lines.ts';

export type Progress = {
  /** Takes each ledger entry as it is appended. */
  entry(placed: LedgerEntry): void;
  /** Says what is still held back; call it when no more entries come. */
  end(): void;
};

/**
 * Prints a run as it goes: a line for each signal, phase, finished step, question and answer, with the virtual time
 * of day and since the rehearsed outage began.
 * Plain lines, so that a pipe and a log show the same. Messages that follow each other share a line.
 */
export function createProgress(plan: Plan, io: { out(text: string): void; colour: boolean }): Progress {
  const paint = createPaint(io.colour);
  const state = createLineState(plan);
  let told: Told | undefined;
  const print = (line: Line) => io.out(`${format(line, plan.rehearsal.outageStart, paint)}\n`);
  const flush = () => {
    if (told) print(toldLine(told, state.words));
    told = undefined;
  };
  return {
    entry(placed) {
      const { at, entry } = placed;
      if (entry.type === 'message' && entry.status === 'sent') {
        // Pages and reminders to one person have lines of their own: the escalation, the question.
        if (entry.audience.startsWith('person:')) return;
        if (told && told.template !== entry.template) flush();
        told ??= { at, template: entry.template, audiences: new Set() };
        told.audiences.add(entry.audience);
        return;
      }
      const line = lineOf(state, placed);
      if (!line) return;
      flush();
      print(line);
    },
    end: flush,
  };
}

function format({ at, mark, text, tone }: Line, startedAt: string, paint: Paint): string {
  const when = paint.dim(`${clockTime(at)} ${offset(elapsedSeconds(startedAt, at))}`);
  const colour = tone === 'plain' ? (value: string) => value : paint[tone];
  return `${when}  ${colour(`${mark} ${oneLine(text, 130)}`)}`;
}

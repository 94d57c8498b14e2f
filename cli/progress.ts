import type { LedgerEntry } from '../shared/incident/entries.ts';
import type { Plan } from '../shared/plan/schema.ts';
import { clockTime, elapsedSeconds, offset } from '../shared/report/time.ts';
import { createPaint, oneLine, type Paint } from './paint.ts';
import { createLineState, type Line, lineOf } from './progress-lines.ts';

export type Progress = {
  /** Takes each ledger entry as it is appended. */
  entry(placed: LedgerEntry): void;
  /** Says what is still held back; call it when no more entries come. */
  end(): void;
};

/**
 * Prints a run as it goes: a line for each signal, phase, finished step, question and answer, with the virtual time
 * of day and since the rehearsed outage began. Plain lines, so that a pipe and a log show the same. Lines that say
 * the same of several (audiences that were told, steps that ended at once) are gathered until another one comes.
 */
export function createProgress(plan: Plan, io: { out(text: string): void; colour: boolean }): Progress {
  const paint = createPaint(io.colour);
  const state = createLineState(plan);
  let held: { line: Line; items: Set<string> } | undefined;
  const print = (line: Line, text: string) =>
    io.out(`${format({ ...line, text }, plan.rehearsal.outageStart, paint)}\n`);
  const flush = () => {
    if (held) print(held.line, gathered(held.line, held.items));
    held = undefined;
  };
  return {
    entry(placed) {
      const line = lineOf(state, placed);
      if (!line) return;
      if (held && held.line.gather?.key !== line.gather?.key) flush();
      if (!line.gather) return print(line, line.text);
      held ??= { line, items: new Set() };
      held.items.add(line.text);
    },
    end: flush,
  };
}

function gathered({ gather }: Line, items: ReadonlySet<string>): string {
  return `${gather?.before ?? ''}${[...items].join(', ')}${gather?.after ?? ''}`;
}

function format({ at, mark, text, tone }: Line, startedAt: string, paint: Paint): string {
  const when = paint.dim(`${clockTime(at)} ${offset(elapsedSeconds(startedAt, at))}`);
  const colour = tone === 'plain' ? (value: string) => value : paint[tone];
  return `${when}  ${colour(`${mark} ${oneLine(text, 130)}`)}`;
}

import { dirname } from 'node:path';
import { checkPlan } from '../../shared/plan/check.ts';
import { type CalendarRehearsal, rehearseCalendar } from '../../simulator/backups/calendar.ts';
import { createFaults } from '../../simulator/faults/faults.ts';
import type { Io } from '../io.ts';
import { printFindings } from './validate.ts';

export type CalendarArguments = {
  plan: string[];
  seed?: string;
  days?: string;
  faults: string[];
  json: boolean;
};

const longestDays = 800;

/**
 * `lifeboat rehearse PLAN --calendar`: a year of the plan's schedules in virtual time: backups made, checked and proven,
 * drills, tasks for people. Exit 0 when everything ran and nothing failed or was left behind, 1 otherwise, 2 bad input.
 */
export async function rehearseCalendarCommand(args: CalendarArguments, io: Io): Promise<number> {
  const [file, ...others] = args.plan;
  const seed = Number(args.seed ?? 1);
  const days = Number(args.days ?? 366);
  const faults = createFaults(args.faults);
  const problem =
    file === undefined || others.length > 0
      ? 'rehearse takes one plan: lifeboat rehearse plans/liquid-abt/plan.yml --calendar'
      : !Number.isSafeInteger(seed) || seed < 0
        ? `A seed is a whole number, not "${args.seed}".`
        : !(Number.isInteger(days) && days > 0 && days <= longestDays)
          ? `--days is a number from 1 to ${longestDays}, not "${args.days}".`
          : faults.ok
            ? undefined
            : faults.problems.join('\n');
  if (problem !== undefined || file === undefined) {
    io.err(`${problem}\n`);
    return 2;
  }
  const { plan, findings } = await checkPlan(file);
  if (!plan) {
    printFindings(
      findings.filter(({ severity }) => severity === 'error'),
      io,
    );
    return 2;
  }
  if (Object.keys(plan.calendar).length + Object.keys(plan.backups).length === 0) {
    io.err('The plan has neither a calendar nor backups; nothing is due in any year.\n');
    return 2;
  }
  const started = performance.now();
  const result = await rehearseCalendar({
    plan,
    planDirectory: dirname(file),
    seed,
    days,
    faults: args.faults,
  });
  const wallMs = Math.round(performance.now() - started);
  io.out(args.json ? `${JSON.stringify({ ...result, wallMs })}\n` : calendarText(result, wallMs));
  return result.ok ? 0 : 1;
}

const sampledText =
  'These come often. They were carried out in the first hours and before each look at the backups; at their other times\n' +
  'nothing was done, and what they would have made was put there:';

function calendarText(
  { from, to, elements, evidence, leftBehind, ok, seed }: CalendarRehearsal,
  wallMs: number,
): string {
  const width = Math.max(...elements.map(({ id }) => id.length));
  const lines = elements.map(({ id, runs, failures, why, last }) => {
    const state = failures > 0 ? 'failed' : runs === 0 ? 'not due' : 'ok';
    const said = why ?? (last ? `last ${last.at}: ${last.what}` : '');
    return `${id.padEnd(width)}  ${state.padEnd(7)}  ${String(runs).padStart(5)} times${failures > 0 ? `, ${failures} failed` : ''}  ${said}\n`;
  });
  const sampled = elements
    .filter(({ due, played }) => played < due)
    .map(({ id, due, played }) => `  ${id.padEnd(width)}  ${played} of ${due} times\n`);
  const chain = evidence.intact
    ? `${evidence.entries} entries of evidence, the chain is intact`
    : 'the chain of evidence is BROKEN';
  const left =
    leftBehind.length > 0 ? `Left behind: ${leftBehind.join(', ')}\n` : 'Nothing was left behind.\n';
  return `From ${from} to ${to}, seed ${seed}, in ${(wallMs / 1000).toFixed(1)} s\n\n${lines.join('')}\n${sampled.length > 0 ? `${sampledText}\n${sampled.join('')}\n` : ''}${chain}. ${left}${ok ? 'Everything that the calendar wants was done.' : 'Not everything was done as the calendar wants.'}\n`;
}

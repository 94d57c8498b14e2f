import { readEvidence } from '../../shared/backups/evidence.ts';
import { isMadeHere } from '../../shared/backups/made-here.ts';
import { momentOf, occurrences } from '../../shared/backups/occurrences.ts';
import type { LedgerEntry } from '../../shared/incident/entries.ts';
import { verifyLedger } from '../../shared/incident/ledger.ts';
import type { Plan } from '../../shared/plan/schema.ts';
import { registerPods } from '../simulated-runtime.ts';
import { createPeople, decidePage } from '../world/people.ts';
import { sleep } from '../world/sleep.ts';
import { carryOut, create } from './carry-out.ts';
import { keepMaking } from './keep-making.ts';
import { throwAwaysIn } from './left-behind.ts';
import { playedTimes, type Span, spanOf } from './sparse.ts';
import { onStage, type Stage, type StageRequest } from './stage.ts';

/** What became of one element of the plan in the time that was played. */
export type CalendarElement = {
  /** `calendar.<id>` or `backups.<id>`. */
  id: string;
  title: string;
  /** How often it was due by its own schedule, and how many of these times were carried out (`playedTimes`). */
  due: number;
  played: number;
  /** How often something was done about it: made, checked, proven, drilled. */
  runs: number;
  failures: number;
  /** What went wrong first, as a sentence. */
  why?: string;
  last?: { at: string; what: string };
};

export type CalendarRehearsal = {
  system: string;
  seed: number;
  from: string;
  to: string;
  ok: boolean;
  elements: CalendarElement[];
  /** Ids of everything in the plan that was carried out well at least once, parts of elements included. */
  exercised: string[];
  evidence: { entries: number; head: string | null; intact: boolean };
  /** What is still there and should not be. */
  leftBehind: string[];
};

/** An element that is due by its schedule, when it is carried out, and how. */
type Scheduled = { id: string; due: number; times: number[]; run(dueAt: string): Promise<string> };

const dayMs = 86_400_000;
/**
 * Plays the calendar and the schedules of backups for a year (or so many days) in virtual time, on a simulated AWS in
 * which nothing is wrong: the deployed functions and machines do what EventBridge Scheduler would let them do. What is
 * due at the same time runs at the same time. A drill that runs is waited for before another one begins. What comes often
 * is carried out at some of its times (`due` and `played` of each element); backups of the others are there as if made.
 * With `sampled` what comes at least every week is carried out in the first week and around what comes more rarely,
 * and that once.
 */
export async function rehearseCalendar(
  request: StageRequest & { days?: number; sampled?: boolean },
): Promise<CalendarRehearsal> {
  const { plan, days = 366, sampled = false } = request;
  const fromMs = Date.parse(request.startAt ?? plan.rehearsal.outageStart);
  const toMs = fromMs + days * dayMs;
  const elements = new Map<string, CalendarElement>();
  const add = (id: string, title: string) =>
    elements.set(id, { id, title, due: 0, played: 0, runs: 0, failures: 0 });
  for (const [id, { title }] of Object.entries(plan.backups)) add(`backups.${id}`, title);
  for (const [id, { title }] of Object.entries(plan.calendar)) add(`calendar.${id}`, title);
  const entries: LedgerEntry[] = [];
  const onEntry = (entry: LedgerEntry) => {
    entries.push(entry);
    request.onEntry?.(entry);
  };
  return onStage({ ...request, onEntry }, async stage => {
    await letPeopleAnswer(stage);
    const span = spanOf(plan, fromMs, toMs, sampled);
    keepMaking(stage.world, stage.arranged, span);
    const scheduled = scheduledOf(stage, span);
    for (const { id, due, times } of scheduled) {
      Object.assign(elements.get(id) ?? {}, { due, played: times.length });
    }
    await playAll(stage, scheduled, elements, entries);
    // The last instances are on their way out, and the sweeper looks once more.
    await stage.functions.invoke('verify', { operation: 'sweep' });
    await sleep(3_600_000);
    countBackups(entries, elements);
    const evidence = await readEvidence(stage.runtime);
    const leftBehind = throwAwaysIn(stage.world);
    const all = [...elements.values()];
    return {
      system: plan.system.id,
      seed: request.seed,
      from: new Date(fromMs).toISOString(),
      to: new Date(toMs).toISOString(),
      ok: leftBehind.length === 0 && all.every(({ failures, runs }) => failures === 0 && runs > 0),
      elements: all,
      exercised: exercisedOf(all, entries),
      evidence: {
        entries: evidence.length,
        head: evidence.at(-1)?.hash ?? null,
        intact: verifyLedger(evidence).ok,
      },
      leftBehind,
    };
  });
}

/** Days until everything on schedule has been due once, and two for the last of it to end; at most a year and a day. */
export function daysUntilAllDue(plan: Plan): number {
  const fromMs = Date.parse(plan.rehearsal.outageStart);
  const schedules = [...Object.values(plan.backups), ...Object.values(plan.calendar)].flatMap(
    ({ schedule }) => schedule ?? [],
  );
  const firsts = schedules.map(schedule => {
    const momentMs = momentOf(schedule);
    return Math.max(momentMs ?? occurrences(schedule, fromMs, fromMs + 366 * dayMs)[0] ?? fromMs, fromMs);
  });
  return Math.min(366, Math.ceil((Math.max(fromMs, ...firsts) - fromMs) / dayMs) + 2);
}

async function letPeopleAnswer({ world, functions }: Stage): Promise<void> {
  registerPods(world);
  createPeople(world, { decide: decidePage(functions) });
}

async function playAll(
  { world }: Stage,
  scheduled: readonly Scheduled[],
  elements: Map<string, CalendarElement>,
  entries: readonly LedgerEntry[],
): Promise<void> {
  const running: Promise<void>[] = [];
  const dues = scheduled.flatMap(({ id, times, run }) => times.map(atMs => ({ atMs, id, run })));
  for (const { atMs, id, run } of dues.sort((a, b) => a.atMs - b.atMs)) {
    if (atMs > world.nowMs()) await sleep(atMs - world.nowMs());
    const before = entries.length;
    running.push(
      run(new Date(atMs).toISOString())
        .then(
          what => ({ what, failed: false }),
          error => ({
            what: [
              error instanceof Error ? `${error.name}: ${error.message}` : String(error),
              ...(id.startsWith('calendar.') ? failedStep(entries.slice(before)) : []),
            ].join(' '),
            failed: true,
          }),
        )
        .then(({ what, failed }) => note(elements.get(id), world.now(), what, failed)),
    );
  }
  await Promise.all(running);
}

/** Which step of a drill did not succeed, and why: the year has no report for each of its drills. */
function failedStep(entries: readonly LedgerEntry[]): string[] {
  const last = entries
    .flatMap(({ entry }) =>
      entry.type === 'step' && (entry.status === 'failed' || entry.status === 'refused') ? [entry] : [],
    )
    .at(-1);
  if (!last) return [];
  const why = last.error ?? last.reasons?.map(({ what }) => what).join(' ') ?? 'no reason was noted';
  return [`The step that failed last is "${last.step}": ${why}`];
}

function note(element: CalendarElement | undefined, now: Date, what: string, failed: boolean): void {
  if (!element) return;
  element.runs += 1;
  element.failures += failed ? 1 : 0;
  if (failed) element.why ??= `${now.toISOString()}: ${what}`;
  element.last = { at: now.toISOString(), what };
}

/** Everything that is due, in the order of the plan. */
function scheduledOf(stage: Stage, span: Span): Scheduled[] {
  const { plan } = stage.runtime;
  const backups = Object.entries(plan.backups).flatMap(([id, backup]): Scheduled[] => {
    if (!backup.schedule || !isMadeHere(backup)) return [];
    const { due, played } = playedTimes(backup.schedule, span);
    const run = (dueAt: string) => create(stage, [id], dueAt, 'schedule');
    return [{ id: `backups.${id}`, due: due.length, times: played, run }];
  });
  const entries = Object.entries(plan.calendar).map(([id, { schedule }]): Scheduled => {
    const momentMs = momentOf(schedule);
    const isPast = momentMs !== undefined && momentMs <= span.fromMs;
    // What was past when the plan was deployed is found by the first daily reminder.
    const { due, played } = isPast
      ? { due: [momentMs], played: [span.fromMs + 3_600_000] }
      : playedTimes(schedule, { ...span, looks: [] });
    const run = (dueAt: string) => carryOut(stage, plan, id, dueAt);
    return { id: `calendar.${id}`, due: due.length, times: played, run };
  });
  return [...backups, ...entries];
}

/** Backups are exercised by what was recorded about them: made, checked, proven. */
function countBackups(entries: readonly LedgerEntry[], elements: Map<string, CalendarElement>): void {
  for (const { at, entry } of entries) {
    if (entry.type === 'backup-checked') {
      const element = elements.get(`backups.${entry.backup}`);
      note(element, new Date(at), `checked: ${entry.verdict}`, entry.verdict !== 'ok');
    }
    if (entry.type === 'backup-verified') {
      const { backup, outcome, reasons } = entry.verification;
      note(
        elements.get(`backups.${backup}`),
        new Date(at),
        [outcome, ...reasons.map(({ what }) => what)].join(': '),
        outcome !== 'proven',
      );
    }
  }
}

/** Elements that came to a good end, and the queries that were answered as the plan expects. */
function exercisedOf(elements: readonly CalendarElement[], entries: readonly LedgerEntry[]): string[] {
  const found = new Set(elements.filter(({ runs, failures }) => runs > failures).map(({ id }) => id));
  for (const { entry } of entries) {
    if (entry.type !== 'backup-verified') continue;
    const { backup, checks } = entry.verification;
    found.add(`backups.${backup}.verify`);
    for (const { id, ok } of checks) {
      if (ok) found.add(`backups.${backup}.verify.queries.${id}`);
    }
  }
  return [...found].sort();
}

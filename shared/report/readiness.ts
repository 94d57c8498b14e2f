import { formatDuration } from '../plan/duration.ts';
import type { Plan } from '../plan/schema.ts';
import { type MatrixRow, type Measured, recoveryMatrix } from './matrix.ts';
import { type Reach, reachOf } from './reach.ts';
import { historyOf, type Restore, type Series } from './readiness-history.ts';

/** A follow-up of a past incident that nobody has done yet. */
export type OpenFollowUp = { title: string; owners: string[]; dueAt: string; incident: string };

export type ReadinessInput = {
  plan: Plan;
  now: string;
  /** What rehearsals of this very plan measured; undefined when nobody looked. */
  rehearsed?: readonly Measured[];
  /** What the deployed system has on record; undefined when nobody looked. */
  live?: { runs: readonly Measured[]; restores: readonly Restore[]; openTasks: readonly OpenFollowUp[] };
};

/** Something that stands between the plan and its promise, the worst first. */
export type Gap = { severity: 'bad' | 'warn'; what: string; mend: string };
export type Readiness = {
  system: string;
  owner: string;
  at: string;
  /** Whether the deployed system was asked, and whether rehearsals were looked at. */
  live: boolean;
  rehearsed: boolean;
  gaps: Gap[];
  rows: MatrixRow[];
  backups: { id: string; title: string; promised: boolean; last: Restore | null }[];
  openTasks: OpenFollowUp[];
  reach: Reach[];
  history: Series[];
};

/** A drill that is older proves little: systems change every week. */
const drillDays = 90;
/** A backup that was not restored for so long may not be restorable. */
const restoreDays = 35;

/**
 * What is known of a system's readiness: objectives against what was last measured, the last drill, the last proven
 * restore, open tasks, and the gaps first of all. Pure. What nobody measured is a gap and never a figure.
 */
export function readinessOf(input: ReadinessInput): Readiness {
  const { plan, now, rehearsed, live } = input;
  const rows = recoveryMatrix(plan, rehearsed ?? [], live?.runs);
  const backups = backupsOf(plan, live?.restores ?? []);
  const openTasks = (live?.openTasks ?? []).toSorted((a, b) => (a.dueAt < b.dueAt ? -1 : 1));
  const gaps = [
    ...(rehearsed ? rows.flatMap(rehearsalGaps) : []),
    ...rows.flatMap(row => drillGaps(row, now)),
    ...(live ? backups.flatMap(backup => backupGaps(backup, now)) : []),
    ...openTasks.flatMap(task => taskGaps(task, now)),
    ...reachOf(plan).flatMap(reachGaps),
    ...reviewGaps(plan, now),
    ...(live ? [] : [notAsked]),
  ];
  return {
    system: plan.system.title,
    owner: plan.system.owner,
    at: now,
    live: live !== undefined,
    rehearsed: rehearsed !== undefined,
    gaps: [
      ...gaps.filter(({ severity }) => severity === 'bad'),
      ...gaps.filter(({ severity }) => severity === 'warn'),
    ],
    rows,
    backups,
    openTasks,
    reach: reachOf(plan),
    history: historyOf(plan, rows, live?.runs ?? [], live?.restores ?? []),
  };
}

const notAsked: Gap = {
  severity: 'warn',
  what: 'The deployed system was not asked: drills, restores and open tasks are not on this page.',
  mend: 'Call it with --live and the credentials of the account.',
};

function rehearsalGaps(row: MatrixRow): Gap[] {
  const gaps: Gap[] = [];
  for (const [name, cell] of [
    ['RTO', row.rto],
    ['RPO', row.rpo],
  ] as const) {
    if (!cell || cell.nothingToLose) continue;
    if (cell.rehearsedSeconds === null) {
      gaps.push({
        severity: 'warn',
        what: `${row.title}: no rehearsal has measured its ${name}.`,
        mend: 'See the report of its rehearsal for why it did not get there.',
      });
    } else if (cell.rehearsedSeconds > cell.targetSeconds) {
      gaps.push({
        severity: 'bad',
        what: `${row.title}: rehearsed ${name} is above its objective.`,
        mend: 'Shorten the longest steps, or promise less.',
      });
    }
  }
  return gaps;
}

function drillGaps(row: MatrixRow, now: string): Gap[] {
  const gaps: Gap[] = [];
  if (row.of !== 'scenario' || row.lastDrill === undefined) return gaps;
  const drilled = row.lastDrill?.startedAt ?? row.lastReal?.startedAt;
  if (!drilled || olderThan(drilled, now, drillDays)) {
    const since = drilled ? `not since ${drilled.slice(0, 10)}` : 'never';
    gaps.push({
      severity: 'warn',
      what: `${row.title}: drilled on real AWS ${since}.`,
      mend: `Drill it every ${drillDays} days; a rehearsal does not know what has changed in AWS.`,
    });
  } else if (row.lastDrill && row.lastDrill.outcome !== 'recovered') {
    gaps.push({
      severity: 'bad',
      what: `${row.title}: the last drill (${drilled.slice(0, 10)}) ended ${row.lastDrill.outcome}.`,
      mend: 'Its report says why and how to mend it; drill again after that.',
    });
  }
  return gaps;
}

function backupsOf(plan: Plan, restores: readonly Restore[]): Readiness['backups'] {
  return Object.entries(plan.backups).map(([id, backup]) => {
    const own = restores.filter(each => each.backup === id).toSorted((a, b) => (a.at < b.at ? 1 : -1));
    return { id, title: backup.title, promised: backup.verify !== undefined, last: own[0] ?? null };
  });
}

function backupGaps({ title, promised, last }: Readiness['backups'][number], now: string): Gap[] {
  if (!promised) {
    return [
      {
        severity: 'warn',
        what: `${title}: the plan never restores it to see whether it can be.`,
        mend: 'Give it a verify section.',
      },
    ];
  }
  if (!last)
    return [
      {
        severity: 'bad',
        what: `${title}: no restore has ever proven it.`,
        mend: 'Run its verification now.',
      },
    ];
  if (!last.proven) {
    return [
      {
        severity: 'bad',
        what: `${title}: the last restore (${last.at.slice(0, 10)}) did not prove it.`,
        mend: 'Its record says which check failed.',
      },
    ];
  }
  if (!olderThan(last.at, now, restoreDays)) return [];
  return [
    {
      severity: 'warn',
      what: `${title}: last proven ${last.at.slice(0, 10)}.`,
      mend: `Prove it every ${restoreDays} days.`,
    },
  ];
}

function taskGaps({ title, owners, dueAt }: OpenFollowUp, now: string): Gap[] {
  if (dueAt > now) return [];
  return [
    {
      severity: 'bad',
      what: `Overdue since ${dueAt.slice(0, 10)}: ${title}.`,
      mend: `${owners.join(', ')}: do it, and say so with its link.`,
    },
  ];
}

function reachGaps({ audience, channel, size, most, withinSeconds }: Reach): Gap[] {
  if (size === undefined || most === undefined || size <= most) return [];
  return [
    {
      severity: 'bad',
      what: `${audience}: ${channel} reaches ${most} of its ${size} people within ${formatDuration(withinSeconds)}.`,
      mend: 'Use SES with a rate that is high enough, a status page or a chat, or allow more time.',
    },
  ];
}

function reviewGaps(plan: Plan, now: string): Gap[] {
  const { nextReview } = plan.system;
  if (nextReview === undefined || nextReview >= now.slice(0, 10)) return [];
  return [
    {
      severity: 'warn',
      what: `The review of the plan was due on ${nextReview}.`,
      mend: `${plan.system.owner}: review it, and set the next date.`,
    },
  ];
}

function olderThan(at: string, now: string, days: number): boolean {
  return Date.parse(now) - Date.parse(at) > days * 86_400_000;
}

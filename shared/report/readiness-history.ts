import type { Plan } from '../plan/schema.ts';
import type { MatrixRow, Measured } from './matrix.ts';

/** One restore that was to prove a backup. */
export type Restore = {
  backup: string;
  at: string;
  proven: boolean;
  seconds: number | null;
  /** What the plan gives it. */
  withinSeconds: number;
};
/** One figure of a run or a restore. `met`: within its objective and, of a restore, proven. */
export type Point = {
  at: string;
  seconds: number;
  targetSeconds: number;
  kind: 'real' | 'drill' | 'proven' | 'not proven';
  met: boolean;
};
/** Figures of one kind over time, oldest first; never empty. */
export type Series = {
  id: string;
  title: string;
  what: 'Recovery time' | 'Data loss' | 'Restore time';
  points: Point[];
};

/**
 * What real runs and restores have measured over time, oldest first: recovery time and data loss by scenario, and how
 * long the restores of each backup took. A series without a point is left out; nothing is filled in.
 */
export function historyOf(
  plan: Plan,
  rows: readonly MatrixRow[],
  runs: readonly Measured[],
  restores: readonly Restore[],
): Series[] {
  const scenarios = rows.filter(row => row.of === 'scenario');
  const series: Series[] = [
    ...scenarios.map(row => ofScenario(row, 'Recovery time', row.rto?.targetSeconds, runs, 'rtoSeconds')),
    ...scenarios.map(row => ofScenario(row, 'Data loss', row.rpo?.targetSeconds, runs, 'rpoSeconds')),
    ...Object.entries(plan.backups).map(([id, { title }]) => ofBackup(id, title, restores)),
  ];
  return series.filter(({ points }) => points.length > 0);
}

function ofScenario(
  row: MatrixRow,
  what: Series['what'],
  targetSeconds: number | undefined,
  runs: readonly Measured[],
  figure: 'rtoSeconds' | 'rpoSeconds',
): Series {
  const points = runs.flatMap((run): Point[] => {
    const { scenario, mode, startedAt } = run;
    const seconds = run[figure];
    if (scenario !== row.id || mode === 'dry-run' || startedAt === undefined) return [];
    if (seconds === null || targetSeconds === undefined) return [];
    const kind = mode === 'drill' ? 'drill' : 'real';
    return [{ at: startedAt, seconds, targetSeconds, kind, met: seconds <= targetSeconds }];
  });
  return { id: row.id, title: row.title, what, points: points.sort(byTime) };
}

function ofBackup(id: string, title: string, restores: readonly Restore[]): Series {
  const points = restores.flatMap(({ backup, at, proven, seconds, withinSeconds }): Point[] => {
    if (backup !== id || seconds === null) return [];
    const met = proven && seconds <= withinSeconds;
    return [{ at, seconds, targetSeconds: withinSeconds, kind: proven ? 'proven' : 'not proven', met }];
  });
  return { id, title, what: 'Restore time', points: points.sort(byTime) };
}

function byTime(a: Point, b: Point): number {
  return a.at < b.at ? -1 : 1;
}

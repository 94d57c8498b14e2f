import * as z from 'zod';
import { formatDuration } from '../plan/duration.ts';
import { objectivesOf, tiersOf } from '../plan/objectives.ts';
import type { Disaster, Plan } from '../plan/schema.ts';
import { modeSchema, outcomeSchema } from '../runbook/contract.ts';
import { allSteps } from './follow-up.ts';
import { escapeMarkdown as md, table } from './markdown-text.ts';
import { noDataMoved, noDataMovedBy } from './objectives.ts';
import type { Report } from './report.ts';

const seconds = z.number().nullable();

/** What one run measured, kept for the matrix. Durations in seconds, null for what was not measured. */
export const measuredSchema = z.object({
  scenario: z.string(),
  mode: modeSchema,
  outcome: outcomeSchema,
  faults: z.array(z.string()),
  /** Run id and start of a real run; a rehearsal has neither. */
  run: z.string().optional(),
  startedAt: z.string().optional(),
  rtoSeconds: seconds,
  rpoSeconds: seconds,
  /** Whether all data stayed where and as it was, so that there was no loss to measure. */
  movedNoData: z.union([z.boolean(), z.literal('as-far-as-known')]).optional(),
  tiers: z.record(z.string(), z.object({ rtoSeconds: seconds, rpoSeconds: seconds })),
});
export type Measured = z.infer<typeof measuredSchema>;

/** The figures of a report that the matrix shows. */
export function measuredBy({ scenario, mode, outcome, rto, rpo, detail }: Report): Measured {
  const alone = noDataMovedBy(allSteps(detail.phases));
  const tiers = detail.serviceLevels
    .filter(level => level.of === 'tier')
    .map(level => [
      level.id,
      { rtoSeconds: level.rto?.actualSeconds ?? null, rpoSeconds: level.rpo?.actualSeconds ?? null },
    ]);
  return {
    scenario,
    mode,
    outcome,
    faults: detail.faults,
    ...(!detail.simulated && { run: detail.run.id, startedAt: detail.run.startedAt }),
    rtoSeconds: rto.actualSeconds,
    rpoSeconds: rpo.actualSeconds,
    ...(rpo.basis === alone && { movedNoData: alone === noDataMoved || ('as-far-as-known' as const) }),
    tiers: Object.fromEntries(tiers),
  };
}

export type MatrixCell = {
  targetSeconds: number;
  rehearsedSeconds: number | null;
  /**
   * Set when there is nothing to measure: the disaster harms no data, and no step moves any. `as-far-as-known` when code
   * of the user's own ran, of which nobody knows what it did with data.
   */
  nothingToLose?: true | 'as-far-as-known';
};
export type MatrixRow = {
  of: 'scenario' | 'tier';
  id: string;
  title: string;
  rto: MatrixCell | null;
  rpo: MatrixCell | null;
  /** The newest real recovery and the newest real drill; undefined when nobody looked. */
  lastReal?: Measured | null;
  lastDrill?: Measured | null;
};

/**
 * Target, rehearsed and last real figure of each scenario and each tier. Rehearsed is what a recovery without faults
 * needed; a tier is as slow as the slowest outage that takes it down. Nothing is ever filled in.
 */
export function recoveryMatrix(
  plan: Plan,
  rehearsed: readonly Measured[],
  real?: readonly Measured[],
): MatrixRow[] {
  const recoveries = rehearsed.filter(({ faults }) => faults.length === 0);
  const scenarios = Object.entries(plan.scenarios).map(([id, { title, modes, disaster }]): MatrixRow => {
    const own = recoveries.filter(({ scenario, mode }) => scenario === id && mode === mainMode(modes));
    const targets = objectivesOf(plan, id);
    return {
      of: 'scenario',
      id,
      title,
      rto: { targetSeconds: targets.rto, rehearsedSeconds: slowest(own.map(each => each.rtoSeconds)) },
      rpo: {
        targetSeconds: targets.rpo,
        rehearsedSeconds: slowest(own.map(each => each.rpoSeconds)),
        ...(own.length > 0 &&
          own.every(each => each.movedNoData) &&
          !harmsData(disaster) && {
            nothingToLose: own.every(each => each.movedNoData === true) || ('as-far-as-known' as const),
          }),
      },
      ...(real && {
        lastReal: newest(real, id, ['recover', 'planned']),
        lastDrill: newest(real, id, ['drill']),
      }),
    };
  });
  const tiers = Object.entries(plan.tiers).map(([id, tier]): MatrixRow => {
    const known = Object.entries(plan.scenarios)
      // Where a scenario has its own figures for the tier, its own row shows what they came to.
      .filter(([scenario, { tierObjectives }]) => tiersOf(plan, scenario).includes(id) && !tierObjectives[id])
      .flatMap(([scenario, { modes }]) =>
        recoveries.filter(each => each.scenario === scenario && each.mode === mainMode(modes)),
      );
    const own = (known.some(isOutage) ? known.filter(isOutage) : known).flatMap(
      ({ tiers: measured }) => measured[id] ?? [],
    );
    const cell = (target: number | undefined, figures: (number | null)[]) =>
      target === undefined ? null : { targetSeconds: target, rehearsedSeconds: slowest(figures) };
    return {
      of: 'tier',
      id,
      title: tier.title,
      rto: cell(
        tier.rto,
        own.map(({ rtoSeconds }) => rtoSeconds),
      ),
      rpo: cell(
        tier.rpo,
        own.map(({ rpoSeconds }) => rpoSeconds),
      ),
    };
  });
  return [...scenarios, ...tiers.filter(({ rto, rpo }) => rto || rpo)];
}

/** A planned move takes no tier down, so that how long it takes is no recovery time of one. */
const isOutage = ({ mode }: Measured) => mode === 'recover';

/** Whether data is gone, wrong or out of reach by it, so that a run which leaves it alone has forgotten something. */
function harmsData(disaster: Disaster | undefined): boolean {
  return disaster !== undefined && ['region-loss', 'loss', 'corruption'].includes(disaster.type);
}

/** Whether a rehearsed figure is above its target. What was not measured misses nothing. */
export function misses(row: MatrixRow): boolean {
  return [row.rto, row.rpo].some(
    cell => cell && cell.rehearsedSeconds !== null && cell.rehearsedSeconds > cell.targetSeconds,
  );
}

/** The matrix as a Markdown table, for a wiki or a repository. */
export function matrixMarkdown(title: string, rows: readonly MatrixRow[]): string {
  const body = rows.map(row => [
    `${md(row.title)}${row.of === 'tier' ? ' (tier)' : ''}`,
    ...cells(row.rto),
    ...cells(row.rpo),
    realText(row.lastReal),
    realText(row.lastDrill),
  ]);
  const head = [
    'Scenario or tier',
    'RTO',
    'rehearsed',
    'RPO',
    'rehearsed',
    'last real recovery',
    'last real drill',
  ];
  return `# ${md(title)}: recovery time matrix\n\n${table(head, body)}\n`;
}

function cells(cell: MatrixCell | null): [string, string] {
  if (!cell) return ['', ''];
  const { targetSeconds, rehearsedSeconds } = cell;
  if (rehearsedSeconds === null)
    return [formatDuration(targetSeconds), cell.nothingToLose === true ? 'no data moved' : 'not measured'];
  const figure = formatDuration(rehearsedSeconds);
  return [formatDuration(targetSeconds), rehearsedSeconds > targetSeconds ? `**${figure}, missed**` : figure];
}

function realText(run: Measured | null | undefined): string {
  if (!run) return run === null ? 'none' : '';
  const when = `${run.startedAt?.slice(0, 10)}, run ${run.run}`;
  if (run.rtoSeconds === null) return `${run.outcome} (${when})`;
  const loss = run.rpoSeconds === null ? '' : `, ${formatDuration(run.rpoSeconds)} lost`;
  return `${formatDuration(run.rtoSeconds)}${loss} (${when})`;
}

/** What a scenario is there for: to recover, or, if it can't, to move as planned. */
function mainMode(modes: readonly string[]): string {
  return ['recover', 'planned', 'drill'].find(mode => modes.includes(mode)) ?? modes[0] ?? 'recover';
}

function slowest(figures: readonly (number | null)[]): number | null {
  const known = figures.filter(figure => figure !== null);
  return known.length === 0 ? null : Math.max(...known);
}

function newest(runs: readonly Measured[], scenario: string, modes: readonly string[]): Measured | null {
  const own = runs.filter(run => run.scenario === scenario && modes.includes(run.mode));
  return own.toSorted((a, b) => ((a.startedAt ?? '') < (b.startedAt ?? '') ? 1 : -1))[0] ?? null;
}

import type { LedgerEntry } from '../incident/entries.ts';
import { tierObjectivesOf, tiersOf, yearlyDowntimeSeconds } from '../plan/objectives.ts';
import type { Plan } from '../plan/schema.ts';
import type { Mode } from '../runbook/contract.ts';
import { entriesOf } from './read-ledger.ts';
import type { Downtime, Figure, PhaseDetail, Report, ServiceLevel, StepDetail } from './report.ts';
import { later, secondsBetween } from './time.ts';

export type LevelInput = {
  plan: Plan;
  scenario: string;
  mode: Mode;
  rto: Report['rto'];
  rpo: Report['rpo'];
  phases: readonly PhaseDetail[];
  /** Seconds of data that these steps lost; null if none of them restored or moved anything. */
  lossOf(steps: readonly StepDetail[]): number | null;
  /** The run's own entries. */
  ledger: readonly LedgerEntry[];
  clockStartedAt: string;
  /** See `Detail.noticedAtOnce`: nothing can be said about the response then. */
  noticedAtOnce: boolean;
};

/**
 * What was measured against the objectives of the scenario's severity and of each tier that it takes down. A tier is
 * back when the last phase that names it has ended, or, if none does, when the whole run is.
 */
export function serviceLevels(input: LevelInput): ServiceLevel[] {
  const { plan, scenario, rto, rpo } = input;
  const severityId = plan.scenarios[scenario]?.severity ?? '';
  const severity = plan.severities[severityId];
  const own = severity && {
    of: 'severity' as const,
    id: severityId,
    title: severity.title,
    rto: against(severity.rto, rto.actualSeconds, rto.measuredFrom !== 'nothing'),
    rpo: against(severity.rpo, rpo.actualSeconds, false),
    respond: against(
      severity.respondWithin,
      responseSeconds(input),
      input.mode === 'recover' && !input.noticedAtOnce,
    ),
  };
  const tiers = tiersOf(plan, scenario).flatMap((id): ServiceLevel[] => {
    const tier = plan.tiers[id];
    if (!tier) return [];
    const targets = tierObjectivesOf(plan, scenario, id);
    return [
      {
        of: 'tier',
        id,
        title: tier.title,
        rto: against(targets.rto, tierSeconds(input, id), isTimed(input, id)),
        rpo: against(targets.rpo, tierLossSeconds(input, id), false),
        respond: against(
          tier.respondWithin,
          responseSeconds(input),
          input.mode === 'recover' && !input.noticedAtOnce,
        ),
      },
    ];
  });
  return [...(own ? [own] : []), ...tiers].filter(level => level.rto || level.rpo || level.respond);
}

/** A figure against its target; null without a target. What should have been measured and was not is missed. */
function against(target: number | undefined, actual: number | null, expected: boolean): Figure | null {
  if (target === undefined) return null;
  const met = actual === null ? (expected ? false : null) : actual <= target;
  return { targetSeconds: target, actualSeconds: actual, met };
}

function tierSeconds(input: LevelInput, tier: string): number | null {
  const { rto, clockStartedAt } = input;
  const own = phasesOfTier(input, tier);
  if (own.length === 0) return rto.actualSeconds;
  if (nothingDone(input, tier)) return null;
  if (rto.measuredFrom === 'nothing' || own.some(({ ok }) => ok !== true)) return null;
  const ends = own.flatMap(({ endedAt }) => endedAt ?? []);
  return ends.length === 0 ? null : secondsBetween(clockStartedAt, ends.reduce(later));
}

/** Whether there has to be a time: every outage has one, and a drill of what it does not leave alone. */
function isTimed(input: LevelInput, tier: string): boolean {
  const { measuredFrom } = input.rto;
  return measuredFrom === 'outage' || (measuredFrom === 'run' && !nothingDone(input, tier));
}

/** The phases that name the tier. */
function phasesOfTier({ phases, plan, scenario }: LevelInput, tier: string): PhaseDetail[] {
  const naming = new Set(
    plan.scenarios[scenario]?.phases.filter(phase => phase.tiers?.includes(tier)).map(({ id }) => id),
  );
  return phases.filter(({ id }) => naming.has(id));
}

/**
 * Whether the tier's own phases ended and brought nothing back: all of their steps failed and the run went on, or a
 * drill left them alone. Steps that were not needed are none that failed.
 */
function nothingDone(input: LevelInput, tier: string): boolean {
  const steps = phasesOfTier(input, tier).flatMap(phase => phase.steps);
  const done = steps.some(({ status }) => status === 'done' || status === 'undone');
  const amiss = steps.some(
    ({ status }) =>
      status === 'failed' || status === 'refused' || (status === 'skipped' && input.mode === 'drill'),
  );
  return !done && amiss;
}

/** What a tier lost: of what was restored by the time that it was back. What is restored later is another tier's. */
function tierLossSeconds({ rpo, phases, plan, scenario, lossOf }: LevelInput, tier: string): number | null {
  const planned = plan.scenarios[scenario]?.phases ?? [];
  const last = planned.findLastIndex(phase => phase.tiers?.includes(tier));
  if (last < 0) return rpo.actualSeconds;
  const before = new Set(planned.slice(0, last + 1).map(({ id }) => id));
  return lossOf(phases.filter(({ id }) => before.has(id)).flatMap(({ steps }) => steps));
}

/** From the start of the outage until the run began or somebody said that they are on it, whichever came first. */
function responseSeconds({ ledger, mode, clockStartedAt, noticedAtOnce }: LevelInput): number | null {
  if (mode !== 'recover' || noticedAtOnce) return null;
  const first = [...entriesOf(ledger, 'run-started'), ...entriesOf(ledger, 'acknowledged')]
    .map(({ at }) => at)
    .sort()[0];
  return first === undefined ? null : Math.max(0, secondsBetween(clockStartedAt, first));
}

/** How much of a year's downtime this outage used; null without an availability or without an outage. */
export function downtimeOf(
  plan: Pick<Plan, 'objectives'>,
  outage: { startedAt: string; endedAt: string } | null,
): Downtime | null {
  const { availabilityPercent } = plan.objectives;
  if (availabilityPercent === undefined || outage === null) return null;
  const budgetSeconds = yearlyDowntimeSeconds(availabilityPercent);
  const usedSeconds = Math.max(0, secondsBetween(outage.startedAt, outage.endedAt));
  return { availabilityPercent, budgetSeconds, usedSeconds };
}

/** Whether any objective of a severity or a tier was missed. */
export function missedLevels(report: Report): ServiceLevel[] {
  return report.detail.serviceLevels.filter(({ rto, rpo, respond }) =>
    [rto, rpo, respond].some(figure => figure?.met === false),
  );
}

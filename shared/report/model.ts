import { InvalidInputError } from '../errors.ts';
import type { LedgerEntry } from '../incident/entries.ts';
import { objectivesOf } from '../plan/objectives.ts';
import type { Plan, Scenario } from '../plan/schema.ts';
import type { Run } from '../runbook/contract.ts';
import { chainOf } from './chain.ts';
import { decisionsOf, failedMessagesOf, notificationsOf, untoldAudiences } from './communication.ts';
import { estimateCostUsd, outageCost } from './cost.ts';
import { allSteps, openTasksOf, problemsOf, unmended } from './follow-up.ts';
import { followUpsOf } from './follow-ups.ts';
import { namesOf } from './names.ts';
import {
  clockStart,
  type Measured,
  measuredFrom,
  measureRpo,
  measureRto,
  recoveredAt,
} from './objectives.ts';
import { leftOutOfDrill, phasesOf, type RunView, stepsNotReached } from './phases.ts';
import { entriesOf, ledgerOfRun } from './read-ledger.ts';
import { liveStateCommand, replayCommand } from './replay.ts';
import type { Detail, Facts, PhaseDetail, Report, ReportStep, StepDetail } from './report.ts';
import { downtimeOf, serviceLevels } from './service-levels.ts';
import { secondsBetween } from './time.ts';
import { timelineOf, type Words } from './timeline.ts';

export type ReportInput = {
  plan: Plan;
  run: Run;
  /** The whole ledger of the run's incident, in order. Entries of other runs are left out here. */
  ledger: readonly LedgerEntry[];
  facts: Facts;
};

/**
 * The report of one run, from its ledger and the plan alone; `facts` add what only the simulator knows. Pure: the
 * same input gives the same report. Throws InvalidInputError if the plan has no such scenario.
 */
export function buildReport({ plan, run, ledger, facts }: ReportInput): Report {
  const scenario = scenarioOf(plan, run);
  const own = ledgerOfRun(ledger, run.id);
  const measured = measuredOf(scenario, run, own, facts);
  const steps = allSteps(measured.phases);
  const notifications = notificationsOf(own, measured.openedAt ?? run.startedAt);
  const stateTransitions = facts.stateTransitions ?? null;
  const lambdaInvocations = facts.lambdaInvocations ?? null;
  const targets = objectivesOf(plan, run.scenario);
  const rto = measureRto(measured, targets.rto, facts.criticalPathSeconds ?? null);
  const rpo = measureRpo(measured, targets.rpo, steps, facts.dataCutAt ?? null);
  return {
    system: plan.system.id,
    scenario: run.scenario,
    mode: run.mode,
    seed: facts.seed ?? null,
    outcome: measured.outcome,
    rto,
    rpo,
    steps: steps.map(fixedFields),
    notifications,
    invariants: facts.invariants ? [...facts.invariants] : null,
    awsCalls: facts.awsCalls ? sortedByKey(facts.awsCalls) : null,
    stateTransitions,
    historyEvents: facts.historyEvents ?? null,
    lambdaInvocations,
    estimatedCostUsd: estimateCostUsd(stateTransitions, lambdaInvocations, facts.lambdaLongerSeconds),
    wallMs: facts.wallMs ?? null,
    report: null,
    detail: {
      ...detailOf({ plan, run, ledger, facts }, scenario, own, measured, notifications),
      serviceLevels: serviceLevels({
        plan,
        scenario: run.scenario,
        mode: run.mode,
        rto,
        rpo,
        phases: measured.phases,
        lossOf: some => measureRpo(measured, targets.rpo, some, facts.dataCutAt ?? null).actualSeconds,
        ledger: own,
        clockStartedAt: clockStart(measured),
        noticedAtOnce: noticedAtOnce(run, own, facts),
      }),
    },
  };
}

function scenarioOf(plan: Plan, run: Run): Scenario {
  const scenario = plan.scenarios[run.scenario];
  if (scenario) return scenario;
  throw new InvalidInputError(
    `Run ${run.id} is of scenario "${run.scenario}", which the plan does not have`,
    {
      nextStep: `Make the report with the plan that the run was started with. This one has: ${Object.keys(plan.scenarios).join(', ')}.`,
    },
  );
}

function measuredOf(scenario: Scenario, run: Run, ledger: readonly LedgerEntry[], facts: Facts): Measured {
  const openedAt = entriesOf(ledger, 'incident-opened')[0]?.at ?? null;
  const ended = entriesOf(ledger, 'run-ended').at(-1);
  const measured: Measured = {
    mode: run.mode,
    // A run whose end nobody wrote down did not recover anything, as far as anybody can tell.
    outcome: ended?.entry.outcome ?? 'failed',
    phases: [],
    outageStartedAt: facts.outageStartedAt ?? run.outageStartedAt,
    openedAt,
    runStartedAt: run.startedAt,
  };
  const view: RunView = {
    ledger,
    mode: run.mode,
    clockStartedAt: clockStart(measured),
    endedAt: ended?.at ?? ledger.at(-1)?.at ?? run.startedAt,
    ran: run.mode !== 'dry-run',
  };
  return { ...measured, phases: phasesOf(scenario.phases, view) };
}

function detailOf(
  { plan, run, ledger, facts }: ReportInput,
  scenario: Scenario,
  own: readonly LedgerEntry[],
  measured: Measured,
  notifications: Report['notifications'],
): Omit<Detail, 'serviceLevels'> {
  const names = namesOf(plan);
  const name = (id: string) => names[id] ?? id;
  const steps = allSteps(measured.phases);
  const ended = entriesOf(own, 'run-ended').at(-1);
  const recovered = recoveredAt(measured);
  const openedAt = measured.openedAt ?? run.startedAt;
  const lastAt = ended?.at ?? own.at(-1)?.at ?? run.startedAt;
  const untold = untoldAudiences(plan, run, notifications, secondsBetween(openedAt, lastAt));
  const decisions = decisionsOf(own);
  const hasOutage = measuredFrom(run.mode) === 'outage';
  return {
    title: { system: plan.system.title, scenario: scenario.title, owner: plan.system.owner },
    run: {
      id: run.id,
      incidentId: run.incidentId,
      severity: entriesOf(own, 'incident-opened')[0]?.entry.severity ?? null,
      startedAt: run.startedAt,
      endedAt: ended?.at ?? null,
    },
    outageStartedAt: measured.outageStartedAt,
    clockStartedAt: clockStart(measured),
    openedAt: measured.openedAt,
    noticedAtOnce: noticedAtOnce(run, own, facts),
    leftOut: run.mode === 'drill' ? leftOutOfDrill(scenario, measured.phases) : [],
    assumed: assumedIn(steps),
    recoveredAt: recovered,
    simulated: facts.seed !== undefined,
    faults: [...(facts.faults ?? [])],
    replay: replayCommand(plan, run, facts) ?? null,
    phases: [...measured.phases],
    notReached: stepsNotReached(plan, run, measured.phases),
    problems: [
      ...problemsOf(entriesOf(own, 'run-started').length > 0, ended?.entry, steps, facts.notStarted),
      ...unmended(measured.outcome, steps, brokenAtTheEnd(scenario, measured.outcome, facts)),
    ],
    decisions,
    changes: entriesOf(own, 'change').map(({ at, entry: { type: _, run: __, ...change } }) => ({
      at,
      ...change,
    })),
    failedMessages: failedMessagesOf(own),
    untold,
    openTasks: openTasksOf({
      recovered: measured.outcome === 'recovered',
      steps,
      decisions,
      notifications,
      untold,
      name,
    }),
    followUps: followUpsOf(own),
    asOf: own.at(-1)?.at ?? run.startedAt,
    liveState: liveStateCommand(plan, run, facts) ?? null,
    // Where nothing was wrong nobody felt anything.
    impact: hasOutage ? (scenario.impact?.trim() ?? null) : null,
    services: [...scenario.services],
    outageCost: outageCost(
      plan,
      hasOutage
        ? { startedAt: clockStart(measured), endedAt: recovered ?? lastAt, over: recovered !== null }
        : null,
    ),
    downtime: downtimeOf(
      plan,
      hasOutage ? { startedAt: clockStart(measured), endedAt: recovered ?? lastAt } : null,
    ),
    chain: chainOf(ledger),
    timeline: timelineOf(own, clockStart(measured), wordsOf(measured.phases, name)),
    names,
  };
}

/** In a rehearsal whoever opens the incident by hand does so as the outage begins. */
function noticedAtOnce({ mode }: Run, ledger: readonly LedgerEntry[], { seed }: Facts): boolean {
  const opened = entriesOf(ledger, 'incident-opened')[0];
  return seed !== undefined && mode === 'recover' && opened !== undefined && opened.entry.by !== 'triage';
}

/**
 * Damaged data that nobody uses any more is no problem of a run that recovered: a copy is beside it. Whether somebody does
 * is one of the safety rules.
 */
function brokenAtTheEnd(
  { disaster }: Scenario,
  outcome: Measured['outcome'],
  { stillBroken = [] }: Facts,
): readonly string[] {
  return outcome === 'recovered' && disaster?.type === 'corruption' ? [] : stillBroken;
}

/** What steps that ended well are taken to have mended; see `withAssumption`. */
function assumedIn(steps: readonly StepDetail[]): Detail['assumed'] {
  return steps.flatMap(({ title, status, evidence }) => {
    const mends = evidence.flatMap(({ data }) =>
      Array.isArray(data?.assumed) ? data.assumed.map(String) : [],
    );
    return status === 'done' && mends.length > 0 ? [{ step: title, mends }] : [];
  });
}

function fixedFields({ phase, id, action, status, startedAt, endedAt, attempts }: StepDetail): ReportStep {
  return { phase, id, action, status, startedAt, endedAt, attempts };
}

function wordsOf(phases: readonly PhaseDetail[], name: Words['name']): Words {
  const titles = new Map(allSteps(phases).map(({ id, title }) => [id, title]));
  return {
    phase: id => phases.find(phase => phase.id === id)?.title ?? id,
    step: id => titles.get(id) ?? id,
    name,
  };
}

function sortedByKey(counts: Record<string, number>): Record<string, number> {
  return Object.fromEntries(Object.entries(counts).sort(([a], [b]) => (a < b ? -1 : 1)));
}

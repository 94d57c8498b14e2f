import { loadActions } from '../shared/actions/load-actions.ts';
import { fixedFunctions } from '../shared/deployment.ts';
import type { LedgerEntry } from '../shared/incident/entries.ts';
import { readRehearsed } from '../shared/plan/rehearsed.ts';
import type { Plan, Scenario } from '../shared/plan/schema.ts';
import { lambdaAssumption } from '../shared/report/cost.ts';
import { buildReport } from '../shared/report/model.ts';
import type { Report } from '../shared/report/report.ts';
import type { Mode, Run } from '../shared/runbook/contract.ts';
import { withEstimates } from '../state-machines/estimates.ts';
import { criticalPathSeconds } from './critical-path.ts';
import { deploy } from './deployment.ts';
import { createFaults, unknownTargets } from './faults/faults.ts';
import { type Played, type PlayedTask, playScenario } from './play.ts';
import { loadServices } from './services.ts';
import { startVirtualTime } from './world/clock.ts';
import { startDatabases } from './world/databases.ts';
import { hasProvider } from './world/providers/hosts.ts';
import type { Call } from './world/world.ts';

export type RehearsalRequest = {
  plan: Plan;
  /** Folder of the plan, for the data of its rehearsal. */
  planDirectory: string;
  /** Path of the plan as given, for the command that replays the run. */
  planPath?: string;
  scenario: string;
  mode: Mode;
  seed: number;
  faults: readonly string[];
  parameters: Record<string, string | number | boolean>;
  /** Called with each ledger entry as it is written. */
  onEntry?: (entry: LedgerEntry) => void;
  /** Called with each call to AWS and the function that makes it; undefined for the simulator's own. */
  onCall?: (call: Call, by: string | undefined) => void;
  /** Called with each call of a function by a state machine, and what came back. */
  onTask?: (task: PlayedTask) => void;
};

export type Rehearsal =
  | {
      ok: true;
      report: Report;
      ledger: LedgerEntry[];
      faultsWithoutEffect: string[];
      /** Names of the functions that were called, sorted. */
      handlers: string[];
    }
  | { ok: false; problems: string[] };

/** Virtual time before the outage, in which the world stands still and well. */
const calmSeconds = 120;

/**
 * Rehearses one scenario: the compiled state machines and the real handlers, in virtual time, against the simulated
 * world. A function of plan, scenario, mode, faults, parameters and seed. Bad input comes back as problems.
 */
export async function rehearse(request: RehearsalRequest): Promise<Rehearsal> {
  const faults = createFaults(request.faults);
  if (!faults.ok) return faults;
  const given = withParameters(request);
  if ('problems' in given) return { ok: false, problems: given.problems };
  const databases = startDatabases(given, request.planDirectory);
  const kinds = Object.values(given.scenarios).flatMap(({ phases }) =>
    phases.flatMap(({ steps }) =>
      steps.flatMap(item => ('parallel' in item ? item.parallel.flat() : [item])),
    ),
  );
  const [actions, services] = await Promise.all([loadActions(kinds.map(step => step.do)), loadServices()]);
  const plan = withEstimates(given, actions, readRehearsed(request.planDirectory));
  const deployment = deploy(plan, actions);
  const unknown = unknownTargets(request.faults, {
    services: services.map(service => service.name),
    handlers: [...fixedFunctions, ...deployment.families],
    channels: Object.entries(plan.channels).flatMap(([id, channel]) => (hasProvider(channel) ? [id] : [])),
  });
  if (unknown.length > 0) return { ok: false, problems: unknown };
  const connectBackups = await portOfBackups(deployment.families);
  const outageStartedAt = plan.rehearsal.outageStart;
  const time = startVirtualTime(Date.parse(outageStartedAt) - calmSeconds * 1000);
  try {
    const played = await playScenario({
      ...request,
      plan,
      faults: faults.faults,
      deployment,
      services,
      actions,
      databases,
      connectBackups,
      outageStartedAt,
      time,
    });
    const run = played.run ?? neverOpened(request, outageStartedAt);
    const scenario = plan.scenarios[request.scenario];
    const report = buildReport({
      plan,
      run,
      ledger: played.ledger,
      facts: {
        seed: request.seed,
        faults: request.faults,
        planPath: request.planPath,
        parameters: request.parameters,
        notStarted: played.notStarted,
        outageStartedAt: request.mode === 'recover' ? outageStartedAt : undefined,
        criticalPathSeconds: scenario && limitOf(scenario, played),
        awsCalls: played.awsCalls,
        stateTransitions: played.stateTransitions,
        historyEvents: played.historyEvents,
        lambdaInvocations: played.invocations.length,
        lambdaLongerSeconds: longerSeconds(played),
        invariants: played.invariants,
        stillBroken: played.stillBroken,
      },
    });
    const faultsWithoutEffect = faults.faults.withoutEffect();
    const handlers = [...new Set(played.invocations.map(({ name }) => name))].sort();
    return { ok: true, report, ledger: played.ledger, faultsWithoutEffect, handlers };
  } finally {
    time.stop();
  }
}

/** Before virtual time begins, and only for plans whose steps need it. */
async function portOfBackups(families: readonly string[]) {
  return families.includes('backup') ? (await import('../shared/backups/port.ts')).connectBackups : undefined;
}

/** What Lambda is paid for beyond the least that the estimate takes for a call. */
function longerSeconds({ invocations }: Played): number {
  return invocations.reduce((sum, { startedAtMs, endedAtMs }) => {
    return sum + Math.max(0, (endedAtMs - startedAtMs) / 1000 - lambdaAssumption.seconds);
  }, 0);
}

/** The physical limit of a recovery that came to its end; of any other there is none to compare with. */
function limitOf(scenario: Scenario, played: Played): number | undefined {
  const ended = played.ledger.findLast(({ entry }) => entry.type === 'run-ended')?.entry;
  if (ended?.type !== 'run-ended' || ended.outcome !== 'recovered') return undefined;
  return criticalPathSeconds(scenario, played);
}

/** The plan with the parameters of this rehearsal as defaults, so that every way of starting uses them. */
function withParameters({ plan, scenario: id, parameters }: RehearsalRequest): Plan | { problems: string[] } {
  const scenario = plan.scenarios[id];
  if (!scenario) return { problems: [`The plan has no scenario "${id}".`] };
  const unknown = Object.keys(parameters).filter(name => !(name in scenario.parameters));
  if (unknown.length > 0) {
    const known = Object.keys(scenario.parameters).join(', ') || 'none';
    return {
      problems: unknown.map(name => `The scenario "${id}" has no parameter "${name}". It has: ${known}.`),
    };
  }
  if (Object.keys(parameters).length === 0) return plan;
  const changed = { ...scenario.parameters };
  for (const [name, value] of Object.entries(parameters)) {
    const known = changed[name];
    if (known) changed[name] = { ...known, default: value };
  }
  return { ...plan, scenarios: { ...plan.scenarios, [id]: { ...scenario, parameters: changed } } };
}

/** When no signal was enough, or a guard refused, there is no run; the report says so about this one. */
function neverOpened(request: RehearsalRequest, outageStartedAt: string): Run {
  return {
    id: 'none',
    incidentId: 'none',
    system: request.plan.system.id,
    scenario: request.scenario,
    mode: request.mode,
    startedAt: outageStartedAt,
    outageStartedAt,
    parameters: {},
  };
}

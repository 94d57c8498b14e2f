import type { Action } from '../shared/actions/contract.ts';
import { runIdOf } from '../shared/aws/names.ts';
import { createSecretReader } from '../shared/aws/secret-reader.ts';
import { loadSituation } from '../shared/communication/compose.ts';
import { dueMessages } from '../shared/communication/due.ts';
import type { LedgerEntry } from '../shared/incident/entries.ts';
import { readLedger, verifyLedger } from '../shared/incident/ledger.ts';
import { createMemoryRecordStore } from '../shared/incident/memory-record-store.ts';
import type { RecordStore } from '../shared/incident/record-store.ts';
import { setAutomation } from '../shared/incident/switch.ts';
import type { Plan } from '../shared/plan/schema.ts';
import type { Invariant } from '../shared/report/report.ts';
import type { Mode, Run } from '../shared/runbook/contract.ts';
import { runRecordSchema } from '../shared/runbook/run-record.ts';
import type { Runtime } from '../shared/runtime.ts';
import type { SimulatedDeployment } from './deployment.ts';
import { strike } from './disaster.ts';
import { createEngine, type Engine } from './engine/engine.ts';
import { createEventBus } from './event-bus.ts';
import type { FaultSet } from './faults/faults.ts';
import { createHandlers } from './handlers.ts';
import { watchInvariants } from './invariants/invariants.ts';
import { onPodsReady } from './kubernetes/cluster.ts';
import { simulateKubernetes } from './kubernetes/simulate-kubernetes.ts';
import { putSecret } from './services/secretsmanager.ts';
import { engineOf } from './services/states.ts';
import type { VirtualTime } from './world/clock.ts';
import { createWorld } from './world/create-world.ts';
import { createFunctions, type Invocation } from './world/functions.ts';
import { createInternet } from './world/internet.ts';
import { setTargets } from './world/load-balancing.ts';
import { createPeople } from './world/people.ts';
import type { Postgres } from './world/postgres.ts';
import { simulatedRedis } from './world/redis.ts';
import { simulatedClients } from './world/simulated-clients.ts';
import { simulatedSql } from './world/simulated-sql.ts';
import { simulatedTable, watchLedger } from './world/simulated-table.ts';
import { sleep } from './world/sleep.ts';
import type { SimulatedService, World, WorldChange } from './world/world.ts';

export type PlayRequest = {
  plan: Plan;
  scenario: string;
  mode: Mode;
  seed: number;
  faults: FaultSet;
  deployment: SimulatedDeployment;
  services: readonly SimulatedService[];
  actions: Readonly<Record<string, Action>>;
  postgres: Promise<Postgres>;
  outageStartedAt: string;
  time: VirtualTime;
  onEntry?: (entry: LedgerEntry) => void;
};

export type Played = {
  run: Run | undefined;
  /** Why there is no run, when that is known. */
  notStarted: NotStarted | undefined;
  ledger: LedgerEntry[];
  invocations: readonly Invocation[];
  changes: readonly WorldChange[];
  awsCalls: Record<string, number>;
  stateTransitions: number;
  historyEvents: number;
  invariants: Invariant[];
};

type NotStarted = { what: string; mend: string };

/** Virtual time after which a rehearsal that has not ended is given up: the longest that anybody would wait. */
const longestSeconds = 48 * 3600;
/** Without a run by then nobody's signals were enough, and none will come. */
const longestTriageSeconds = 6 * 3600;
/** How often it is looked whether everything has ended. */
const lookEveryMs = 30_000;
/** Time for the last messages after a run has ended. */
const afterglowSeconds = 60;

/** Plays a scenario from the calm before it to the last message after it. */
export async function playScenario(request: PlayRequest): Promise<Played> {
  const { plan, deployment, faults } = request;
  const world = createWorld({
    plan,
    seed: request.seed,
    faults,
    services: request.services,
    outageStartedAt: request.outageStartedAt,
  });
  putSecret(
    world,
    plan.regions.recovery,
    deployment.settings.linkSecretName,
    `key-of-rehearsal-${request.seed}`,
  );
  const seen: LedgerEntry[] = [];
  const kept = createMemoryRecordStore();
  const store = watchLedger(simulatedTable(world, kept), entry => {
    seen.push(entry);
    request.onEntry?.(entry);
  });
  const runtime = createRuntime(world, request, store);
  const functions = createFunctions(world, createHandlers(runtime, deployment.families, request.actions));
  const engine = createEngine({
    machines: deployment.machines,
    clock: runtime.clock,
    invokeFunction: (arn, payload) => functions.invoke(deployment.functionName(arn), payload),
  });
  engineOf(world).engine = engine;
  registerPods(world);
  const bus = createEventBus(world, functions);
  createPeople(world, {
    decide: async event =>
      (await functions.invoke('decide', event as never)) as { statusCode: number; body?: string },
  });
  const invariants = watchInvariants(world, { plan, mode: request.mode, scenario: request.scenario });
  // Whoever rehearses looks into the records without calling DynamoDB: no fault hits them, and nothing is counted.
  const aside = { ...runtime, store: kept };
  const story = tell(request, { world, runtime: aside, engine, bus });
  const notStarted = await request.time.drive(story, world.inFlight);
  const run = await findRun(kept, engine, deployment, request.scenario);
  const ledger = run ? await readLedger(kept, run.incidentId) : seen;
  const unsent = run ? dueMessages(await loadSituation(aside, run)).due.map(message => message.key) : [];
  const counts = engine.counts();
  return {
    run,
    notStarted,
    ledger,
    invocations: functions.invocations,
    changes: world.changes,
    awsCalls: Object.fromEntries(world.calls),
    stateTransitions: counts.stateTransitions,
    historyEvents: counts.historyEvents,
    invariants: invariants.finish({ ledger, engine, run, chain: verifyLedger(ledger), unsent }),
  };
}

type Stage = {
  world: World;
  runtime: Runtime;
  engine: Engine;
  bus: ReturnType<typeof createEventBus>;
};

/** What happens: calm, then the disaster or a person's start, then the run until everything has ended. */
async function tell(
  request: PlayRequest,
  { world, runtime, engine, bus }: Stage,
): Promise<NotStarted | undefined> {
  const { plan, scenario: id, mode, deployment } = request;
  await setAutomation(runtime.store, runtime.clock, plan.system.id, {
    state: 'on',
    by: 'rehearsal',
    reason: 'The automatic start is part of what is rehearsed',
  });
  const disaster = plan.scenarios[id]?.disaster;
  const runbook = deployment.settings.runbookArns[id] ?? '';
  await sleep(world.outageStartedAtMs - world.nowMs());
  for (const region of request.faults.lostRegions) world.loseRegion(region);
  if (mode === 'recover' && disaster) strike(world, disaster);
  if (world.isLost(plan.regions.recovery)) {
    request.faults.hit(`region:${plan.regions.recovery}`);
    return withoutRecoveryRegion(plan.regions.recovery);
  }
  if (mode === 'recover' && disaster) bus.watch();
  if (mode !== 'recover' || !startsByItself(plan, id)) {
    engine.startExecution({
      stateMachineArn: runbook,
      name: `rehearsal-${request.seed}`,
      input: { mode, by: 'a person' },
    });
  }
  const givenUpAtMs = world.nowMs() + longestSeconds * 1000;
  const tooLateMs = world.nowMs() + longestTriageSeconds * 1000;
  // Only when to stop is decided here; how long a run took is read from its own records.
  while (world.nowMs() < givenUpAtMs) {
    await sleep(lookEveryMs);
    const started = engine.listExecutions({ stateMachineArn: runbook }).length > 0;
    if (started && engine.listExecutions({ status: 'RUNNING' }).length === 0) break;
    if (!started && world.nowMs() > tooLateMs) break;
  }
  bus.stop();
  await bus.deliverAgain();
  await sleep(afterglowSeconds * 1000);
  return undefined;
}

/**
 * Functions, state machines, table and topics are all there: no event arrives, nobody can start anything, and so
 * nothing happens however long one waits.
 */
function withoutRecoveryRegion(region: string): NotStarted {
  return {
    what: `The recovery region ${region} does not answer. Lifeboat runs there, so no event arrives and no run can start; nobody was told and nothing was changed.`,
    mend: 'Tell people by another way, and recover by hand from the plan. Start the scenario when the region answers again.',
  };
}

/** A scenario that a signal of this disaster opens; the others are started by a person. */
function startsByItself(plan: Plan, id: string): boolean {
  const scenario = plan.scenarios[id];
  return (
    scenario?.disaster !== undefined &&
    scenario.trigger !== undefined &&
    scenario.trigger.start === 'automatic'
  );
}

/** Ready pods become targets of the group that their deployment serves. */
function registerPods(world: World): void {
  onPodsReady(world, ready => {
    for (const component of Object.values(world.plan.components)) {
      if (component.type !== 'k8s-deployment' || component.targetGroup === undefined) continue;
      const group = world.plan.components[component.targetGroup];
      const same = component.cluster === ready.cluster && component.namespace === ready.namespace;
      if (!same || component.name !== ready.deployment || group?.type !== 'target-group') continue;
      setTargets(world, group.arn, ready.addresses);
    }
  });
}

function createRuntime(world: World, request: PlayRequest, store: RecordStore): Runtime {
  const aws = simulatedClients(world, request.plan.regions);
  return {
    plan: request.plan,
    settings: request.deployment.settings,
    clock: { now: () => world.now() },
    store,
    aws,
    network: {
      ...createInternet(world),
      sql: simulatedSql(world, request.postgres),
      redis: simulatedRedis(world),
    },
    kubernetes: simulateKubernetes(world),
    secret: createSecretReader(aws),
    log: () => {},
  };
}

/** The newest run of the scenario that took the lock; executions that attached to it have none. */
async function findRun(
  store: RecordStore,
  engine: Engine,
  deployment: SimulatedDeployment,
  scenario: string,
): Promise<Run | undefined> {
  for (const execution of engine.listExecutions({
    stateMachineArn: deployment.settings.runbookArns[scenario],
  })) {
    const id = runIdOf(execution.executionArn, execution.startDate.toISOString());
    const stored = await store.get({ partition: `RUN#${id}`, sort: 'META' });
    if (stored) return runRecordSchema.parse(stored.data).run;
  }
  return undefined;
}

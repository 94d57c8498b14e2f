import type { Action } from '../shared/actions/contract.ts';
import { runIdOf } from '../shared/aws/names.ts';
import type { connectBackups } from '../shared/backups/port.ts';
import { loadSituation } from '../shared/communication/compose.ts';
import { dueMessages } from '../shared/communication/due.ts';
import type { LedgerEntry } from '../shared/incident/entries.ts';
import { prefixes } from '../shared/incident/keys.ts';
import { entryOf, readLedger, type Verification, verifyLedger } from '../shared/incident/ledger.ts';
import { createMemoryRecordStore } from '../shared/incident/memory-record-store.ts';
import type { RecordStore } from '../shared/incident/record-store.ts';
import type { Json } from '../shared/json.ts';
import type { Invariant } from '../shared/report/report.ts';
import type { Run } from '../shared/runbook/contract.ts';
import { runRecordSchema } from '../shared/runbook/run-record.ts';
import { arrangeBackupsForSteps, provenAsOfTheCut } from './backups/for-steps.ts';
import { simulatedScratch } from './backups/scratch.ts';
import type { SimulatedDeployment } from './deployment.ts';
import { stillBroken } from './disaster.ts';
import { createEngine, type Engine } from './engine/engine.ts';
import { createEventBus } from './event-bus.ts';
import { createFaultGate } from './faults/fault-gate.ts';
import { createHandlers } from './handlers.ts';
import { watchInvariants } from './invariants/invariants.ts';
import { schedulerOf } from './services/scheduler.ts';
import { putSecret } from './services/secretsmanager.ts';
import { engineOf } from './services/states.ts';
import { createRuntime, registerPods } from './simulated-runtime.ts';
import { type NotStarted, type StoryRequest, tellStory } from './story.ts';
import { playStepRepairs } from './world/assumed-repairs.ts';
import { arrangeFiles } from './world/bucket-files.ts';
import type { VirtualTime } from './world/clock.ts';
import { createWorld } from './world/create-world.ts';
import type { startDatabases } from './world/databases.ts';
import { createFunctions, type Functions, type Invocation, runningFunction } from './world/functions.ts';
import { createPeople, decidePage } from './world/people.ts';
import { simulatedTable, watchLedger } from './world/simulated-table.ts';
import { noteTaskTime } from './world/task-times.ts';
import type { Call, WorldChange } from './world/world.ts';

export type PlayRequest = StoryRequest & {
  actions: Readonly<Record<string, Action>>;
  /** From `startDatabases`. */
  databases: ReturnType<typeof startDatabases>;
  planDirectory: string;
  outageStartedAt: string;
  time: VirtualTime;
  onEntry?: (entry: LedgerEntry) => void;
  onCall?: (call: Call, by: string | undefined) => void;
  onTask?: (task: PlayedTask) => void;
  connectBackups?: typeof connectBackups;
};

/** One call of a function by a state machine, and what came back. */
export type PlayedTask = {
  function: string;
  payload: Json;
  result: { reply: Json } | { error: string; cause: string };
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
  /** Components that were struck and that nothing has mended. */
  stillBroken: string[];
};

/** Plays a scenario from the calm before it to the last message after it. */
export async function playScenario(request: PlayRequest): Promise<Played> {
  const { plan, deployment } = request;
  const faults = createFaultGate(request.faults);
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
  /** Of all incidents, in the order in which they were written. */
  const seen: LedgerEntry[] = [];
  let begun = false;
  const kept = createMemoryRecordStore();
  const played = [request.scenario, plan.scenarios[request.scenario]?.failbackOf ?? []].flat();
  /** Of which ledgers these are; each is a chain of its own. */
  const ledgers = new Set<string>();
  const see = (entry: LedgerEntry, of: string) => {
    seen.push(entry);
    ledgers.add(of);
    playStepRepairs(world, entry);
    noteTaskTime(world, entry, played);
    if (begun) request.onEntry?.(entry);
  };
  const store = watchLedger(simulatedTable(world, kept), see);
  arrangeFiles(world, request.planDirectory);
  arrangeBackupsForSteps(world, request.planDirectory);
  const simulated = createRuntime(
    world,
    deployment.settings,
    store,
    request.databases(world),
    request.connectBackups,
  );
  const { network } = simulated;
  const runtime = { ...simulated, network: { ...network, sql: provenAsOfTheCut(world, network.sql) } };
  const functions = createFunctions(
    world,
    createHandlers(runtime, deployment.families, request.actions, simulatedScratch(world), world.real),
  );
  const engine = createEngine({
    machines: deployment.machines,
    clock: runtime.clock,
    invokeFunction: (arn, payload) => watched(request, functions, deployment.functionName(arn), payload),
  });
  engineOf(world).engine = engine;
  registerPods(world);
  schedulerOf(world).call = (arn, input) =>
    void functions.deliver(deployment.functionName(arn), JSON.parse(input) as Json);
  const bus = createEventBus(world, functions);
  createPeople(world, { decide: decidePage(functions) });
  world.onCall(call => request.onCall?.(call, runningFunction()));
  const leadsUp = plan.scenarios[request.scenario]?.failbackOf !== undefined;
  const invariants = watchInvariants(world, leadsUp ? 'recover' : request.mode);
  const before = { invocations: 0, stateTransitions: 0, historyEvents: 0, entries: 0 };
  const onBegin = () => {
    begun = true;
    if (!leadsUp) return;
    Object.assign(before, engine.counts(), {
      invocations: functions.invocations.length,
      entries: seen.length,
    });
    world.calls.clear();
    invariants.begin(request.mode);
  };
  // Whoever rehearses looks into the records without calling DynamoDB: no fault hits them, and nothing is counted. What
  // is written there, such as that a person resolved the incident, is shown as everything else.
  const aside = { ...runtime, store: watchLedger(kept, see) };
  const story = tellStory(request, { world, runtime: aside, engine, bus, faults, onBegin });
  const notStarted = await request.time.drive(story, world.inFlight);
  const run = await findRun(kept, engine, deployment, request.scenario);
  const ledger = run ? await readLedger(kept, run.incidentId) : seen.slice(before.entries);
  const unsent = run ? dueMessages(await loadSituation(aside, run)).due.map(message => message.key) : [];
  const counts = engine.counts();
  return {
    run,
    notStarted: notStarted ?? (run ? undefined : whyNotOpened(engine, deployment, request.scenario)),
    ledger,
    invocations: functions.invocations.slice(before.invocations),
    changes: world.changes,
    awsCalls: Object.fromEntries(world.calls),
    stillBroken: stillBroken(world),
    stateTransitions: counts.stateTransitions - before.stateTransitions,
    historyEvents: counts.historyEvents - before.historyEvents,
    invariants: invariants.finish({
      ledger,
      engine,
      run,
      chain: await verifyAll(kept, [...ledgers]),
      unsent,
      entries: seen,
    }),
  };
}

async function watched(
  { onTask }: PlayRequest,
  { invoke }: Functions,
  name: string,
  payload: Json,
): Promise<Json> {
  try {
    const reply = await invoke(name, payload);
    onTask?.({ function: name, payload, result: { reply } });
    return reply;
  } catch (thrown) {
    const { name: error, message: cause } = thrown as Error;
    onTask?.({ function: name, payload, result: { error, cause } });
    throw thrown;
  }
}

/** What became of an execution that was started and never opened a run. */
function whyNotOpened(
  engine: Engine,
  { settings }: SimulatedDeployment,
  scenario: string,
): NotStarted | undefined {
  const [started] = engine.listExecutions({ stateMachineArn: settings.runbookArns[scenario] });
  if (!started) {
    const other = Object.keys(settings.runbookArns).find(
      id => engine.listExecutions({ stateMachineArn: settings.runbookArns[id] }).length > 0,
    );
    if (other === undefined) return undefined;
    return {
      what: `The signals were taken for "${other}", whose run was started instead`,
      mend: `Rehearse "${other}" with the same faults to see whether it covers this, and look at how the triggers tell the two apart.`,
    };
  }
  const why = [started.error, started.cause].filter(Boolean).join(': ') || 'no further information';
  return {
    what: `The execution ${started.name} ended as ${started.status} before it had opened a run: ${why}`,
    mend: 'Start the scenario again: nothing was changed. The log of the run function says what failed.',
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

/** The first ledger whose chain does not hold, or that all of them do. */
async function verifyAll(store: RecordStore, partitions: readonly string[]): Promise<Verification> {
  for (const partition of partitions) {
    const records = await store.query({ partition, sortPrefix: prefixes.ledger });
    const verdict = verifyLedger(records.map(entryOf));
    if (!verdict.ok) return verdict;
  }
  return { ok: true };
}

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadActions } from '../../shared/actions/load-actions.ts';
import { connectBackups } from '../../shared/backups/port.ts';
import type { LedgerEntry } from '../../shared/incident/entries.ts';
import { createMemoryRecordStore } from '../../shared/incident/memory-record-store.ts';
import type { Json } from '../../shared/json.ts';
import type { Plan } from '../../shared/plan/schema.ts';
import { stepsOf } from '../../shared/runbook/phases.ts';
import type { Runtime } from '../../shared/runtime.ts';
import { deploy, type SimulatedDeployment } from '../deployment.ts';
import { createEngine, type Engine } from '../engine/engine.ts';
import type { Transition } from '../engine/run-execution.ts';
import { createFaults, type FaultSet } from '../faults/faults.ts';
import { createHandlers } from '../handlers.ts';
import { schedulerOf } from '../services/scheduler.ts';
import { putSecret } from '../services/secretsmanager.ts';
import { engineOf } from '../services/states.ts';
import { loadServices } from '../services.ts';
import { createRuntime } from '../simulated-runtime.ts';
import { arrangeFiles } from '../world/bucket-files.ts';
import { startVirtualTime } from '../world/clock.ts';
import { createWorld } from '../world/create-world.ts';
import { dataFilesOf, startDatabases } from '../world/databases.ts';
import { createFunctions, type Functions } from '../world/functions.ts';
import { simulatedTable, watchLedger } from '../world/simulated-table.ts';
import type { World } from '../world/world.ts';
import { type ArrangeOptions, arrangeBackups } from './arrange.ts';
import { asOfTheCut } from './as-of-the-cut.ts';
import { simulatedScratch } from './scratch.ts';

export type StageRequest = {
  plan: Plan;
  planDirectory: string;
  seed: number;
  faults?: readonly string[];
  /** When the virtual time begins; the beginning of the plan's rehearsal if it is not said. */
  startAt?: string;
  fleetSize?: number;
  /** Called before anything happens, so that a test can damage what it wants to. */
  prepare?(world: World): void;
  onEntry?(entry: LedgerEntry): void;
  onTransition?(transition: Transition): void;
};

/** Everything of a deployment in a world in which nothing is wrong, for what is done while nothing is wrong. */
export type Stage = {
  world: World;
  runtime: Runtime;
  engine: Engine;
  functions: Functions;
  deployment: SimulatedDeployment;
  faults: FaultSet;
  arranged: ArrangeOptions;
};

/** Sets the stage, plays on it in virtual time, and clears it. Throws with the problems when the faults are unknown. */
export async function onStage<T>(request: StageRequest, play: (stage: Stage) => Promise<T>): Promise<T> {
  const { plan, planDirectory, seed } = request;
  const faults = createFaults(request.faults ?? []);
  if (!faults.ok) throw new Error(faults.problems.join('\n'));
  const databases = startDatabases(plan, planDirectory);
  const kinds = Object.values(plan.scenarios).flatMap(({ phases }) =>
    phases.flatMap(({ steps }) => stepsOf(steps).map(step => step.do)),
  );
  const [actions, services] = await Promise.all([loadActions(kinds), loadServices()]);
  const deployment = deploy(plan, actions);
  const [file] = dataFilesOf(plan);
  const sql = file === undefined ? '' : readFileSync(join(planDirectory, file), 'utf8');
  const dataAtMs = Date.parse(plan.rehearsal.outageStart);
  const time = startVirtualTime(Date.parse(request.startAt ?? plan.rehearsal.outageStart));
  try {
    const world = createWorld({
      plan,
      seed,
      faults: faults.faults,
      services,
      outageStartedAt: plan.rehearsal.outageStart,
    });
    const { settings } = deployment;
    putSecret(world, plan.regions.recovery, settings.linkSecretName, `key-of-rehearsal-${seed}`);
    const store = watchLedger(simulatedTable(world, createMemoryRecordStore()), entry =>
      request.onEntry?.(entry),
    );
    const simulated = createRuntime(world, settings, store, databases(world), connectBackups);
    const runtime = {
      ...simulated,
      network: { ...simulated.network, sql: asOfTheCut(world, simulated.network.sql, dataAtMs) },
    };
    const functions = createFunctions(
      world,
      createHandlers(runtime, deployment.families, actions, simulatedScratch(world), world.real),
    );
    const engine = createEngine({
      machines: deployment.machines,
      clock: runtime.clock,
      invokeFunction: (arn, payload) => functions.invoke(deployment.functionName(arn), payload),
      onTransition: request.onTransition,
    });
    engineOf(world).engine = engine;
    schedulerOf(world).call = (arn, input) =>
      void functions.deliver(deployment.functionName(arn), JSON.parse(input) as Json);
    arrangeFiles(world, planDirectory);
    const arranged = { sql, dataAtMs, fleetSize: request.fleetSize };
    arrangeBackups(world, arranged);
    request.prepare?.(world);
    return await time.drive(
      play({ world, runtime, engine, functions, deployment, faults: faults.faults, arranged }),
      world.inFlight,
    );
  } finally {
    time.stop();
  }
}

import { openIncidentOf, resolveIncident } from '../shared/incident/incident.ts';
import { setAutomation } from '../shared/incident/switch.ts';
import type { Plan } from '../shared/plan/schema.ts';
import type { Mode } from '../shared/runbook/contract.ts';
import type { Runtime } from '../shared/runtime.ts';
import type { SimulatedDeployment } from './deployment.ts';
import { strike } from './disaster.ts';
import type { Engine } from './engine/engine.ts';
import type { createEventBus } from './event-bus.ts';
import type { FaultGate } from './faults/fault-gate.ts';
import type { FaultSet } from './faults/faults.ts';
import { lastScheduleMs } from './services/scheduler.ts';
import { sleep } from './world/sleep.ts';
import type { SimulatedService, World } from './world/world.ts';

export type StoryRequest = {
  plan: Plan;
  scenario: string;
  mode: Mode;
  seed: number;
  faults: FaultSet;
  deployment: SimulatedDeployment;
  services: readonly SimulatedService[];
};

/** Why there is no run, and what to do about it. */
export type NotStarted = { what: string; mend: string };

/** Virtual time after which a rehearsal that has not ended is given up: the longest that anybody would wait. */
const longestSeconds = 48 * 3600;
/** Without a run by then nobody's signals were enough, and none will come. */
const longestTriageSeconds = 6 * 3600;
/** How often it is looked whether everything has ended. */
const lookEveryMs = 30_000;
/** How long the messages of an incident go on whose run did not recover, until somebody has mended it by hand. */
const byHandSeconds = 3600;
/** Time for the last call of a schedule, and for people to answer it. */
const scheduleGraceMs = 3_600_000;
/** Timers count in 32 bits. */
const longestSleepMs = 20 * 86_400_000;
/** Time for the last messages after a run has ended. */
const afterglowSeconds = 60;

type Stage = {
  world: World;
  runtime: Runtime;
  engine: Engine;
  bus: ReturnType<typeof createEventBus>;
  faults: FaultGate;
  /** Called when what is rehearsed begins: what led up to it is neither measured nor shown. */
  onBegin(): void;
};

/** Between the end of a failover and the way back: the region answers again, and is watched for a while. */
const beforeFailbackSeconds = 6 * 3600;

/** What happens: calm, then the disaster or a person's start, then the run until everything has ended. */
export async function tellStory(request: StoryRequest, stage: Stage): Promise<NotStarted | undefined> {
  const { plan, scenario: id, mode, faults } = request;
  const { world, runtime, bus } = stage;
  await setAutomation(runtime.store, runtime.clock, plan.system.id, {
    state: 'on',
    by: 'rehearsal',
    reason: 'The automatic start is part of what is rehearsed',
  });
  await sleep(world.outageStartedAtMs - world.nowMs());
  const failover = plan.scenarios[id]?.failbackOf;
  if (failover !== undefined) {
    const problem = await leadUp(request, stage, failover);
    if (problem) return problem;
  }
  for (const region of faults.lostRegions) world.loseRegion(region);
  stage.onBegin();
  if (mode === 'recover') strike(world, request.services, id);
  if (world.isLost(plan.regions.recovery)) {
    faults.hit(`region:${plan.regions.recovery}`);
    return withoutRecoveryRegion(plan.regions.recovery);
  }
  await playRun(request, stage, id, mode);
  await bus.deliverAgain();
  if (lastScheduleMs(world) !== undefined) await playFollowUps(world);
  await sleep(afterglowSeconds * 1000);
  return undefined;
}

/** A failback is rehearsed on what its failover has really left behind: that one runs first, and goes well. */
async function leadUp(
  request: StoryRequest,
  stage: Stage,
  failover: string,
): Promise<NotStarted | undefined> {
  const { world, runtime, engine, faults } = stage;
  faults.close();
  strike(world, request.services, failover);
  await playRun(request, stage, failover, 'recover');
  const stateMachineArn = request.deployment.settings.runbookArns[failover];
  const [last] = engine.listExecutions({ stateMachineArn });
  faults.open();
  if (last?.status !== 'SUCCEEDED') {
    return {
      what: `The failover "${failover}" did not recover, so there is nothing to go back from.`,
      mend: `Rehearse "${failover}" by itself first, and mend what its report names.`,
    };
  }
  const { primary, recovery } = world.plan.regions;
  for (const region of [primary, recovery]) world.returnRegion(region);
  // Late signals of the same outage open an incident that starts nothing; whoever is paged by it says so.
  await resolveByHand(runtime);
  await sleep(beforeFailbackSeconds * 1000);
  return undefined;
}

/** From the signals, or a person's start, until every execution has ended. */
async function playRun(
  { plan, seed, deployment }: StoryRequest,
  { world, runtime, engine, bus }: Stage,
  id: string,
  mode: Mode,
): Promise<void> {
  const runbook = deployment.settings.runbookArns[id] ?? '';
  if (mode === 'recover' && plan.scenarios[id]?.disaster) bus.watch();
  if (mode !== 'recover' || !startsByItself(plan, id)) {
    engine.startExecution({
      stateMachineArn: runbook,
      name: `rehearsal-${seed}`,
      input: { mode, by: 'a person' },
    });
  }
  let untakenSinceMs: number | undefined;
  const givenUpAtMs = world.nowMs() + longestSeconds * 1000;
  const tooLateMs = world.nowMs() + longestTriageSeconds * 1000;
  // Only when to stop is decided here; how long a run took is read from its own records.
  while (world.nowMs() < givenUpAtMs) {
    await sleep(lookEveryMs);
    const started = engine.listExecutions({ stateMachineArn: runbook }).length > 0;
    const running = engine.listExecutions({ status: 'RUNNING' });
    if (started && running.length === 0) break;
    // Only the messages go on, also those of another scenario that the signals opened: the run did not recover, and
    // somebody has to say that it is dealt with.
    const untaken =
      running.length > 0 && running.every(({ stateMachineArn }) => stateMachineArn.endsWith('-communicate'));
    untakenSinceMs = untaken ? (untakenSinceMs ?? world.nowMs()) : undefined;
    if (untakenSinceMs !== undefined && world.nowMs() - untakenSinceMs > byHandSeconds * 1000) {
      await resolveByHand(runtime);
    }
    if (!started && world.nowMs() > tooLateMs) break;
  }
  bus.stop();
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

/** Somebody mends by hand what the run did not, and says so. */
async function resolveByHand({ store, clock, plan }: Runtime): Promise<void> {
  const incident = await openIncidentOf(store, plan.system.id);
  if (incident) await resolveIncident(store, clock, incident.id, 'a person');
}

/** Follow-ups go on for hours and weeks; with the last schedule everything that was promised has come up. */
async function playFollowUps(world: World): Promise<void> {
  for (let last = lastScheduleMs(world); last !== undefined; last = lastScheduleMs(world)) {
    await sleep(Math.min(Math.max(last - world.nowMs(), 0) + scheduleGraceMs, longestSleepMs));
  }
  await sleep(scheduleGraceMs);
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

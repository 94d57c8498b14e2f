import * as z from 'zod';
import { buildExecutionArn, buildExecutionName, runIdOf } from '../../shared/aws/names.ts';
import { lambdaFunctionName, runbookMachineName, tableName } from '../../shared/deployment.ts';
import { isExercise } from '../../shared/incident/incident.ts';
import { buildIncidentId } from '../../shared/incident/incident-record.ts';
import { appendEntry } from '../../shared/incident/ledger.ts';
import { acquireLock, releaseLock } from '../../shared/incident/lock.ts';
import { createMemoryRecordStore } from '../../shared/incident/memory-record-store.ts';
import type { StoredRecord } from '../../shared/incident/record-store.ts';
import type { ComponentOf } from '../../shared/plan/components.ts';
import { parseDuration } from '../../shared/plan/duration.ts';
import { modeSchema, type Outcome, type Run } from '../../shared/runbook/contract.ts';
import { writeFailover } from '../../shared/runbook/failover-record.ts';
import { createRun, updateRun } from '../../shared/runbook/run-record.ts';
import { componentsOf } from './addresses.ts';
import { playAssumedRepairs } from './assumed-repairs.ts';
import type { World } from './world.ts';

/**
 * Other systems that Lifeboat is deployed for. Their plans are not known here, so what their steps do is not played: a
 * run takes its lock, is recorded, ends after a while, and says how. Records are written by Lifeboat's own code.
 */

export type OtherSystem = ComponentOf<'lifeboat-system'> & { id: string };
type State = { store: ReturnType<typeof createMemoryRecordStore>; executions: OtherExecution[] };
export type OtherExecution = {
  arn: string;
  name: string;
  machine: string;
  startedAtMs: number;
  status: 'RUNNING' | 'SUCCEEDED' | 'FAILED';
};

const runDuration = { minSeconds: 300, likelySeconds: 900, maxSeconds: 3600 };

/** How runs of other systems end, by system; recovered without an entry. A test puts it here. */
export const otherOutcomes = (world: World) =>
  world.state('other-outcomes', () => new Map<string, Exclude<Outcome, 'recovered'>>());
/** Scenarios that a deployment lacks, as `<system>-<scenario>`. A test puts them here. */
export const missingScenarios = (world: World) => world.state('other-missing', () => new Set<string>());

export function otherStateOf(world: World, { system }: { system: string }): State {
  const all = world.state('other-systems', () => new Map<string, State>());
  const known = all.get(system) ?? { store: createMemoryRecordStore(), executions: [] };
  all.set(system, known);
  return known;
}

const otherSystems = (world: World, region: string) =>
  componentsOf(world.plan, 'lifeboat-system').filter(one => one.region === region);

/** The system whose triage a function is. */
export function systemOfTriage(world: World, region: string, name: unknown): OtherSystem | undefined {
  return otherSystems(world, region).find(({ system }) => lambdaFunctionName(system, 'triage') === name);
}

export function systemOfTable(world: World, region: string, name: unknown): OtherSystem | undefined {
  return otherSystems(world, region).find(({ system }) => tableName(system) === name);
}

/** The name of a scenario's machine, if the deployment of another system has it. */
export function otherMachine(world: World, region: string, arn: string): string | undefined {
  const name = arn.split(':')[6] ?? '';
  const known = otherSystems(world, region).some(({ system }) => name.startsWith(`${system}-`));
  return known && !missingScenarios(world).has(name) ? name : undefined;
}

export function otherExecution(world: World, region: string, arn: unknown): OtherExecution | undefined {
  return otherSystems(world, region)
    .flatMap(one => otherStateOf(world, one).executions)
    .find(one => one.arn === arn);
}

const startSchema = z.object({
  id: z.string(),
  time: z.string(),
  detail: z.object({
    system: z.string(),
    scenario: z.string(),
    mode: modeSchema,
    by: z.string(),
    reason: z.string(),
  }),
});

/** What the triage of another system answers to a request to start it; see `shared/triage/decide-start.ts`. */
export async function askOtherTriage(world: World, other: OtherSystem, event: unknown): Promise<unknown> {
  const { id, time, detail } = startSchema.parse(event);
  const { store, executions } = otherStateOf(world, other);
  const clock = { now: () => world.now() };
  const incidentId = buildIncidentId(other.system, time);
  const stateMachine = runbookMachineName(other.system, detail.scenario);
  const machine = `arn:aws:states:${other.region}:123456789012:stateMachine:${stateMachine}`;
  const name = buildExecutionName(incidentId, id);
  const executionArn = buildExecutionArn(machine, name);
  const reasons = [`${detail.by} starts ${detail.scenario} as ${detail.mode}: ${detail.reason}`];
  if (executions.some(({ arn }) => arn === executionArn)) {
    return { decision: 'open', reasons, incidentId, executionArn };
  }
  const startedAt = world.now().toISOString();
  const runId = runIdOf(executionArn, startedAt);
  const expiresAt = new Date(world.nowMs() + 86_400_000).toISOString();
  const lock = await acquireLock(store, clock, other.system, { incidentId, runId, expiresAt });
  if (!lock.acquired) {
    const busy = `the run ${lock.holder.runId} is under way`;
    const decision = isExercise(detail) ? 'refuse' : 'attach';
    return { decision, reasons: [...reasons, busy], incidentId: lock.holder.incidentId };
  }
  const run: Run = {
    id: runId,
    incidentId,
    system: other.system,
    scenario: detail.scenario,
    mode: detail.mode,
    startedAt,
    outageStartedAt: time,
    parameters: {},
  };
  await createRun(store, run, executionArn);
  const execution: OtherExecution = {
    arn: executionArn,
    name,
    machine,
    startedAtMs: world.nowMs(),
    status: 'RUNNING',
  };
  executions.push(execution);
  play(world, other, run, execution);
  return { decision: 'open', reasons, incidentId, executionArn };
}

function play(world: World, other: OtherSystem, run: Run, execution: OtherExecution): void {
  const resource = `lifeboat/${other.system}`;
  world.changed(resource, `The run ${run.id} of ${other.system} has started as ${run.mode}`, 'lifeboat');
  const likely = other.takes === undefined ? undefined : parseDuration(other.takes);
  const typical =
    likely === undefined
      ? runDuration
      : { minSeconds: likely * 0.6, likelySeconds: likely, maxSeconds: likely * 1.8 };
  world.after(
    world.duration(typical, resource),
    resource,
    `The run ${run.id} of ${other.system} has ended`,
    () => {
      const outcome = otherOutcomes(world).get(other.system) ?? 'recovered';
      void close(world, other, run, outcome);
      execution.status = outcome === 'recovered' ? 'SUCCEEDED' : 'FAILED';
      if (outcome === 'recovered' && !isExercise(run)) playAssumedRepairs(world, other, {});
    },
  );
}

async function close(world: World, other: OtherSystem, run: Run, outcome: Outcome): Promise<void> {
  const { store } = otherStateOf(world, other);
  const clock = { now: () => world.now() };
  const why = { what: `Step promote failed in ${other.system}`, mend: 'Mend it there.' };
  const reasons = outcome === 'recovered' ? [] : [why];
  await appendEntry(store, clock, run.incidentId, { type: 'run-ended', run: run.id, outcome, reasons });
  await updateRun(store, run.id, record => ({ ...record, outcome, endedAt: clock.now().toISOString() }));
  if (outcome === 'recovered' && !isExercise(run))
    await writeFailover(store, run.system, run.scenario, run.id);
  await releaseLock(store, run.system, run.id);
}

/** GetItem and Query on the table of another system, as the record store asks and is answered. */
export async function readOtherTable(
  world: World,
  other: OtherSystem,
  operation: 'GetItem' | 'Query',
  input: Record<string, unknown>,
): Promise<unknown> {
  const { store } = otherStateOf(world, other);
  if (operation === 'GetItem') {
    const { partition = '', sort = '' } = plain(input.Key);
    const found = await store.get({ partition, sort });
    return found ? { Item: itemOf(found) } : {};
  }
  const { ':partition': partition = '', ':prefix': sortPrefix } = plain(input.ExpressionAttributeValues);
  const found = await store.query({ partition, ...(sortPrefix !== undefined && { sortPrefix }) });
  return { Items: found.map(itemOf) };
}

/** Attribute values as DynamoDB writes them, `{S: text}`, as the texts that they are. */
const plain = (values: unknown): Record<string, string> =>
  z
    .record(
      z.string(),
      z.object({ S: z.string() }).transform(({ S }) => S),
    )
    .parse(values);

const itemOf = ({ partition, sort, version, data }: StoredRecord) => ({
  partition: { S: partition },
  sort: { S: sort },
  version: { N: String(version) },
  data: { S: JSON.stringify(data) },
  writeId: { S: 'other' },
});

import { afterEach, describe, expect, test } from 'vitest';
import { appendEntry } from '../../../shared/incident/ledger.ts';
import { createMemoryRecordStore } from '../../../shared/incident/memory-record-store.ts';
import type { RecordStore } from '../../../shared/incident/record-store.ts';
import { createFaults } from '../../../simulator/faults/faults.ts';
import { service as dynamodb } from '../../../simulator/services/dynamodb.ts';
import { startVirtualTime, type VirtualTime } from '../../../simulator/world/clock.ts';
import { createWorld } from '../../../simulator/world/create-world.ts';
import { simulatedTable, watchLedger } from '../../../simulator/world/simulated-table.ts';
import { plan } from '../support/liquid-abt.ts';

const key = { partition: 'P#1', sort: 'A' };
const { outageStart } = plan.rehearsal;
let time: VirtualTime | undefined;
afterEach(() => time?.stop());

function tableWith(...names: string[]) {
  time = startVirtualTime(Date.parse(outageStart));
  const { stop: _, drive } = time;
  const parsed = createFaults(names);
  if (!parsed.ok) throw new Error(parsed.problems.join());
  const world = createWorld({
    plan,
    seed: 1,
    faults: parsed.faults,
    services: [dynamodb],
    outageStartedAt: outageStart,
  });
  const kept = createMemoryRecordStore();
  const table = simulatedTable(world, kept);
  const run = <T>(work: (table: RecordStore) => Promise<T>) => drive(work(table), world.inFlight);
  return { world, kept, table, run };
}

describe('the table of a rehearsal', () => {
  test('waits and tries again as the SDK does, and counts every attempt', async () => {
    const { world, run } = tableWith('error5xx:dynamodb.PutItem');
    await run(table => table.put(key, { a: 1 }, { ifAbsent: true }));
    expect(world.calls.get('dynamodb.PutItem')).toBe(3);
    expect(world.nowMs() - Date.parse(outageStart)).toBe(200 + 400);
  });

  test('knows its own write again when the reply was lost', async () => {
    const { world, run } = tableWith('lost-reply:dynamodb.PutItem');
    const written = await run(table => table.put(key, { a: 1 }, { ifAbsent: true }));
    expect(written).toMatchObject({ version: 1, data: { a: 1 } });
    expect(world.nowMs() - Date.parse(outageStart)).toBe(15_000 + 200);
  });

  test("reports somebody else's write as a conflict, at once", async () => {
    const { world, kept, run } = tableWith();
    await kept.put(key, { a: 0 }, { ifAbsent: true });
    await expect(run(table => table.put(key, { a: 1 }, { ifAbsent: true }))).rejects.toMatchObject({
      name: 'ConflictError',
    });
    expect(world.calls.get('dynamodb.PutItem')).toBe(1);
  });

  test('gives up after four attempts, with an error that the state machines retry', async () => {
    const { world, run } = tableWith();
    world.loseRegion(plan.regions.recovery);
    await expect(run(table => table.get(key))).rejects.toMatchObject({
      name: 'ServiceUnavailableError',
      message: expect.stringContaining('dynamodb.GetItem in ap-southeast-4 did not answer'),
    });
    expect(world.calls.get('dynamodb.GetItem')).toBe(4);
  });

  test('shows each ledger entry once, however often its writing was tried', async () => {
    const { world, table, run } = tableWith('lost-reply:dynamodb.PutItem', 'throttle:dynamodb');
    const seen: string[] = [];
    const watched = watchLedger(table, ({ entry }) => void seen.push(entry.type));
    const clock = { now: () => world.now() };
    await run(() => appendEntry(watched, clock, 'INC-1', { type: 'note', by: 'a', what: 'b' }));
    expect(seen).toEqual(['note']);
  });
});

import { expect, it } from 'vitest';
import { createMemoryRecordStore } from '../../shared/incident/memory-record-store.ts';
import { wrapRecordStore } from '../../shared/incident/wrap-record-store.ts';
import { describeRecordStore } from './record-store.contract.ts';

describeRecordStore('in memory', async () => createMemoryRecordStore());
describeRecordStore('wrapped', async () => wrapRecordStore(createMemoryRecordStore(), (_, run) => run()));

it('shows every call of a wrapped store under DynamoDB’s name for it', async () => {
  const seen: string[] = [];
  const store = wrapRecordStore(createMemoryRecordStore(), (operation, run) => {
    seen.push(operation);
    return run();
  });
  const key = { partition: 'A', sort: 'B' };
  await store.put(key, {}, { ifAbsent: true });
  await store.get(key);
  await store.query({ partition: 'A' });
  await store.delete(key, { ifVersion: 1 });
  expect(seen).toEqual(['PutItem', 'GetItem', 'Query', 'DeleteItem']);
});

it('lets a wrapper fail a call before it reaches the store, and after', async () => {
  let fail: 'before' | 'after' | undefined;
  const inner = createMemoryRecordStore();
  const store = wrapRecordStore(inner, async (_, run) => {
    if (fail === 'before') throw new Error('before');
    const result = await run();
    if (fail === 'after') throw new Error('after');
    return result;
  });
  const key = { partition: 'A', sort: 'B' };
  fail = 'before';
  await expect(store.put(key, {}, { ifAbsent: true })).rejects.toThrow('before');
  expect(await inner.get(key)).toBeUndefined();
  fail = 'after';
  await expect(store.put(key, {}, { ifAbsent: true })).rejects.toThrow('after');
  expect(await inner.get(key)).toBeDefined();
});

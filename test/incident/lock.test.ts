import { describe, expect, it } from 'vitest';
import { acquireLock, extendLock, isLive, readLock, releaseLock } from '../../shared/incident/lock.ts';
import { createMemoryRecordStore } from '../../shared/incident/memory-record-store.ts';

const at = (time: string) => ({ now: () => new Date(`2026-03-10T${time}Z`) });
const wanted = (runId: string, until = '20:00:00') => ({
  incidentId: `incident-of-${runId}`,
  runId,
  expiresAt: `2026-03-10T${until}.000Z`,
});

describe('the lock of a system', () => {
  it('is free at first, and held by the run that took it', async () => {
    const store = createMemoryRecordStore();
    expect(await readLock(store, 'shop')).toBeUndefined();
    const reply = await acquireLock(store, at('17:00:00'), 'shop', wanted('a'));
    expect(reply).toEqual({
      acquired: true,
      holder: { ...wanted('a'), acquiredAt: '2026-03-10T17:00:00.000Z' },
    });
    expect(await readLock(store, 'shop')).toEqual(reply.holder);
  });

  it('is not given to a second run, which learns who has it', async () => {
    const store = createMemoryRecordStore();
    await acquireLock(store, at('17:00:00'), 'shop', wanted('a'));
    const second = await acquireLock(store, at('17:00:01'), 'shop', wanted('b'));
    expect(second).toMatchObject({ acquired: false, holder: { runId: 'a' } });
    expect((await acquireLock(store, at('17:00:01'), 'other', wanted('b'))).acquired).toBe(true);
  });

  it('may be asked for again by its holder', async () => {
    const store = createMemoryRecordStore();
    const first = await acquireLock(store, at('17:00:00'), 'shop', wanted('a'));
    expect(await acquireLock(store, at('21:00:00'), 'shop', wanted('a'))).toEqual(first);
  });

  it('goes to exactly one of many that ask at once', async () => {
    const store = createMemoryRecordStore();
    const replies = await Promise.all(
      ['a', 'b', 'c', 'd', 'e'].map(runId => acquireLock(store, at('17:00:00'), 'shop', wanted(runId))),
    );
    expect(replies.filter(reply => reply.acquired)).toHaveLength(1);
    expect(new Set(replies.map(reply => reply.holder.runId)).size).toBe(1);
  });

  it('is taken over when its time is over, and not a moment before; that is on record', async () => {
    const store = createMemoryRecordStore();
    await acquireLock(store, at('17:00:00'), 'shop', wanted('a', '18:00:00'));
    expect((await acquireLock(store, at('18:00:00'), 'shop', wanted('b'))).acquired).toBe(false);
    const taken = await acquireLock(store, at('18:00:01'), 'shop', wanted('b'));
    expect(taken).toMatchObject({ acquired: true, holder: { runId: 'b', tookOverFrom: { runId: 'a' } } });
    expect(isLive(taken.holder, '2026-03-10T18:00:01.000Z')).toBe(true);
  });

  it('is released by its holder only, and a repeat does nothing', async () => {
    const store = createMemoryRecordStore();
    await acquireLock(store, at('17:00:00'), 'shop', wanted('a'));
    expect(await releaseLock(store, 'shop', 'b')).toBe(false);
    expect(await readLock(store, 'shop')).toMatchObject({ runId: 'a' });
    expect(await releaseLock(store, 'shop', 'a')).toBe(true);
    expect(await releaseLock(store, 'shop', 'a')).toBe(false);
    expect(await readLock(store, 'shop')).toBeUndefined();
  });

  it('is extended by its holder only', async () => {
    const store = createMemoryRecordStore();
    await acquireLock(store, at('17:00:00'), 'shop', wanted('a'));
    const later = '2026-03-10T23:00:00.000Z';
    expect(await extendLock(store, 'shop', 'b', later)).toBe(false);
    expect(await extendLock(store, 'shop', 'a', later)).toBe(true);
    expect((await readLock(store, 'shop'))?.expiresAt).toBe(later);
    expect(await extendLock(store, 'nobody', 'a', later)).toBe(false);
  });
});

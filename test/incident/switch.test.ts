import { describe, expect, it } from 'vitest';
import { switchKey } from '../../shared/incident/keys.ts';
import { createMemoryRecordStore } from '../../shared/incident/memory-record-store.ts';
import { neverSet, readAutomation, setAutomation } from '../../shared/incident/switch.ts';

const clock = { now: () => new Date('2026-03-10T09:00:00Z') };

describe('the automation switch', () => {
  it('is off until somebody has switched it on', async () => {
    const store = createMemoryRecordStore();
    expect(await readAutomation(store, 'shop')).toEqual(neverSet);
    expect(neverSet.state).toBe('off');
  });

  it('keeps who set it last, when and why', async () => {
    const store = createMemoryRecordStore();
    await setAutomation(store, clock, 'shop', { state: 'on', by: 'lead', reason: 'first drill passed' });
    await setAutomation(store, clock, 'shop', { state: 'off', by: 'cto', reason: 'migration' });
    expect(await readAutomation(store, 'shop')).toEqual({
      state: 'off',
      by: 'cto',
      at: '2026-03-10T09:00:00.000Z',
      reason: 'migration',
    });
  });

  it('is not taken for on or off when it can not be read', async () => {
    const store = createMemoryRecordStore();
    await store.put(switchKey('shop'), { state: 'maybe' }, { ifAbsent: true });
    await expect(readAutomation(store, 'shop')).rejects.toThrow();
  });
});

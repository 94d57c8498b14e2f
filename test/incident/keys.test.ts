import { describe, expect, it } from 'vitest';
import * as keys from '../../shared/incident/keys.ts';

describe('record keys', () => {
  it('come apart into what they were built from', () => {
    const ledger = keys.ledgerKey('shop-20260310t164704z', 42);
    expect(ledger).toEqual({ partition: 'INCIDENT#shop-20260310t164704z', sort: 'LEDGER#000042' });
    expect(keys.parsePartition(ledger.partition)).toEqual({ kind: 'incident', id: 'shop-20260310t164704z' });
    expect(keys.parseLedgerSort(ledger.sort)).toBe(42);
    expect(keys.parseSort(keys.signalKey('shop', 'heartbeat').sort, 'signal')).toBe('heartbeat');
    expect(keys.parseSort(keys.stepKey('r', 'restore').sort, 'step')).toBe('restore');
    expect(keys.parsePartition(keys.runKey('r').partition)).toEqual({ kind: 'run', id: 'r' });
    expect(keys.parsePartition(keys.lockKey('shop').partition)).toEqual({ kind: 'system', id: 'shop' });
  });

  it('are undefined for what is none of ours', () => {
    expect(keys.parsePartition('TENANT#1')).toBeUndefined();
    expect(keys.parsePartition('RUN#')).toBeUndefined();
    expect(keys.parseLedgerSort('LEDGER#42')).toBeUndefined();
    expect(keys.parseSort('SIGNAL#', 'signal')).toBeUndefined();
  });

  it('sort as their numbers do', () => {
    const sorts = [9, 10, 100, 99_999].map(seq => keys.ledgerKey('i', seq).sort);
    expect(sorts.toSorted()).toEqual(sorts);
  });
});

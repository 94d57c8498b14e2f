import { describe, expect, it } from 'vitest';
import { ConflictError, InvalidInputError } from '../../shared/errors.ts';
import type { RecordStore } from '../../shared/incident/record-store.ts';

/** What every record store does. `make` gives an empty one. */
export function describeRecordStore(name: string, make: () => Promise<RecordStore>): void {
  const key = { partition: 'SYSTEM#shop', sort: 'LOCK' };

  describe(`record store: ${name}`, () => {
    it('has nothing at first', async () => {
      const store = await make();
      expect(await store.get(key)).toBeUndefined();
      expect(await store.query({ partition: key.partition })).toEqual([]);
    });

    it('gives back what was put, at version 1', async () => {
      const store = await make();
      const data = {
        text: 'Grüße',
        empty: '',
        n: 0.1,
        big: 2 ** 60,
        small: 1e-200,
        none: null,
        list: [1, [true], {}],
        o: { a: 1 },
      };
      const put = await store.put(key, data, { ifAbsent: true });
      expect(put).toEqual({ ...key, version: 1, data });
      expect(await store.get(key)).toEqual(put);
    });

    it('counts versions up by one with each write', async () => {
      const store = await make();
      await store.put(key, { n: 1 }, { ifAbsent: true });
      const second = await store.put(key, { n: 2 }, { ifVersion: 1 });
      expect(second.version).toBe(2);
      expect(await store.get(key)).toEqual({ ...key, version: 2, data: { n: 2 } });
    });

    it('does not keep a reference to what was put or got', async () => {
      const store = await make();
      const data = { list: [1] };
      await store.put(key, data, { ifAbsent: true });
      data.list.push(2);
      const got = await store.get(key);
      expect(got?.data).toEqual({ list: [1] });
      // A store may hand out frozen data; what counts is that the record does not change.
      if (got) Reflect.set(got.data, 'list', 'changed');
      expect((await store.get(key))?.data).toEqual({ list: [1] });
    });

    it('refuses to create what exists, and leaves it', async () => {
      const store = await make();
      await store.put(key, { n: 1 }, { ifAbsent: true });
      await expect(store.put(key, { n: 2 }, { ifAbsent: true })).rejects.toBeInstanceOf(ConflictError);
      expect((await store.get(key))?.data).toEqual({ n: 1 });
    });

    it('refuses to write over another version, and over nothing', async () => {
      const store = await make();
      await expect(store.put(key, {}, { ifVersion: 1 })).rejects.toBeInstanceOf(ConflictError);
      await store.put(key, { n: 1 }, { ifAbsent: true });
      await store.put(key, { n: 2 }, { ifVersion: 1 });
      await expect(store.put(key, { n: 3 }, { ifVersion: 1 })).rejects.toBeInstanceOf(ConflictError);
      await expect(store.put(key, { n: 3 }, { ifVersion: 3 })).rejects.toBeInstanceOf(ConflictError);
      expect((await store.get(key))?.data).toEqual({ n: 2 });
    });

    it('lets exactly one of many writers create a record', async () => {
      const store = await make();
      const tries = await Promise.allSettled(
        Array.from({ length: 12 }, (_, n) => store.put(key, { n }, { ifAbsent: true })),
      );
      expect(tries.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      expect((await store.get(key))?.version).toBe(1);
    });

    it('deletes the version that was read, and no other', async () => {
      const store = await make();
      await store.put(key, { n: 1 }, { ifAbsent: true });
      await store.put(key, { n: 2 }, { ifVersion: 1 });
      await expect(store.delete(key, { ifVersion: 1 })).rejects.toBeInstanceOf(ConflictError);
      await store.delete(key, { ifVersion: 2 });
      expect(await store.get(key)).toBeUndefined();
      expect(await store.query({ partition: key.partition })).toEqual([]);
    });

    it('takes the deletion of what is gone already as done', async () => {
      const store = await make();
      await expect(store.delete(key, { ifVersion: 1 })).resolves.toBeUndefined();
    });

    it('starts again at version 1 after a deletion', async () => {
      const store = await make();
      await store.put(key, { n: 1 }, { ifAbsent: true });
      await store.delete(key, { ifVersion: 1 });
      expect((await store.put(key, { n: 2 }, { ifAbsent: true })).version).toBe(1);
    });

    it('queries one partition, by prefix, in order of the UTF-8 bytes of the sort key', async () => {
      const store = await make();
      const sorts = [
        'LEDGER#000010',
        'LEDGER#000002',
        'META',
        'LEDGER#000001',
        'LEDGER#\u{1f600}',
        'LEDGER#\ufb00',
      ];
      for (const sort of sorts) await store.put({ partition: 'A', sort }, { sort }, { ifAbsent: true });
      await store.put({ partition: 'B', sort: 'LEDGER#000003' }, {}, { ifAbsent: true });
      const ordered = [
        'LEDGER#000001',
        'LEDGER#000002',
        'LEDGER#000010',
        'LEDGER#\ufb00',
        'LEDGER#\u{1f600}',
      ];
      const ask = async (query: object) =>
        (await store.query({ partition: 'A', ...query })).map(record => record.sort);
      expect(await ask({ sortPrefix: 'LEDGER#' })).toEqual(ordered);
      expect(await ask({ sortPrefix: 'LEDGER#', descending: true })).toEqual(ordered.toReversed());
      expect(await ask({ sortPrefix: 'LEDGER#', limit: 2 })).toEqual(ordered.slice(0, 2));
      expect(await ask({ sortPrefix: 'LEDGER#', descending: true, limit: 2 })).toEqual(
        ordered.toReversed().slice(0, 2),
      );
      expect(await ask({})).toEqual([...ordered, 'META']);
      expect(await ask({ sortPrefix: '', limit: 1 })).toEqual(['LEDGER#000001']);
      expect(await ask({ sortPrefix: 'NOTHING#' })).toEqual([]);
      expect(await ask({ limit: 0 })).toEqual([]);
    });

    it('returns all of a query, however many pages it takes', async () => {
      const store = await make();
      // DynamoDB answers at most 1 MB at a time; this is about 1.6 MB.
      const text = 'x'.repeat(200_000);
      for (let n = 0; n < 8; n++) {
        await store.put({ partition: 'big', sort: `ITEM#${n}` }, { n, text }, { ifAbsent: true });
      }
      const all = await store.query({ partition: 'big', sortPrefix: 'ITEM#' });
      expect(all.map(({ data }) => data.n)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
      const seven = await store.query({ partition: 'big', sortPrefix: 'ITEM#', limit: 7, descending: true });
      expect(seven.map(({ data }) => data.n)).toEqual([7, 6, 5, 4, 3, 2, 1]);
    });

    it('refuses keys that DynamoDB would refuse', async () => {
      const store = await make();
      const put = (partition: string, sort: string) => store.put({ partition, sort }, {}, { ifAbsent: true });
      await expect(put('', 'META')).rejects.toBeInstanceOf(InvalidInputError);
      await expect(put('A', '')).rejects.toBeInstanceOf(InvalidInputError);
      await expect(put('A', 'x'.repeat(1025))).rejects.toBeInstanceOf(InvalidInputError);
      await expect(put('A', 'x'.repeat(1024))).resolves.toBeDefined();
    });
  });
}

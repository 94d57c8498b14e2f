import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalJson } from '../../shared/incident/canonical-json.ts';
import type { Entry, LedgerEntry } from '../../shared/incident/entries.ts';
import { ledgerKey, onceKey } from '../../shared/incident/keys.ts';
import { appendEntry, genesisHash, readLedger, verifyLedger } from '../../shared/incident/ledger.ts';
import { createMemoryRecordStore } from '../../shared/incident/memory-record-store.ts';
import type { RecordStore } from '../../shared/incident/record-store.ts';
import { wrapRecordStore } from '../../shared/incident/wrap-record-store.ts';

const clock = { now: () => new Date('2026-03-10T16:45:00Z') };
const note = (what: string): Entry => ({ type: 'note', by: 'test', what });
const id = 'shop-20260310t164500z';
const texts = (ledger: LedgerEntry[]) =>
  ledger.map(({ entry }) => (entry.type === 'note' ? entry.what : entry.type));

async function ledgerOf(count: number): Promise<LedgerEntry[]> {
  const store = createMemoryRecordStore();
  for (let n = 1; n <= count; n++) await appendEntry(store, clock, id, note(`n${n}`));
  return readLedger(store, id);
}

describe('appendEntry', () => {
  it('chains entries from 1 on, each to the one before', async () => {
    const [first, second, third] = await ledgerOf(3);
    expect(first).toMatchObject({ seq: 1, at: '2026-03-10T16:45:00.000Z', previousHash: genesisHash });
    expect(second).toMatchObject({ seq: 2, previousHash: first?.hash });
    expect(third).toMatchObject({ seq: 3, previousHash: second?.hash });
  });

  it('keeps all entries of writers that write at once', async () => {
    const store = createMemoryRecordStore();
    const names = Array.from({ length: 20 }, (_, n) => `n${n}`);
    await Promise.all(names.map(name => appendEntry(store, clock, id, note(name))));
    const ledger = await readLedger(store, id);
    expect(texts(ledger).sort()).toEqual(names.sort());
    expect(verifyLedger(ledger)).toEqual({ ok: true });
  });

  it('writes a fact with an idempotency key once, and returns where it stands', async () => {
    const store = createMemoryRecordStore();
    const first = await appendEntry(store, clock, id, note('once'), { idempotencyKey: 'k' });
    await appendEntry(store, clock, id, note('other'));
    const again = await appendEntry(store, clock, id, note('once, said again'), { idempotencyKey: 'k' });
    expect(again).toEqual(first);
    expect(texts(await readLedger(store, id))).toEqual(['once', 'other']);
  });

  it('writes a fact once when many write the same and others at the same time', async () => {
    const store = createMemoryRecordStore();
    await Promise.all(
      Array.from({ length: 24 }, (_, n) =>
        appendEntry(store, clock, id, note(`k${n % 3}`), n % 4 === 3 ? {} : { idempotencyKey: `k${n % 3}` }),
      ),
    );
    const ledger = await readLedger(store, id);
    expect(ledger).toHaveLength(6 + 3);
    expect(verifyLedger(ledger)).toEqual({ ok: true });
  });

  it('finds its claimed place taken after a crash, and writes behind it', async () => {
    const store = createMemoryRecordStore();
    await store.put(onceKey(id, 'k'), { seq: 1 }, { ifAbsent: true });
    await appendEntry(store, clock, id, note('somebody else'));
    await appendEntry(store, clock, id, note('mine'), { idempotencyKey: 'k' });
    await appendEntry(store, clock, id, note('mine'), { idempotencyKey: 'k' });
    expect(texts(await readLedger(store, id))).toEqual(['somebody else', 'mine']);
  });

  it('never writes twice, whatever breaks, in whatever order writers get on', async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), fc.infiniteStream(fc.nat(9)), async (scheduler, dice) => {
        const inner = createMemoryRecordStore();
        let faults = 6;
        const store: RecordStore = wrapRecordStore(inner, async (_operation, run) => {
          const luck = dice.next().value;
          await scheduler.schedule(Promise.resolve());
          if (luck === 0 && faults-- > 0) throw new Error('not sent');
          const result = await run();
          if (luck === 1 && faults-- > 0) throw new Error('reply lost');
          return result;
        });
        const insist = async (name: string, key?: string): Promise<void> => {
          for (;;) {
            try {
              await appendEntry(store, clock, id, note(name), key ? { idempotencyKey: key } : {});
              return;
            } catch {
              if (!key) return;
            }
          }
        };
        const all = Promise.all([insist('a', 'a'), insist('a', 'a'), insist('b', 'b'), insist('c')]);
        await scheduler.waitFor(all);
        const ledger = await readLedger(inner, id);
        expect(verifyLedger(ledger)).toEqual({ ok: true });
        expect(texts(ledger).filter(text => text === 'a')).toHaveLength(1);
        expect(texts(ledger).filter(text => text === 'b')).toHaveLength(1);
      }),
      { numRuns: 400 },
    );
  });

  it('refuses an entry of an unknown form before it is written', async () => {
    const store = createMemoryRecordStore();
    const entry = JSON.parse('{"type":"rumour","what":"?"}') as Entry;
    await expect(appendEntry(store, clock, id, entry)).rejects.toThrow();
    expect(await readLedger(store, id)).toEqual([]);
  });

  it('reports a damaged record instead of skipping it', async () => {
    const store = createMemoryRecordStore();
    await store.put(ledgerKey(id, 1), { seq: 1 }, { ifAbsent: true });
    await expect(readLedger(store, id)).rejects.toThrow(`INCIDENT#${id} / LEDGER#000001`);
  });
});

describe('verifyLedger', () => {
  it('accepts what was written, and nothing at all', async () => {
    expect(verifyLedger(await ledgerOf(5))).toEqual({ ok: true });
    expect(verifyLedger([])).toEqual({ ok: true });
  });

  it('finds the first entry that was changed, removed, swapped or put in', async () => {
    const good = await ledgerOf(6);
    fc.assert(
      fc.property(fc.nat(5), fc.nat(4), (at, how) => {
        const ledger = structuredClone(good);
        const entry = ledger[at];
        const next = ledger[(at + 1) % 6];
        if (!entry || !next) throw new Error('out of range');
        if (how === 0) entry.entry = note('something else');
        if (how === 1) entry.at = '2026-03-10T16:45:01.000Z';
        if (how === 2) ledger.splice(at, 1);
        if (how === 3) ledger.splice(at, 0, { ...entry });
        if (how === 4) [ledger[at], ledger[(at + 1) % 6]] = [next, entry];
        const result = verifyLedger(ledger);
        // The last entry may be cut off unseen: nothing after it says that it was there.
        if (how === 2 && at === 5) {
          expect(result).toEqual({ ok: true });
          return;
        }
        const first = how === 3 ? at + 2 : how === 4 && at === 5 ? 1 : at + 1;
        expect(result).toMatchObject({ ok: false, seq: first });
      }),
    );
  });

  it('finds a field that was added to an entry in the store', async () => {
    const store = createMemoryRecordStore();
    await appendEntry(store, clock, id, note('n1'));
    const record = await store.get(ledgerKey(id, 1));
    const data = { ...record?.data, entry: { type: 'note', by: 'test', what: 'n1', added: true } };
    await store.put(ledgerKey(id, 1), data, { ifVersion: 1 });
    expect(verifyLedger(await readLedger(store, id))).toMatchObject({ ok: false, seq: 1 });
  });

  it('finds an entry that was changed together with its own hash', async () => {
    const [first, second] = await ledgerOf(2);
    const [forged] = await (async () => {
      const store = createMemoryRecordStore();
      await appendEntry(store, clock, id, note('forged'));
      return readLedger(store, id);
    })();
    if (!first || !second || !forged) throw new Error('too short');
    expect(verifyLedger([forged, second])).toMatchObject({ ok: false, seq: 2 });
  });
});

describe('canonicalJson', () => {
  it('gives one text for one value, whatever the order of keys', () => {
    fc.assert(
      fc.property(fc.jsonValue(), value => {
        const reversed = JSON.parse(JSON.stringify(value), (_key, inner: unknown) =>
          inner && typeof inner === 'object' && !Array.isArray(inner)
            ? Object.fromEntries(Object.entries(inner).reverse())
            : inner,
        );
        expect(canonicalJson(reversed)).toBe(canonicalJson(value));
        expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  it('leaves out what is undefined', () => {
    expect(canonicalJson({ b: undefined, a: [undefined, 1] })).toBe('{"a":[null,1]}');
  });
});

import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import type { ContractCase, Expectation } from './case.ts';
import { changesOf, errorsOf, type Played } from './play-case.ts';
import type { RecordedCall } from './record-calls.ts';
import { startWire, type Wire } from './wire.ts';
import { inEmulator, inSimulator } from './worlds.ts';

/**
 * Plays every case in the simulator and in the emulator: the same calls, the same ends, the same error names. What the
 * emulator got on the wire is held against AWS's own models as well.
 */
export function contract(family: string, cases: readonly ContractCase[]): void {
  const { moto } = inject('servers');
  describe(`${family} in the simulator`, () => {
    for (const one of cases) {
      test(`${one.kind}: ${one.shows}`, async () => {
        check(await inSimulator(one), one.expect, one.undo);
      });
    }
  });
  // `servers.e2e.ts` fails when it is missing.
  describe.skipIf(!moto.up)(`${family} in the emulator`, () => {
    let wire: Wire;
    beforeAll(async () => {
      wire = await startWire(moto.up ? moto.url : '');
    });
    afterAll(() => wire.stop());
    for (const one of cases) {
      const { gap, undo, ...differs } = one.emulator ?? {};
      test(`${one.kind}: ${one.shows}${gap ? ` (${gap})` : ''}`, async () => {
        wire.fill(one.fills ?? {});
        const played = await inEmulator(wire.url, one);
        check(played, { ...one.expect, ...differs }, undo ?? one.undo);
        expect(wire.strangers()).toEqual([]);
      });
    }
  });
}

function check(
  played: Played,
  wanted: Expectation,
  undo: Pick<Expectation, 'calls' | 'status' | 'holds'> | undefined,
): void {
  const { preparation, seen } = played;
  const outcome = seen ?? preparation;
  const shown = JSON.stringify({ preparation, seen }, null, 1);
  expect(preparation.status, shown).toBe(wanted.prepared ?? 'ready');
  expect(seen?.status, shown).toBe(wanted.status ?? (preparation.status === 'ready' ? 'done' : undefined));
  if (wanted.reasons)
    expect('reasons' in outcome ? JSON.stringify(outcome.reasons) : shown).toMatch(wanted.reasons);
  if (wanted.outputs) expect('outputs' in outcome ? outcome.outputs : shown).toMatchObject(wanted.outputs);
  checkCalls(played.calls, wanted.calls);
  expect(errorsOf(played.calls)).toEqual([...(wanted.errors ?? [])].sort());
  if (wanted.holds !== undefined) expect(played.holds).toEqual(wanted.holds);
  if (!undo || !played.undone) return;
  expect(played.undone.seen.status, JSON.stringify(played.undone.seen)).toBe(undo.status ?? 'done');
  checkCalls(played.undone.calls, undo.calls);
  if (undo.holds !== undefined) expect(played.undone.holds).toEqual(undo.holds);
}

function checkCalls(calls: readonly RecordedCall[], wanted: Expectation['calls']): void {
  const changes = changesOf(calls);
  expect(changes.map(({ name }) => name)).toEqual(wanted.map(([name]) => name));
  for (const [index, [, input]] of wanted.entries()) expect(changes[index]?.input).toMatchObject(input);
}

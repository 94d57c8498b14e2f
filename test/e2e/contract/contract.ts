import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { createAwsClients } from '../../../shared/aws/aws-clients.ts';
import { regions } from '../../support/aws-world.ts';
import type { ContractCase, Expectation } from './case.ts';
import { changesOf, errorsOf, type Played } from './play-case.ts';
import type { RecordedCall } from './record-calls.ts';
import { startWire } from './wire.ts';
import { inEmulator, inSimulator } from './worlds.ts';

/** A world that others made, next to the simulator. */
export type Counterpart = {
  name: string;
  /** Whether its servers are there; `servers.e2e.ts` fails when they are not. */
  up: boolean;
  start(): Promise<{
    play(one: ContractCase): Promise<Played>;
    strangers(): string[];
    stop(): Promise<void>;
  }>;
};

/** An emulator of AWS behind a listener that holds each request against AWS's own models. */
export function emulator(): Counterpart {
  const { moto } = inject('servers');
  return {
    name: 'the emulator',
    up: moto.up,
    async start() {
      const wire = await startWire(moto.up ? moto.url : '');
      return {
        play(one) {
          wire.fill(one.fills ?? {});
          return inEmulator(wire.url, one);
        },
        strangers: wire.strangers,
        stop: wire.stop,
      };
    },
  };
}

/**
 * For what no emulator has: the calls that the action makes in the simulator are sent again, by the real SDK, to a
 * listener that holds each request against AWS's own model. Nothing is shown of what AWS would do.
 */
export function onTheWire(): Counterpart {
  return {
    name: 'no emulator, on the wire only',
    up: inject('servers').moto.up,
    async start() {
      const wire = await startWire('');
      wire.fill({ '*': '{}' });
      const aws = createAwsClients({
        ...regions,
        credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
        endpoint: wire.url,
      });
      return {
        async play(one) {
          const played = await inSimulator(one);
          const calls = [...played.calls, ...(played.undone?.calls ?? [])].filter(call => call.repeat);
          // What is answered says nothing; the SDK may find it unreadable.
          for (const call of calls) await call.repeat?.(aws).catch(() => {});
          const names = new Set(calls.map(({ name }) => name.split('.')[1]));
          const heard = wire.heard().map(name => name.split('.')[1]);
          for (const name of names) expect(heard).toContain(name);
          return played;
        },
        strangers: wire.strangers,
        stop: wire.stop,
      };
    },
  };
}

/**
 * Plays every case in the simulator and in a world that others made: the same calls, the same ends, the same error
 * names.
 */
export function contract(family: string, cases: readonly ContractCase[], other = emulator()): void {
  describe(`${family} in the simulator`, () => {
    for (const one of cases) {
      test(`${one.kind}: ${one.shows}`, async () => {
        await checkPlay(() => inSimulator(one), one.expect, one.undo);
      });
    }
  });
  describe.skipIf(!other.up)(`${family} in ${other.name}`, () => {
    let world: Awaited<ReturnType<Counterpart['start']>>;
    beforeAll(async () => {
      world = await other.start();
    });
    afterAll(() => world.stop());
    for (const one of cases) {
      const { gap, undo, allows, ...differs } = one.emulator ?? {};
      test(`${one.kind}: ${one.shows}${gap ? ` (${gap})` : ''}`, async () => {
        await checkPlay(() => world.play(one), { ...one.expect, ...differs }, undo ?? one.undo);
        expect(world.strangers().filter(problem => !allows?.test(problem))).toEqual([]);
      });
    }
  });
}

async function checkPlay(
  play: () => Promise<Played>,
  wanted: Expectation,
  undo: ContractCase['undo'],
): Promise<void> {
  if (wanted.throws) await expect(play()).rejects.toThrow(wanted.throws);
  else check(await play(), wanted, undo);
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
  if (wanted.note) expect('note' in outcome ? outcome.note : shown).toMatch(wanted.note);
  if (wanted.outputs) expect('outputs' in outcome ? outcome.outputs : shown).toMatchObject(wanted.outputs);
  if (wanted.takesSeconds) expect(played.seconds).toBeGreaterThanOrEqual(wanted.takesSeconds);
  checkCalls(played.calls, wanted.calls);
  const asked = played.calls.map(({ name }) => name);
  expect(asked).toEqual(expect.arrayContaining([...(wanted.asks ?? [])]));
  if (wanted.errors !== 'whatever') expect(errorsOf(played.calls)).toEqual([...(wanted.errors ?? [])].sort());
  if (wanted.holds !== undefined) expect(played.holds).toEqual(wanted.holds);
  if (!undo || !played.undone) return;
  expect(played.undone.seen.status, JSON.stringify(played.undone.seen)).toBe(undo.status ?? 'done');
  checkCalls(played.undone.calls, undo.calls);
  if (undo.holds !== undefined) expect(played.undone.holds).toEqual(undo.holds);
}

function checkCalls(calls: readonly RecordedCall[], wanted: Expectation['calls']): void {
  if (wanted === 'whatever') return;
  const changes = changesOf(calls);
  expect(changes.map(({ name }) => name)).toEqual(wanted.map(([name]) => name));
  for (const [index, [, input]] of wanted.entries()) expect(changes[index]?.input).toMatchObject(input);
}

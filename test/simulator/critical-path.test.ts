import { describe, expect, it } from 'vitest';
import type { LedgerEntry } from '../../shared/incident/entries.ts';
import type { Phase, Scenario } from '../../shared/plan/schema.ts';
import { criticalPathSeconds, type Trace } from '../../simulator/critical-path.ts';
import type { Invocation } from '../../simulator/world/functions.ts';

const start = Date.parse('2026-03-10T16:42:00.000Z');
const at = (seconds: number) => start + seconds * 1000;

const phase = (stage: Phase['stage'], ...ids: string[]): Phase =>
  ({ id: `${stage}-${ids[0]}`, title: stage, stage, steps: ids.map(id => ({ id, do: 'k8s.get' })) }) as never;
const scenarioOf = (...phases: Phase[]) => ({ phases }) as unknown as Scenario;

type Call = { step: string; operation: string; from: number; to: number; next?: string; looks?: number[] };

/** A call of 60 ms and what it waited for; times in seconds. */
const invocation = ({ step, operation, from, to, next = 'pending', looks = [] }: Call): Invocation => ({
  name: 'k8s',
  payload: { operation, step: { id: step } },
  startedAtMs: at(from),
  endedAtMs: at(to),
  overheadMs: 60,
  looksAtMs: looks.map(at),
  answer: { next },
  failed: false,
});
const said = (step: string, status: string, seconds: number) =>
  ({
    at: new Date(at(seconds)).toISOString(),
    entry: { type: 'step', step, status },
  }) as unknown as LedgerEntry;
const change = (seconds: number, by: 'aws' | 'lifeboat' = 'aws') =>
  ({ atMs: at(seconds), by, resource: 'pod', what: 'ready' }) as never;

const trace = (ledger: LedgerEntry[], calls: Call[], changes: never[] = []): Trace => ({
  ledger,
  invocations: calls.map(invocation),
  changes,
});

describe('the critical path', () => {
  const one = scenarioOf(phase('execute', 'a'));

  it('ends where the world came to the wanted state, not where it was seen', () => {
    const calls = [
      { step: 'a', operation: 'prepare', from: 0, to: 0.06, next: 'act' },
      { step: 'a', operation: 'act', from: 0.06, to: 0.12, next: 'pending' },
      { step: 'a', operation: 'observe', from: 10, to: 10.06 },
      { step: 'a', operation: 'observe', from: 20, to: 20.06, next: 'done' },
    ];
    const ledger = [said('a', 'acting', 0.12), said('a', 'done', 20.06)];
    expect(criticalPathSeconds(one, trace(ledger, calls, [change(15)]))).toBeCloseTo(14.88, 6);
    // What Lifeboat changes itself says nothing about AWS; without a word of it, the earlier look counts.
    expect(criticalPathSeconds(one, trace(ledger, calls, [change(15, 'lifeboat')]))).toBeCloseTo(9.94, 6);
  });

  it('has no pause between two looks of one call in it', () => {
    const calls = [
      { step: 'a', operation: 'act', from: 0, to: 0.06, next: 'pending' },
      { step: 'a', operation: 'observe', from: 1, to: 2, next: 'done', looks: [1.3, 1.6, 1.9] },
    ];
    const ledger = [said('a', 'acting', 0.06), said('a', 'done', 2)];
    // Seen at 1.9 and not at 1.6; the last look waited 0.1 s for its answer.
    expect(criticalPathSeconds(one, trace(ledger, calls))).toBeCloseTo(1.54 + 0.1, 6);
    expect(criticalPathSeconds(one, trace(ledger, calls, [change(1.7)]))).toBeCloseTo(1.64 + 0.1, 6);
  });

  it('has what those that were asked took to answer in it, when preparing, acting and looking', () => {
    const prepared = [{ step: 'a', operation: 'prepare', from: 0, to: 5.06, next: 'done' }];
    expect(
      criticalPathSeconds(one, trace([said('a', 'acting', 2.06), said('a', 'done', 5.06)], prepared)),
    ).toBeCloseTo(5, 6);
    const acted = [
      { step: 'a', operation: 'prepare', from: 0, to: 0.06, next: 'act' },
      { step: 'a', operation: 'act', from: 0.06, to: 30.12, next: 'observe' },
      { step: 'a', operation: 'observe', from: 30.12, to: 30.18, next: 'done' },
    ];
    expect(
      criticalPathSeconds(one, trace([said('a', 'acting', 0.12), said('a', 'done', 30.18)], acted)),
    ).toBeCloseTo(30, 6);
  });

  it('has a cold start of a function neither in a look nor in an answer', () => {
    const cold = { ...invocation({ step: 'a', operation: 'prepare', from: 0, to: 0.45, next: 'done' }) };
    const ledger = [said('a', 'acting', 0.45), said('a', 'done', 0.45)];
    expect(
      criticalPathSeconds(one, { ledger, invocations: [{ ...cold, overheadMs: 450 }], changes: [] }),
    ).toBe(0);
  });

  it('ends with the answer of a person, whatever the call that takes it needs', () => {
    const calls = [
      { step: 'a', operation: 'prepare', from: 0, to: 0.06, next: 'ask' },
      { step: 'a', operation: 'answer', from: 200, to: 200.5, next: 'done' },
    ];
    expect(
      criticalPathSeconds(one, trace([said('a', 'asking', 0.06), said('a', 'done', 200.5)], calls)),
    ).toBeCloseTo(199.94, 6);
  });

  it('takes the phases that executeSeconds spans: after the last decision, to the end of the last execution', () => {
    const scenario = scenarioOf(
      phase('execute', 'before'),
      phase('decide', 'decision'),
      phase('execute', 'first'),
      phase('verify', 'gate'),
      phase('execute', 'second'),
      phase('verify', 'after'),
    );
    const ids = ['before', 'decision', 'first', 'gate', 'second', 'after'];
    const ledger = ids.flatMap((id, index) => [
      said(id, 'acting', index * 10),
      said(id, 'done', index * 10 + 2),
    ]);
    const calls = ids.map((step, index) => ({
      ...{ step, operation: 'act', from: index * 10 - 0.06, to: index * 10 + 2, next: 'done' },
    }));
    expect(criticalPathSeconds(scenario, trace(ledger, calls))).toBeCloseTo(3 * 2, 6);
  });
});

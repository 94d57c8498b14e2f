import { DeleteDBInstanceCommand, RDSClient } from '@aws-sdk/client-rds';
import { expect, test } from 'vitest';
import type { Action } from '../../shared/actions/contract.ts';
import { appendEntry, readLedger, verifyLedger } from '../../shared/incident/ledger.ts';
import { createMemoryRecordStore } from '../../shared/incident/memory-record-store.ts';
import { createEngine } from '../../simulator/engine/engine.ts';
import { createFaults } from '../../simulator/faults/faults.ts';
import type { Ending } from '../../simulator/invariants/endings.ts';
import { watchInvariants } from '../../simulator/invariants/invariants.ts';
import { createWorld } from '../../simulator/world/create-world.ts';
import { plan } from './support/liquid-abt.ts';
import { playWrongly, withPhases, withSteps } from './support/play.ts';

function actionOf(actions: Readonly<Record<string, Action>>, kind: string): Action {
  const action = actions[kind];
  if (!action) throw new Error(`no action ${kind}`);
  return action;
}

test('users that are moved before anything is ready are seen', async () => {
  const early = withPhases('region-failure', phases => {
    const route = phases.filter(({ id }) => id === 'route');
    const others = phases.filter(({ id }) => id !== 'route');
    return [...others.slice(0, 1), ...route, ...others.slice(1)];
  });
  const broken = await playWrongly({ plan: early, scenario: 'region-failure' });
  expect(broken['traffic-after-readiness']).toEqual(['users of app-name were sent where nothing is ready']);
});

test('a second database that is written to while the first one lives is seen', async () => {
  // Nothing is lost, nobody looks whether it is, and the old writer is not fenced.
  const careless = withSteps('region-failure', step => {
    if (['assess-scope', 'fence-old-writer'].includes(step.id)) return undefined;
    if (step.id !== 'approve-activation') return step;
    return { ...step, with: { ...step.with, shows: [] } };
  });
  const scenario = careless.scenarios['region-failure'];
  if (!scenario) throw new Error('no scenario');
  const { disaster: _, ...calm } = scenario;
  const broken = await playWrongly({
    plan: { ...careless, scenarios: { ...careless.scenarios, 'region-failure': calm } },
    scenario: 'region-failure',
  });
  expect(broken['never-two-writers']?.[0]).toMatch(
    /^two databases take writes: liquid-abt-dr.* and liquid-abt-production/,
  );
});

test('the removal of what no run made is seen', async () => {
  const broken = await playWrongly({
    scenario: 'database-failure',
    actions: own => {
      const query = actionOf(own, 'sql.query');
      return {
        'sql.query': {
          ...query,
          async observe(context, parameters, baseline) {
            const request = { DBInstanceIdentifier: 'liquid-abt-production', SkipFinalSnapshot: true };
            await context.aws.client(RDSClient, 'ap-southeast-2').send(new DeleteDBInstanceCommand(request));
            return query.observe(context, parameters, baseline);
          },
        },
      };
    },
  });
  expect(broken['only-own-destroyed']).toEqual([
    'rds.DeleteDBInstance on liquid-abt-production, which no run made',
  ]);
});

test('an execution that goes on for ever is seen', async () => {
  const broken = await playWrongly({
    scenario: 'database-failure',
    mode: 'dry-run',
    deployment: deployed => ({
      ...deployed,
      machines: Object.fromEntries(
        Object.entries(deployed.machines).map(([arn, machine]) => {
          if (!arn.endsWith('-communicate')) return [arn, machine];
          const wait = { Type: 'Wait' as const, Comment: 'Never over', Seconds: 1_000_000, Next: 'Wait' };
          return [arn, { ...machine, StartAt: 'Wait', States: { Wait: wait } }];
        }),
      ),
    }),
  });
  expect(broken['every-path-ends']?.join()).toMatch(/the execution .* never ended/);
});

test('messages that nobody took, and of which nobody heard, are seen', async () => {
  const broken = await playWrongly({
    scenario: 'database-failure',
    services: own =>
      own.map(service => {
        if (service.name !== 'sns') return service;
        // It answers, and brings nothing out: the world's own error of a service that is down.
        const down = () => {
          throw Object.assign(new Error('down'), { name: 'InternalError', $fault: 'server' as const });
        };
        return { ...service, operations: { ...service.operations, Publish: down } };
      }),
  });
  expect(broken['due-messages-sent']).toEqual([
    expect.stringMatching(/^not delivered, and nobody was told: /),
  ]);
});

test('what a drill leaves behind is seen', async () => {
  const broken = await playWrongly({
    scenario: 'region-failure',
    mode: 'drill',
    actions: own => {
      const { undo: _, ...restore } = actionOf(own, 'rds.restore');
      return { 'rds.restore': restore };
    },
  });
  expect(broken['nothing-left-behind']).toEqual([
    expect.stringMatching(/^left behind: database ap-southeast-4\/liquid-abt-dr-20260310-\w+ available$/),
  ]);
});

test('a change in a dry run is seen', async () => {
  const broken = await playWrongly({
    scenario: 'database-failure',
    mode: 'dry-run',
    actions: own => {
      const failover = actionOf(own, 'rds.failover');
      return {
        'rds.failover': {
          ...failover,
          async prepare(context, parameters) {
            const call = { call: 'rds.RebootDBInstance', region: 'ap-southeast-2', resource: 'liquid-abt' };
            await context.changed({ ...call, what: 'rebooted' });
            return failover.prepare(context, parameters);
          },
        },
      };
    },
  });
  expect(broken['nothing-left-behind']).toEqual(['rds.RebootDBInstance on liquid-abt']);
});

test('a run that says recovered while users reach nothing is seen', async () => {
  const claim = withPhases('region-failure', phases => phases.filter(({ id }) => id === 'decide'));
  const broken = await playWrongly({ plan: claim, scenario: 'region-failure' });
  expect(broken['recovered-means-served']).toEqual([
    'recovered, but users of app-name reach nothing',
    'recovered, with 0 databases written to',
  ]);
});

/** An ending in which all is well, apart from what a test puts in. */
async function ending(change: Partial<Ending>): Promise<Record<string, boolean>> {
  const faults = createFaults([]);
  if (!faults.ok) throw new Error('no faults');
  const outageStartedAt = plan.rehearsal.outageStart;
  const world = createWorld({ plan, seed: 1, faults: faults.faults, services: [], outageStartedAt });
  const clock = { now: () => new Date(outageStartedAt) };
  const engine = createEngine({ machines: {}, clock, invokeFunction: async () => null });
  const calm: Ending = { ledger: [], engine, run: undefined, chain: { ok: true }, unsent: [], entries: [] };
  const rules = watchInvariants(world, 'recover').finish({ ...calm, ...change });
  return Object.fromEntries(rules.map(({ name, held }) => [name, held]));
}

async function ledgerWith(...entries: Parameters<typeof appendEntry>[3][]) {
  const store = createMemoryRecordStore();
  const clock = { now: () => new Date('2026-03-10T17:00:00Z') };
  for (const entry of entries) await appendEntry(store, clock, 'INC-1', entry);
  return readLedger(store, 'INC-1');
}

test('a ledger that was changed is seen', async () => {
  const ledger = await ledgerWith(
    { type: 'note', by: 'a', what: 'first' },
    { type: 'note', by: 'a', what: 'second' },
  );
  expect(await ending({ ledger, chain: verifyLedger(ledger) })).toMatchObject({ 'ledger-intact': true });
  const [first, ...others] = ledger;
  if (!first) throw new Error('no entry');
  const forged = [{ ...first, entry: { type: 'note', by: 'b', what: 'first' } as const }, ...others];
  expect(await ending({ ledger: forged, chain: verifyLedger(forged) })).toMatchObject({
    'ledger-intact': false,
  });
});

test('a message that was due and not sent is seen', async () => {
  expect(await ending({})).toMatchObject({ 'due-messages-sent': true });
  expect(await ending({ unsent: ['initial/customers'] })).toMatchObject({ 'due-messages-sent': false });
});

test('two runs at the same time are seen', async () => {
  const started = (run: string) =>
    ({ type: 'run-started', run, scenario: 's', mode: 'recover', execution: 'e' }) as const;
  const ended = { type: 'run-ended' as const, run: 'one', outcome: 'recovered' as const, reasons: [] };
  const apart = await ledgerWith(started('one'), ended, started('two'));
  const together = await ledgerWith(started('one'), started('two'), ended);
  expect(await ending({ entries: apart })).toMatchObject({ 'one-run-at-a-time': true });
  expect(await ending({ entries: together })).toMatchObject({ 'one-run-at-a-time': false });
});

import { describe, expect, it } from 'vitest';
import { readCoverage } from '../../shared/backups/coverage.ts';
import { coverageHtml } from '../../shared/backups/coverage-page.ts';
import { rehearseCalendar } from '../../simulator/backups/calendar.ts';
import { onStage } from '../../simulator/backups/stage.ts';
import { rdsState } from '../../simulator/services/rds/state.ts';
import { runningFunction } from '../../simulator/world/functions.ts';
import type { Call } from '../../simulator/world/world.ts';
import { allowsAnywhere, liquidAbt as deployed, statementsOf } from '../deploy/support.ts';
import { liquidAbt, planDirectory } from './fleet-plan.ts';

const plan = await liquidAbt();

describe('a month of the calendar', () => {
  it('makes, checks and proves every class, drills, tells people, and leaves nothing behind', async () => {
    const seen = new Map<string, Set<string>>();
    const note = ({ service, operation }: Call) => {
      const name = runningFunction();
      if (name !== 'backups' && name !== 'verify') return;
      const actions = seen.get(name) ?? new Set();
      seen.set(name, actions.add(`${service}:${operation}`));
    };
    const result = await rehearseCalendar({
      plan,
      planDirectory,
      seed: 2,
      days: 38,
      prepare: world => world.onCall(note),
    });
    expect(result.leftBehind).toEqual([]);
    expect(result.evidence.intact).toBe(true);
    const byId = Object.fromEntries(result.elements.map(element => [element.id, element]));
    for (const { id, failures, why } of result.elements) expect(failures, `${id}: ${why}`).toBe(0);
    expect(byId['backups.database-snapshots']?.runs).toBe(38 * 4 + 38);
    expect(byId['calendar.restore-test']?.last?.what).toBe('2 proven');
    expect(byId['calendar.full-failover']?.last?.what).toBe('the drill of region-failure ended well');
    expect(byId['calendar.first-review']?.last?.what).toMatch(/^overdue: told platform-lead/);
    expect(result.exercised).toContain('backups.database-replicated.verify.queries.purchases');
    const { deployment } = await deployed();
    const names: Record<string, string> = {
      's3:ListObjectsV2': 's3:ListBucket',
      's3:HeadObject': 's3:GetObject',
    };
    for (const [name, role] of [
      ['backups', 'BackupsRole'],
      ['verify', 'VerifyRole'],
    ] as const) {
      const statements = statementsOf(deployment.resources, role);
      const refused = [...(seen.get(name) ?? [])].filter(
        action => !allowsAnywhere(statements, names[action] ?? action),
      );
      expect(seen.get(name)?.size).toBeGreaterThan(5);
      expect(refused).toEqual([]);
    }
  });

  it('says what failed when a class can not be made', async () => {
    const result = await rehearseCalendar({
      plan,
      planDirectory,
      seed: 1,
      days: 2,
      faults: ['kms-key-missing'],
    });
    expect(result.ok).toBe(false);
    const copies = result.elements.find(({ id }) => id === 'backups.database-copies');
    expect(copies?.failures).toBeGreaterThan(0);
    expect(copies?.why).toMatch(/KMS/);
  });
});

describe('snapshots', () => {
  const create = (dueAt: string) => ({
    operation: 'create',
    backups: ['database-snapshots'],
    dueAt,
    by: 'test',
  });
  const own = (world: Parameters<typeof rdsState>[0]) =>
    rdsState(world).snapshots.filter(({ shown }) =>
      shown.TagList?.some(({ Value }) => Value === 'database-snapshots'),
    );

  it('are made once for when they were due, and those over their time are removed', async () => {
    await onStage(
      { plan, planDirectory, seed: 1, faults: ['lost-reply:rds.CreateDBSnapshot'] },
      async ({ world, functions }) => {
        const before = own(world).length;
        for (const _ of [1, 2]) await functions.invoke('backups', create('2026-03-10T20:00:00Z'));
        expect(
          own(world).filter(({ shown }) => shown.DBSnapshotIdentifier?.endsWith('2026-03-10-2000')),
        ).toHaveLength(1);
        expect(own(world).length).toBeLessThanOrEqual(before + 1);
      },
    );
  });

  it('make room for a new one when the quota is reached', async () => {
    await onStage({ plan, planDirectory, seed: 1 }, async ({ world, functions }) => {
      const [sample] = own(world);
      if (!sample) throw new Error('there are snapshots');
      const others =
        100 -
        rdsState(world).snapshots.filter(
          ({ region, shown }) => region === sample.region && shown.SnapshotType === 'manual',
        ).length;
      for (let index = 0; index < others; index++) {
        rdsState(world).snapshots.push({
          ...sample,
          shown: { ...sample.shown, DBSnapshotIdentifier: `by-hand-${index}`, TagList: [] },
        });
      }
      const oldest = own(world)[0]?.shown.DBSnapshotIdentifier;
      await functions.invoke('backups', create('2026-03-10T20:00:00Z'));
      const names = rdsState(world).snapshots.map(({ shown }) => shown.DBSnapshotIdentifier);
      expect(names).not.toContain(oldest);
      expect(names.filter(name => name?.startsWith('by-hand-'))).toHaveLength(others);
    });
  });
});

it('the coverage puts gaps first and says what was measured', async () => {
  await onStage({ plan, planDirectory, seed: 1 }, async ({ runtime, functions, engine }) => {
    expect((await readCoverage(runtime)).rows.map(({ state }) => state)).toEqual([
      'gap',
      'gap',
      'gap',
      'gap',
    ]);
    await functions.invoke('backups', { operation: 'check', dueAt: '2026-03-10T17:00:00Z', by: 'test' });
    await engine.startExecution({
      stateMachineArn: runtime.settings.verifyMachineArns?.one ?? '',
      input: { backup: 'database-copies', by: 'test' },
    }).result;
    const coverage = await readCoverage(runtime);
    const states = Object.fromEntries(coverage.rows.map(({ backup, state }) => [backup, state]));
    expect(states).toEqual({
      'database-automated': 'unproven',
      'database-snapshots': 'unproven',
      'database-replicated': 'unproven',
      'database-copies': 'covered',
    });
    expect(coverage.rows.at(-1)).toMatchObject({
      backup: 'database-copies',
      rpoSeconds: 360,
      nextProof: '2026-03-31T16:00:00.000Z',
    });
    expect(coverageHtml(plan, coverage)).toMatch(/their chain holds, its head is <code>[0-9a-f]{64}/);
  });
});

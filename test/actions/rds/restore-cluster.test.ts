import { describe, expect, it } from 'vitest';
import { action } from '../../../shared/actions/rds/restore-cluster.ts';
import { lastingState } from '../../../simulator/invariants/lasting-state.ts';
import { clusterEndpointOf } from '../../../simulator/services/rds/clusters.ts';
import { appDependencies } from '../../../simulator/world/dependencies.ts';
import { component, primary, recovery } from '../../support/data-plan.ts';
import { inData } from '../../support/data-world.ts';

const target = component('rds-cluster-restore-target', 'users-restored');
const beside = component('rds-cluster-restore-target', 'users-beside');
const parameters = { target, method: 'snapshot' };
const name = 'app-users-dr-20260310-3f9c1a';
const endpoint = clusterEndpointOf(recovery, name);

describe('rds.restore-cluster', () => {
  it('restores the newest snapshot and makes the instances; done means that a write succeeds', () =>
    inData(async scene => {
      scene.world.loseRegion(primary);
      const outcome = await scene.step(action, parameters);
      expect(outcome).toMatchObject({
        status: 'done',
        outputs: { cluster: name, endpoint, port: 5432, pointTime: '2026-03-10T13:00:00.000Z' },
        evidence: [{ what: expect.stringContaining(`with 2 instances, and ${name}-1 accepts writes`) }],
      });
      expect(scene.changes.map(({ call, resource }) => `${call} ${resource}`)).toEqual([
        `rds.RestoreDBClusterFromSnapshot ${name}`,
        `rds.CreateDBInstance ${name}-1`,
        `rds.CreateDBInstance ${name}-2`,
      ]);
      expect(appDependencies(scene.world).serverAt(endpoint)).toMatchObject({
        copyOf: { id: `cluster/${primary}/app-users`, untilMs: Date.parse('2026-03-10T13:00:00.000Z') },
      });
    }));

  it('an Aurora cluster that is available without an instance is not done', () =>
    inData(async scene => {
      const preparation = await scene.prepare(action, parameters);
      if (preparation.status !== 'ready') throw new Error(preparation.status);
      await action.act?.(scene.context(), action.parameters.parse(parameters), preparation.baseline);
      await scene.wait(3600);
      const { DBClusters } = await scene.call('rds.DescribeDBClusters', recovery, {
        DBClusterIdentifier: name,
      });
      expect(DBClusters).toMatchObject([{ Status: 'available', DBClusterMembers: [] }]);
      expect(
        await action.observe(scene.context(), action.parameters.parse(parameters), preparation.baseline),
      ).toEqual({ status: 'pending', note: `${name}-1 is being made` });
    }));

  it('takes an older snapshot where the data was wrong later, and a point in time beside the live cluster', () =>
    inData(async scene => {
      const notAfter = '2026-03-09T12:00:00Z';
      expect(await scene.step(action, { ...parameters, notAfter })).toMatchObject({
        outputs: { pointTime: '2026-03-08T13:00:00.000Z' },
      });
      const outcome = await scene.step(action, {
        target: beside,
        method: 'point-in-time',
        notAfter: '2026-03-10T15:30:00Z',
      });
      expect(outcome).toMatchObject({ status: 'done', outputs: { pointTime: '2026-03-10T15:30:00.000Z' } });
    }));

  it('a Multi-AZ DB cluster makes its own instances', () =>
    inData(async scene => {
      const stock = component('rds-cluster-restore-target', 'stock-restored');
      expect(await scene.step(action, { target: stock, method: 'snapshot' })).toMatchObject({
        status: 'done',
      });
      expect(scene.changes.map(({ call }) => call)).toEqual(['rds.RestoreDBClusterFromSnapshot']);
    }));

  it('asks once for each thing when replies are lost and reads are stale', () =>
    inData(
      async scene => {
        expect(await scene.step(action, parameters)).toMatchObject({ status: 'done' });
        const made = scene.world.changes.filter(({ by }) => by === 'lifeboat');
        expect(made).toHaveLength(3);
      },
      {
        faults: [
          'lost-reply:rds.RestoreDBClusterFromSnapshot',
          'lost-reply:rds.CreateDBInstance',
          'stale-read:rds',
        ],
      },
    ));

  it.each([1, 2, 3, 4])(
    'undo leaves nothing but a final snapshot, and in a drill not even that (seed %i)',
    seed =>
      inData(
        async scene => {
          const before = lastingState(scene.world);
          const outcome = await scene.step(action, parameters, 'drill');
          expect(await scene.undo(action, parameters, outcome, 'drill')).toMatchObject({ status: 'done' });
          expect(lastingState(scene.world)).toEqual(before);
          expect(scene.changes.at(-1)?.what).toBe('Deleted without a snapshot');
          const again = await scene.step(action, parameters);
          await scene.undo(action, parameters, again);
          expect(lastingState(scene.world)).toEqual(before);
          expect(scene.changes.at(-1)?.what).toContain('kept in snapshot app-users-dr-');
        },
        { seed },
      ),
  );

  it.each([
    [
      'nothing was copied',
      { ...parameters },
      ['no-snapshot'],
      'There is no snapshot of the cluster app-users',
    ],
    [
      'a point in time is asked for elsewhere',
      { target, method: 'point-in-time' },
      [],
      'no replicated backups',
    ],
    [
      'the moment is too long ago',
      { target: beside, method: 'point-in-time', notAfter: '2026-01-01T00:00:00Z' },
      [],
      'before the earliest restorable time',
    ],
  ])('refuses when %s', (_name, given, faults, what) =>
    inData(
      async scene => {
        expect(await scene.prepare(action, given)).toMatchObject({
          status: 'refused',
          reasons: [{ what: expect.stringContaining(what) }],
        });
      },
      { faults },
    ),
  );

  it('never touches a cluster of that name which no run made', () =>
    inData(async scene => {
      const foreign = { ...target, identifier: 'app-users' };
      const preparation = await scene.prepare(action, { ...parameters, target: foreign });
      expect(preparation.status).toBe('ready');
      const made = await scene.step(action, parameters);
      const other = { ...scene.context(), run: { ...scene.context().run, id: '20260310-other1' } };
      const undone = await action.undo?.(other, action.parameters.parse(parameters), made.baseline ?? {}, {});
      expect(undone).toMatchObject({
        status: 'failed',
        reasons: [{ what: expect.stringContaining('not deleted') }],
      });
    }));

  it('deletes and changes only what a run has made', () => {
    const permissions = action.permissions(action.parameters.parse(parameters), { primary, recovery });
    const destroying = permissions.filter(({ actions }) => actions.some(one => /Delete|Modify/.test(one)));
    expect(destroying).toEqual([
      expect.objectContaining({ conditions: { Null: { 'aws:ResourceTag/lifeboat:run': 'false' } } }),
    ]);
    expect(permissions.flatMap(({ resources }) => resources)).not.toContain('*');
  });
});

import { describe, expect, it } from 'vitest';
import { action } from '../../../shared/actions/rds/failover.ts';
import { clusterEndpointOf } from '../../../simulator/services/rds/clusters.ts';
import { component, primary } from '../../support/data-plan.ts';
import { type DataScene, inData } from '../../support/data-world.ts';

const users = component('rds-cluster', 'users');
const parameters = { database: users };
const failing = (selfHealing: boolean) => ({
  type: 'failure' as const,
  component: users,
  selfHealing,
  cause: 'crash' as const,
});

/** How often this cluster's failover was asked for. */
const asked = ({ world }: DataScene) => world.calls.get('rds.FailoverDBCluster') ?? 0;

describe('rds.failover of a DB cluster', () => {
  it('forces a failover and is done when another member writes', () =>
    inData(async scene => {
      scene.strike(failing(false));
      const outcome = await scene.step(action, parameters);
      expect(outcome).toMatchObject({
        status: 'done',
        outputs: { method: 'forced', zoneBefore: `${primary}a`, zoneAfter: `${primary}b` },
        evidence: [{ data: { writerBefore: 'app-users-1', writerAfter: 'app-users-2' } }],
      });
      expect(asked(scene)).toBe(1);
      expect(scene.world.calls.has('rds.RebootDBInstance')).toBe(false);
      expect(scene.statements.at(-1)).toBe(`${clusterEndpointOf(primary, 'app-users')} ${users.writeProbe}`);
    }));

  it('leaves a failover that RDS began to RDS', () =>
    inData(async scene => {
      scene.strike(failing(true));
      await scene.wait(31);
      const outcome = await scene.step(action, parameters);
      expect(outcome).toMatchObject({ status: 'done', outputs: { method: 'automatic' } });
      expect(asked(scene)).toBe(0);
    }));

  it('finds that RDS has failed over already', () =>
    inData(async scene => {
      scene.strike(failing(true));
      await scene.wait(400);
      expect(await scene.step(action, parameters)).toMatchObject({
        status: 'already-done',
        outputs: { method: 'already-done', zoneAfter: `${primary}b` },
      });
    }));

  it('does not interrupt a writer that is well, unless it is planned', () =>
    inData(async scene => {
      expect(await scene.prepare(action, parameters)).toMatchObject({
        status: 'refused',
        reasons: [{ what: expect.stringContaining('nothing to recover') }],
      });
      expect(await scene.step(action, parameters, 'planned')).toMatchObject({ status: 'done' });
    }));

  it('asks once when the reply is lost', () =>
    inData(
      async scene => {
        scene.strike(failing(false));
        expect(await scene.step(action, parameters)).toMatchObject({ status: 'done' });
        const begun = scene.world.changes.filter(({ what }) => what.includes('failover of the cluster'));
        expect(begun).toHaveLength(1);
      },
      { faults: ['lost-reply:rds.FailoverDBCluster'] },
    ));

  it('is not misled by stale reads', () =>
    inData(
      async scene => {
        scene.strike(failing(false));
        expect(await scene.step(action, parameters)).toMatchObject({ status: 'done' });
      },
      { faults: ['stale-read:rds'] },
    ));

  it('works on a Multi-AZ DB cluster of PostgreSQL, too', () =>
    inData(async scene => {
      const stock = component('rds-cluster', 'stock');
      scene.strike({ ...failing(false), component: stock });
      const outcome = await scene.step(action, { database: stock });
      expect(outcome).toMatchObject({ status: 'done', outputs: { method: 'forced' } });
    }));

  it('goes by what RDS says: a cluster that the plan calls an instance is failed over as a cluster', () =>
    inData(async scene => {
      scene.strike(failing(false));
      const { globalCluster: _, engine: _engine, ...rest } = users;
      const database = { ...rest, type: 'rds-instance', engine: 'postgres', multiAz: true };
      expect(await scene.step(action, { database })).toMatchObject({ status: 'done' });
      expect(asked(scene)).toBe(1);
    }));

  it.each([
    [
      'a secondary of a global database',
      component('rds-cluster', 'orders-recovery'),
      'secondary of the global',
    ],
    ['what does not exist', { ...users, identifier: 'nothing' }, 'neither a DB instance nor a cluster'],
  ])('refuses %s', (_name, database, what) =>
    inData(async scene => {
      expect(await scene.prepare(action, { database })).toMatchObject({
        status: 'refused',
        reasons: [{ what: expect.stringContaining(what) }],
      });
    }),
  );

  it('refuses a cluster without a reader', () =>
    inData(async scene => {
      for (const id of ['app-users-2', 'app-users-3']) {
        await scene.call('rds.DeleteDBInstance', primary, { DBInstanceIdentifier: id });
      }
      expect(await scene.prepare(action, parameters)).toMatchObject({
        status: 'refused',
        reasons: [
          { what: expect.stringContaining('single DB instance'), mend: expect.stringContaining('reader') },
        ],
      });
    }));

  it('goes no further than the checks in a drill, and may fail over this cluster only', () => {
    expect(action.drill).toBe('prepare-only');
    const changing = action
      .permissions(parameters, { primary, recovery: 'ap-southeast-4' })
      .filter(({ actions }) => actions.some(name => /Failover|Reboot/.test(name)));
    expect(changing.flatMap(({ resources }) => resources)).toEqual([
      'arn:${AWS::Partition}:rds:ap-southeast-2:${AWS::AccountId}:db:app-users',
      'arn:${AWS::Partition}:rds:ap-southeast-2:${AWS::AccountId}:cluster:app-users',
    ]);
  });
});

import { describe, expect, it } from 'vitest';
import { action as addReaders } from '../../../shared/actions/rds/add-readers.ts';
import { action as removeReaders } from '../../../shared/actions/rds/remove-readers.ts';
import { action as switchOver } from '../../../shared/actions/rds/switchover-global-cluster.ts';
import { clusterState } from '../../../simulator/services/rds/clusters.ts';
import { component, primary, recovery } from '../../support/data-plan.ts';
import { type DataScene, inData } from '../../support/data-world.ts';

const standby = component('rds-cluster', 'orders-recovery');
const orders = component('rds-cluster', 'orders');
const made = ['app-orders-dr-20260310-3f9c1a-1', 'app-orders-dr-20260310-3f9c1a-2'];
const given = { database: standby, instances: made };
const add = { database: standby, instances: 2, class: 'db.r6g.2xlarge' };
const namesIn = ({ world }: DataScene) =>
  clusterState(world)
    .clusters.get(`${recovery}/app-orders-dr`)
    ?.shown.DBClusterMembers.map(({ DBInstanceIdentifier }) => DBInstanceIdentifier);
const reasons = (outcome: object) => JSON.stringify('reasons' in outcome ? outcome.reasons : '');

describe('rds.remove-readers', () => {
  it('is done when what a run made is gone, and what was there before is not', () =>
    inData(
      async scene => {
        await scene.step(addReaders, add);
        const outcome = await scene.step(removeReaders, given);
        expect(outcome).toMatchObject({ status: 'done', outputs: { removed: made, left: 2 } });
        expect(namesIn(scene)).toEqual(['app-orders-dr-1', 'app-orders-dr-2']);
        expect((await scene.prepare(removeReaders, given)).status).toBe('already-done');
      },
      { faults: ['lost-reply:rds.DeleteDBInstance'] },
    ));

  it('refuses the writer, and what no run made', () =>
    inData(async scene => {
      await scene.step(addReaders, add);
      const other = await scene.prepare(removeReaders, { ...given, instances: ['app-orders-dr-1'] });
      expect(reasons(other)).toContain('was made by no run of');
      const global = { global: component('aurora-global-cluster', 'global'), to: standby, from: orders };
      await scene.step(switchOver, global, 'planned');
      expect(reasons(await scene.prepare(removeReaders, given))).toContain(`${made[0]} is the writer`);
      expect(scene.changes.filter(({ call }) => call === 'rds.DeleteDBInstance')).toEqual([]);
    }));

  it('takes the last ones from a cluster that only reads what another one writes', () =>
    inData(async scene => {
      for (const id of ['app-orders-dr-1', 'app-orders-dr-2']) {
        await scene.call('rds.DeleteDBInstance', recovery, { DBInstanceIdentifier: id });
      }
      await scene.wait(1200);
      await scene.step(addReaders, add);
      expect(await scene.step(removeReaders, given)).toMatchObject({ status: 'done', outputs: { left: 0 } });
    }));

  it('may delete instances of this cluster that carry the tag of a run', () => {
    const permissions = removeReaders.permissions(removeReaders.parameters.parse(given), {
      primary,
      recovery,
    });
    expect(permissions.find(({ actions }) => actions.includes('rds:DeleteDBInstance'))).toEqual({
      actions: ['rds:DeleteDBInstance'],
      resources: [`arn:\${AWS::Partition}:rds:${recovery}:\${AWS::AccountId}:db:app-orders-dr*`],
      conditions: { Null: { 'aws:ResourceTag/lifeboat:run': 'false' } },
    });
    expect(permissions.flatMap(({ resources }) => resources)).not.toContain('*');
  });
});

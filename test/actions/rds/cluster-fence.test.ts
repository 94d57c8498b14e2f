import { describe, expect, it } from 'vitest';
import { action } from '../../../shared/actions/rds/fence.ts';
import { component, primary, recovery } from '../../support/data-plan.ts';
import { inData } from '../../support/data-world.ts';

const parameters = { database: component('rds-cluster', 'users'), acceptedRisks: [] as string[] };

describe('rds.fence of a DB cluster', () => {
  it('stops it with all its instances, and starts it again on undo', () =>
    inData(async scene => {
      const outcome = await scene.step(action, parameters);
      expect(outcome).toMatchObject({
        status: 'done',
        outputs: { verdict: 'fenced', proof: expect.stringContaining('app-users is stopped; RDS starts it') },
      });
      expect(scene.changes.map(({ call }) => call)).toEqual(['rds.StopDBCluster']);
      expect(await scene.undo(action, parameters, outcome)).toMatchObject({ status: 'done' });
      const { DBClusters } = await scene.call('rds.DescribeDBClusters', primary, {
        DBClusterIdentifier: 'app-users',
      });
      expect(DBClusters).toMatchObject([{ Status: 'available' }]);
    }));

  it('does nothing to a cluster that is stopped already', () =>
    inData(async scene => {
      await scene.step(action, parameters);
      expect(await scene.step(action, parameters)).toMatchObject({ status: 'already-done' });
    }));

  it('stops it once when the reply is lost', () =>
    inData(async scene => expect(await scene.step(action, parameters)).toMatchObject({ status: 'done' }), {
      faults: ['lost-reply:rds.StopDBCluster'],
    }));

  it('refuses a member of a global database, and says what to do instead', () =>
    inData(async scene => {
      const database = component('rds-cluster', 'orders');
      expect(await scene.prepare(action, { ...parameters, database })).toMatchObject({
        status: 'refused',
        reasons: [{ mend: expect.stringContaining('rds.switchover-global-cluster') }],
      });
    }));

  it('fails for a Multi-AZ DB cluster, which RDS does not stop', () =>
    inData(async scene => {
      const database = component('rds-cluster', 'stock');
      expect(await scene.step(action, { ...parameters, database })).toMatchObject({
        status: 'failed',
        reasons: [{ what: expect.stringContaining('would make two writers') }],
      });
    }));

  it('a lost region is never fenced without the accepted risk', () =>
    inData(async scene => {
      scene.world.loseRegion(primary);
      expect(await scene.step(action, parameters)).toMatchObject({ status: 'failed' });
      expect(await scene.step(action, { ...parameters, acceptedRisks: ['unfenced-writer'] })).toMatchObject({
        status: 'done',
        outputs: { verdict: 'not-provable' },
      });
    }));

  it('may stop this cluster and nothing else', () => {
    expect(action.permissions(parameters, { primary, recovery })).toEqual([
      {
        actions: ['rds:DescribeDBClusters', 'rds:StopDBCluster', 'rds:StartDBCluster'],
        resources: ['arn:${AWS::Partition}:rds:ap-southeast-2:${AWS::AccountId}:cluster:app-users'],
      },
    ]);
  });
});

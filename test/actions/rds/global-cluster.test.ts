import { describe, expect, it } from 'vitest';
import { action as failover } from '../../../shared/actions/rds/failover-global-cluster.ts';
import { action as switchover } from '../../../shared/actions/rds/switchover-global-cluster.ts';
import { clusterEndpointOf, clusterState } from '../../../simulator/services/rds/clusters.ts';
import { setClusterParameter } from '../../../simulator/services/rds/parameter-groups.ts';
import { appDependencies } from '../../../simulator/world/dependencies.ts';
import { metricsOf } from '../../../simulator/world/metrics.ts';
import { component, primary, recovery } from '../../support/data-plan.ts';
import { type DataScene, inData } from '../../support/data-world.ts';

const orders = component('rds-cluster', 'orders');
const standby = component('rds-cluster', 'orders-recovery');
const members = { global: component('aurora-global-cluster', 'global'), to: standby, from: orders };
const forced = { ...members, maxLoss: '5m' };
const endpoint = clusterEndpointOf(recovery, 'app-orders-dr');

const serverAt = ({ world }: DataScene, host: string) => appDependencies(world).serverAt(host);
const deleteMembers = async (scene: DataScene) => {
  for (const id of ['app-orders-dr-1', 'app-orders-dr-2']) {
    await scene.call('rds.DeleteDBInstance', recovery, { DBInstanceIdentifier: id });
  }
};

describe('rds.switchover-global-cluster', () => {
  it('is done when the other region is the primary and takes a write; nothing is lost', () =>
    inData(async scene => {
      await scene.wait(180);
      const before = serverAt(scene, clusterEndpointOf(primary, 'app-orders'));
      const outcome = await scene.step(switchover, members, 'planned');
      expect(outcome).toMatchObject({
        status: 'done',
        outputs: { writer: 'app-orders-dr', endpoint, port: 5432, lossSeconds: 0 },
      });
      expect(scene.statements.at(-1)).toBe(`${endpoint} ${standby.writeProbe}`);
      expect(serverAt(scene, endpoint)).toEqual(before);
      expect(appDependencies(scene.world).databaseAt(clusterEndpointOf(primary, 'app-orders'))).toMatchObject(
        {
          writable: false,
        },
      );
    }));

  it('finds it done already, and goes back on undo', () =>
    inData(async scene => {
      const outcome = await scene.step(switchover, members, 'planned');
      expect(await scene.step(switchover, members, 'planned')).toMatchObject({ status: 'already-done' });
      expect(await scene.undo(switchover, members, outcome, 'planned')).toMatchObject({
        status: 'done',
        outputs: { writer: 'app-orders' },
      });
    }));

  it('refuses another minor version of the engine, and leaves patch levels to AWS', () =>
    inData(async scene => {
      const versions = async (here: string, there: string) => {
        for (const { shown } of clusterState(scene.world).clusters.values()) {
          if (shown.DBClusterIdentifier === 'app-orders') shown.EngineVersion = here;
          if (shown.DBClusterIdentifier === 'app-orders-dr') shown.EngineVersion = there;
        }
        return scene.prepare(switchover, members, 'planned');
      };
      expect(await versions('16.4', '16.3')).toMatchObject({
        status: 'refused',
        reasons: [{ what: expect.stringContaining('between equal versions only') }],
      });
      const patched = await versions('8.0.mysql_aurora.3.08.1', '8.0.mysql_aurora.3.08.2');
      expect(patched.status).toBe('ready');
    }));

  it('goes on to the proof when an earlier attempt has moved the writer, and does not move it again', () =>
    inData(async scene => {
      await scene.step(switchover, members, 'planned');
      const [, name = ''] = /^secret:([^#]+)/.exec(standby.credentials) ?? [];
      await scene.call('secretsmanager.PutSecretValue', recovery, { SecretId: name, SecretString: '{}' });
      const what = expect.stringContaining('app-orders-dr is the primary, but');
      const proving = { status: 'ready', evidence: [{ what }] };
      expect(await scene.prepare(switchover, members, 'planned')).toMatchObject(proving);
      expect(await scene.prepare(failover, forced)).toMatchObject(proving);
      await switchover.act?.(scene.context('planned'), members, {
        targetArn: 'x',
        sourceArn: 'y',
        lag: null,
      });
      expect(scene.world.changes.filter(({ what: said }) => said.includes('switchover'))).toHaveLength(1);
      // Nobody has to wait for the time-out: a secret without a password does not mend itself.
      const baseline = { targetArn: 'x', sourceArn: 'y', lag: null };
      expect(await switchover.observe(scene.context('planned'), members, baseline)).toMatchObject({
        status: 'failed',
        reasons: [{ what, mend: expect.stringContaining('secret') }],
      });
      await deleteMembers(scene);
      expect((await scene.prepare(switchover, members, 'planned')).status).toBe('refused');
    }));

  it('asks once when the reply is lost, and reads what is stale', () =>
    inData(
      async scene => {
        expect(await scene.step(switchover, members, 'planned')).toMatchObject({ status: 'done' });
        expect(scene.world.changes.filter(({ what }) => what.includes('switchover'))).toHaveLength(1);
      },
      { faults: ['lost-reply:rds.SwitchoverGlobalCluster', 'stale-read:rds'] },
    ));

  it('takes one request without an answer for no answer of a region', () =>
    inData(
      async scene => expect(await scene.prepare(switchover, members)).toMatchObject({ status: 'ready' }),
      {
        faults: ['error5xx:rds.DescribeGlobalClusters'],
      },
    ));

  it('refuses when the primary region does not answer', () =>
    inData(async scene => {
      scene.world.loseRegion(primary);
      expect(await scene.prepare(switchover, members)).toMatchObject({
        status: 'refused',
        reasons: [{ mend: expect.stringContaining('rds.failover-global-cluster') }],
      });
    }));

  it('refuses a secondary that nobody can connect to, one too far behind, and the wrong direction', () =>
    inData(async scene => {
      metricsOf(scene.world).length = 0;
      expect(await scene.prepare(switchover, { ...members, maxLag: '1m' })).toMatchObject({
        status: 'refused',
        reasons: [{ what: expect.stringContaining('an unknown time behind') }],
      });
      const back = { ...members, to: orders, from: standby };
      expect(await scene.prepare(switchover, back)).toMatchObject({ status: 'already-done' });
      await deleteMembers(scene);
      expect(await scene.prepare(switchover, members)).toMatchObject({
        status: 'refused',
        reasons: [{ what: expect.stringContaining('no DB instance') }],
      });
    }));
});

describe('rds.failover-global-cluster', () => {
  const lose = async (scene: DataScene) => {
    await scene.wait(240);
    scene.world.loseRegion(primary);
    await scene.wait(300);
  };
  /** A run whose outage began when the region was lost. */
  const risky = { ...forced, acceptedRisks: ['data-loss'] };

  it('takes over in the recovery region and says how much can be missing', () =>
    inData(async scene => {
      await scene.wait(240);
      scene.world.loseRegion(primary);
      await scene.wait(300);
      const outcome = await scene.step(failover, forced);
      expect(outcome).toMatchObject({
        status: 'done',
        outputs: { writer: 'app-orders-dr', endpoint, lossSeconds: expect.any(Number) },
      });
      const { outputs } = outcome as unknown as { outputs: { lossSeconds: number; measuredAt: string } };
      expect(outputs.lossSeconds).toBeLessThan(5);
      expect(Date.parse(outputs.measuredAt)).toBeGreaterThan(0);
      expect(serverAt(scene, endpoint)).toMatchObject({ copyOf: { id: 'global/app-global' } });
    }));

  it('refuses when nobody knows how much is lost, unless a person has accepted it', () =>
    inData(async scene => {
      scene.world.loseRegion(primary);
      metricsOf(scene.world).length = 0;
      expect(await scene.prepare(failover, forced)).toMatchObject({
        status: 'refused',
        reasons: [
          { what: expect.stringContaining('Nobody knows'), mend: expect.stringContaining('data-loss') },
        ],
      });
      expect(await scene.step(failover, risky)).toMatchObject({
        status: 'done',
        outputs: { lossSeconds: -1, measuredAt: '' },
      });
    }));

  it('refuses to throw commits away while the primary takes writes', () =>
    inData(async scene => {
      await scene.wait(240);
      expect(await scene.prepare(failover, forced)).toMatchObject({
        status: 'refused',
        reasons: [{ what: expect.stringContaining('still accepts writes') }],
      });
    }));

  it('refuses a loss above what the plan allows', () =>
    inData(async scene => {
      await lose(scene);
      // The lag of the simulated world is below a second, so only zero is too little.
      expect(await scene.prepare(failover, { ...forced, maxLoss: '0s' })).toMatchObject({
        status: 'refused',
        reasons: [{ what: expect.stringContaining('of commits would be lost, and the plan allows 0 s') }],
      });
    }));

  it('finds ahead of an outage that writes would stand still after it, where the engine has such a parameter', () =>
    inData(async scene => {
      await scene.wait(240);
      const shown = clusterState(scene.world).clusters.get(`${recovery}/app-orders-dr`)?.shown;
      Object.assign(shown ?? {}, { DBClusterParameterGroup: 'orders-16' });
      setClusterParameter(scene.world, recovery, 'orders-16', 'rds.global_db_rpo', '20');
      expect(await scene.prepare(failover, forced, 'dry-run')).toMatchObject({
        status: 'refused',
        reasons: [{ what: expect.stringContaining('may let no write commit') }],
      });
      Object.assign(shown ?? {}, { Engine: 'aurora-mysql' });
      const other = { ...forced, to: { ...standby, engine: 'aurora-mysql' as const } };
      expect(JSON.stringify(await scene.prepare(failover, other, 'dry-run'))).not.toContain(
        'no write commit',
      );
    }));

  it('asks once when the reply is lost', () =>
    inData(
      async scene => {
        await lose(scene);
        expect(await scene.step(failover, forced)).toMatchObject({ status: 'done' });
        expect(scene.world.changes.filter(({ what }) => what.includes('The failover of'))).toHaveLength(1);
        expect(await scene.step(failover, forced)).toMatchObject({ status: 'already-done' });
      },
      { faults: ['lost-reply:rds.FailoverGlobalCluster'] },
    ));

  it('never goes further than the checks in a drill, and may change this global database only', () => {
    for (const [action, call] of [
      [failover, 'rds:FailoverGlobalCluster'],
      [switchover, 'rds:SwitchoverGlobalCluster'],
    ] as const) {
      expect(action.drill).toBe('prepare-only');
      const permissions = action.permissions({ ...forced, acceptedRisks: [], maxLoss: 1 } as never, {
        primary,
        recovery,
      });
      expect(permissions.find(({ actions }) => actions.includes(call))?.resources).toEqual([
        'arn:${AWS::Partition}:rds::${AWS::AccountId}:global-cluster:app-global',
        'arn:${AWS::Partition}:rds:ap-southeast-4:${AWS::AccountId}:cluster:app-orders-dr',
        'arn:${AWS::Partition}:rds:ap-southeast-2:${AWS::AccountId}:cluster:app-orders',
      ]);
    }
  });
});

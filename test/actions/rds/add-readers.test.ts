import { describe, expect, it } from 'vitest';
import { action as addReaders } from '../../../shared/actions/rds/add-readers.ts';
import { action as failOver } from '../../../shared/actions/rds/failover-global-cluster.ts';
import { action as switchOver } from '../../../shared/actions/rds/switchover-global-cluster.ts';
import { isAtLeast } from '../../../shared/aws/rds-instance-classes.ts';
import { clusterState } from '../../../simulator/services/rds/clusters.ts';
import { rdsState } from '../../../simulator/services/rds/state.ts';
import { component, primary, recovery } from '../../support/data-plan.ts';
import { type DataScene, inData } from '../../support/data-world.ts';

const standby = component('rds-cluster', 'orders-recovery');
const orders = component('rds-cluster', 'orders');
const members = { global: component('aurora-global-cluster', 'global'), to: standby, from: orders };
const given = { database: standby, instances: 2, class: 'db.r6g.2xlarge' };
const made = ['app-orders-dr-20260310-3f9c1a-1', 'app-orders-dr-20260310-3f9c1a-2'];

const membersIn = ({ world }: DataScene) =>
  clusterState(world).clusters.get(`${recovery}/app-orders-dr`)?.shown.DBClusterMembers ?? [];
const namesIn = (scene: DataScene) =>
  membersIn(scene).map(({ DBInstanceIdentifier }) => DBInstanceIdentifier);
const writerIn = (scene: DataScene) =>
  membersIn(scene).find(({ IsClusterWriter }) => IsClusterWriter)?.DBInstanceIdentifier;
const emptied = async (scene: DataScene) => {
  for (const id of ['app-orders-dr-1', 'app-orders-dr-2']) {
    await scene.call('rds.DeleteDBInstance', recovery, { DBInstanceIdentifier: id });
  }
  await scene.wait(1200);
};
const reasons = (outcome: object) => JSON.stringify('reasons' in outcome ? outcome.reasons : '');

describe('rds.add-readers', () => {
  it('is done when as many as wanted answer a read, and undo deletes those and no others', () =>
    inData(async scene => {
      const outcome = await scene.step(addReaders, given, 'drill');
      expect(outcome).toMatchObject({ status: 'done', outputs: { instances: 2, made } });
      expect(scene.statements.filter(line => /3f9c1a-[12]\./.test(line)).length).toBeGreaterThanOrEqual(2);
      expect(await scene.prepare(addReaders, given)).toMatchObject({
        status: 'already-done',
        baseline: { make: made },
      });
      expect(await scene.undo(addReaders, given, outcome, 'drill')).toMatchObject({ status: 'done' });
      expect(namesIn(scene)).toEqual(['app-orders-dr-1', 'app-orders-dr-2']);
    }));

  it('counts what is big enough already, and makes only what is missing', () =>
    inData(async scene => {
      const small = { ...given, instances: 3, class: 'db.r6g.large' };
      expect(await scene.step(addReaders, small)).toMatchObject({
        outputs: { instances: 3, made: [made[0]] },
      });
      expect(await scene.prepare(addReaders, { ...small, instances: 2 })).toMatchObject({
        status: 'already-done',
        outputs: { instances: 3 },
      });
    }));

  it('gives a cluster that only keeps the data instances that can take over, one of which becomes the writer', () =>
    inData(async scene => {
      await emptied(scene);
      expect(reasons(await scene.prepare(switchOver, members, 'planned'))).toContain('no DB instance');
      expect(await scene.step(addReaders, given)).toMatchObject({ status: 'done' });
      expect(writerIn(scene)).toBeUndefined();
      expect(await scene.step(switchOver, members, 'planned')).toMatchObject({ status: 'done' });
      expect(made).toContain(writerIn(scene));
    }));

  it('makes the new one the writer and not a small one, and keeps it then', () =>
    inData(async scene => {
      const outcome = await scene.step(addReaders, given);
      scene.world.loseRegion(primary);
      const risky = { ...members, maxLoss: '5m', acceptedRisks: ['data-loss'] };
      expect(await scene.step(failOver, risky)).toMatchObject({ status: 'done' });
      expect(writerIn(scene)).toBe(made[0]);
      const undone = await scene.undo(addReaders, given, outcome);
      expect(reasons(undone)).toContain('is the writer of app-orders-dr now, so it is not deleted');
      expect(namesIn(scene)).toEqual(['app-orders-dr-1', 'app-orders-dr-2', made[0]]);
    }));

  it('makes each one once, with the end of its life only in a drill', () =>
    inData(
      async scene => {
        expect(await scene.step(addReaders, given)).toMatchObject({ status: 'done' });
        expect(namesIn(scene)).toHaveLength(4);
        const tags = rdsState(scene.world).instances.get(`${recovery}/${made[0]}`)?.shown.TagList;
        expect(tags?.map(({ Key }) => Key)).toEqual(['lifeboat:run', 'lifeboat:system']);
      },
      { faults: ['lost-reply:rds.CreateDBInstance', 'stale-read:rds'] },
    ));

  it('waits while an available instance answers no query', () =>
    inData(async scene => {
      const outcome = await scene.step(addReaders, given);
      const instance = rdsState(scene.world).instances.get(`${recovery}/${made[1]}`);
      if (instance) instance.serving = false;
      const context = scene.context();
      const parsed = addReaders.parameters.parse(given);
      expect(await addReaders.observe(context, parsed, outcome.baseline ?? {})).toMatchObject({
        status: 'pending',
        note: expect.stringContaining('answers no query'),
      });
    }));

  it.each([
    ['a class that RDS does not offer', { class: 'db.r99.huge' }, 'RDS does not offer db.r99.huge'],
    ['serverless instances without a range', { class: 'db.serverless' }, 'has no range of capacity'],
    ['more than a cluster may have', { instances: 16 }, 'above the 16 that a cluster may have'],
    [
      'a cluster that is not there',
      { database: { ...standby, identifier: 'gone' } },
      'There is no cluster gone',
    ],
    [
      'a Multi-AZ DB cluster',
      { database: component('rds-cluster', 'stock') },
      'whose three instances are all that it can have',
    ],
  ])('refuses %s', (_what, more, reason) =>
    inData(async scene => {
      expect(reasons(await scene.prepare(addReaders, { ...given, ...more }))).toContain(reason);
      expect(scene.changes).toEqual([]);
    }),
  );

  it('says what to do when the quota is reached', () =>
    inData(async scene => {
      const instances = rdsState(scene.world).instances;
      const [other] = instances.values();
      for (let count = 0; count < 40; count++) {
        if (other) instances.set(`${recovery}/x-${count}`, { ...structuredClone(other), region: recovery });
      }
      await expect(scene.step(addReaders, given)).rejects.toMatchObject({
        name: 'RefusedError',
        nextStep: expect.stringContaining('rds/L-7B6409FD'),
      });
    }));

  it('touches nothing of the primary region in a drill', () =>
    inData(async scene => {
      const outcome = await scene.prepare(addReaders, { ...given, database: orders }, 'drill');
      expect(reasons(outcome)).toContain('This is a drill');
    }));

  it('may make and delete instances of this cluster with the tag of a run only', () => {
    const permissions = addReaders.permissions(addReaders.parameters.parse(given), { primary, recovery });
    const arn = `arn:\${AWS::Partition}:rds:${recovery}:\${AWS::AccountId}:db:app-orders-dr*`;
    expect(permissions.filter(({ resources }) => resources.includes(arn))).toMatchObject([
      { actions: ['rds:CreateDBInstance', 'rds:AddTagsToResource'], conditions: { Null: {} } },
      {
        actions: ['rds:DeleteDBInstance'],
        conditions: { Null: { 'aws:ResourceTag/lifeboat:run': 'false' } },
      },
    ]);
    const open = permissions.filter(({ resources }) => resources.includes('*'));
    expect(open.flatMap(({ actions }) => actions)).toEqual(['rds:DescribeOrderableDBInstanceOptions']);
  });
});

it.each([
  ['db.r6g.2xlarge', 'db.r6g.large', true],
  ['db.r6g.large', 'db.r6g.2xlarge', false],
  ['db.r6g.large', 'db.r6g.medium', true],
  ['db.r7g.16xlarge', 'db.r6g.large', false],
  ['db.serverless', 'db.serverless', true],
  [undefined, 'db.r6g.large', false],
])('%s can do what %s can: %s', (one, other, expected) => {
  expect(isAtLeast(one, other)).toBe(expected);
});

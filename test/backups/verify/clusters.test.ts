import { describe, expect, it } from 'vitest';
import { makingPermissions } from '../../../deploy/backup-statements/making.ts';
import { provingPermissions } from '../../../deploy/backup-statements/proving.ts';
import { checkBackups } from '../../../shared/backups/check.ts';
import { createBackup } from '../../../shared/backups/create.ts';
import { listVerifications } from '../../../shared/backups/verify/state.ts';
import { throwAwaysIn } from '../../../simulator/backups/left-behind.ts';
import { onStage, type Stage, type StageRequest } from '../../../simulator/backups/stage.ts';
import { clusterState } from '../../../simulator/services/rds/clusters.ts';
import { sleep } from '../../../simulator/world/sleep.ts';
import type { Call } from '../../../simulator/world/world.ts';
import { clusterPlan } from '../cluster-plan.ts';
import { planDirectory } from '../fleet-plan.ts';

const aurora = await clusterPlan();
const multiAz = await clusterPlan('postgres');

/** Proves one backup; what was asked of AWS is in `calls`. */
async function prove(
  backup: string,
  request: Partial<StageRequest> & { point?: string } = {},
  look: (stage: Stage) => Promise<void> = async () => {},
) {
  const { point = '', ...rest } = request;
  const calls: Call[] = [];
  return onStage({ plan: aurora, planDirectory, seed: 1, ...rest }, async stage => {
    stage.world.onCall(call => calls.push(call));
    const { result } = stage.engine.startExecution({
      stateMachineArn: stage.runtime.settings.verifyMachineArns?.one ?? '',
      name: 'proof',
      input: { backup, by: 'test', point },
    });
    await result;
    await look(stage);
    const [verification] = await listVerifications(stage.runtime);
    return { verification, calls, left: throwAwaysIn(stage.world) };
  });
}
const inputOf = (calls: Call[], operation: string) => calls.find(call => call.operation === operation)?.input;
const namesOf = (calls: Call[]) => calls.map(({ operation }) => operation);

describe('a cluster', () => {
  it.each([
    ['orders-copies', 'cluster-snapshot', 'RestoreDBClusterFromSnapshot'],
    ['orders-vault', 'cluster-snapshot', 'RestoreDBClusterFromSnapshot'],
    ['orders-automated', 'cluster-time', 'RestoreDBClusterToPointInTime'],
  ])('of %s is restored with its instance, asked and removed', async (backup, method, call) => {
    const { verification, calls, left } = await prove(backup);
    expect(verification).toMatchObject({
      outcome: 'proven',
      point: { method },
      tornDown: true,
      rpoSeconds: 360,
      reasons: [],
    });
    expect(left).toEqual([]);
    const asked = namesOf(calls);
    expect(asked.filter(name => name === 'CreateDBInstance')).toHaveLength(1);
    expect(asked.indexOf('DeleteDBInstance')).toBeLessThan(asked.indexOf('DeleteDBCluster'));
    expect(inputOf(calls, call)).toMatchObject({
      DBSubnetGroupName: 'orders-isolated',
      DeletionProtection: false,
    });
    expect(inputOf(calls, 'ModifyDBCluster')).toMatchObject({ ManageMasterUserPassword: true });
    expect(inputOf(calls, 'DeleteDBCluster')).toMatchObject({ SkipFinalSnapshot: true });
  });

  it('takes the version of its snapshot, and not the newest that RDS has', async () => {
    const { calls } = await prove('orders-copies');
    expect(inputOf(calls, 'RestoreDBClusterFromSnapshot')).toMatchObject({ EngineVersion: '16.4' });
  });

  it('that is Multi-AZ makes its instances itself', async () => {
    const { verification, calls, left } = await prove('orders-copies', { plan: multiAz });
    expect(verification).toMatchObject({ outcome: 'proven', tornDown: true });
    expect(namesOf(calls)).not.toContain('CreateDBInstance');
    expect(left).toEqual([]);
  });

  it('is restored to a time, or to a random one', async () => {
    const at = '2026-03-09T10:00:00Z';
    const { verification } = await prove('orders-automated', { point: at });
    expect(verification).toMatchObject({ outcome: 'proven', point: { at: '2026-03-09T10:00:00.000Z' } });
    const random = await prove('orders-automated', { point: 'random' });
    expect(random.verification).toMatchObject({ outcome: 'proven', point: { useLatest: false } });
  });

  it('without any snapshot in the recovery region is a finding, with what would be lost', async () => {
    const { verification } = await prove('orders-copies', { faults: ['no-snapshot'] });
    expect(verification).toMatchObject({ outcome: 'not-proven' });
    expect(verification?.reasons[0]?.what).toMatch(/nothing to restore in ap-southeast-4/);
  });

  it.each([
    'lost-reply:rds.RestoreDBClusterFromSnapshot',
    'lost-reply:rds.CreateDBInstance',
    'lost-reply:rds.ModifyDBCluster',
    'lost-reply:rds.DeleteDBInstance',
    'lost-reply:rds.DeleteDBCluster',
    'error5xx:rds.DescribeDBClusters',
    'stale-read:rds',
    'handler-crash:verify',
  ])('leaves nothing behind with %s', async fault => {
    const { verification, left } = await prove(
      'orders-copies',
      { faults: [fault] },
      async ({ functions }) => {
        for (const _ of [1, 2]) {
          await sleep(3_600_000);
          await functions.invoke('verify', { operation: 'sweep' });
        }
        await sleep(3_600_000);
      },
    );
    expect(verification?.outcome).toBe('proven');
    expect(left).toEqual([]);
  });

  it.each([2, 20, 35, 42])(
    'whose proof is stopped after %i minutes is removed by the sweeper',
    async minutes => {
      await onStage(
        { plan: aurora, planDirectory, seed: 1 },
        async ({ engine, runtime, world, functions }) => {
          const { executionArn, result } = engine.startExecution({
            stateMachineArn: runtime.settings.verifyMachineArns?.one ?? '',
            input: { backup: 'orders-copies', by: 'test' },
          });
          const startDate = world.nowMs();
          setTimeout(() => engine.stopExecution(executionArn), minutes * 60_000);
          const { status } = await result;
          const detail = { executionArn, startDate, status };
          await functions.invoke('verify', {
            'detail-type': 'Step Functions Execution Status Change',
            detail,
          });
          expect(throwAwaysIn(world).length).toBeGreaterThan(0);
          for (const _ of [1, 2, 3]) {
            await sleep(3_600_000);
            await functions.invoke('verify', { 'detail-type': 'Scheduled Event' });
          }
          expect(throwAwaysIn(world)).toEqual([]);
          expect(
            [...clusterState(world).clusters.values()].map(({ shown }) => shown.DBClusterIdentifier),
          ).toEqual(['liquid-abt-orders']);
        },
      );
    },
  );
});

describe('backups of a cluster', () => {
  it('are in order when the schedules were kept', async () => {
    await onStage({ plan: aurora, planDirectory, seed: 1 }, async ({ runtime }) => {
      const results = await checkBackups(runtime, Object.keys(aurora.backups));
      expect(
        results.flatMap(({ backup, findings }) => findings.map(({ what }) => `${backup}: ${what}`)),
      ).toEqual([]);
    });
  });

  it('are made once and copied, and those over their time are removed', async () => {
    await onStage({ plan: aurora, planDirectory, seed: 1 }, async ({ runtime, world }) => {
      const dueAt = '2026-03-10T20:00:00Z';
      const own = () =>
        clusterState(world).snapshots.filter(({ shown }) =>
          shown.TagList?.some(({ Value }) => Value === 'orders-snapshots'),
        );
      const before = own().length;
      const made = await createBackup(runtime, { backup: 'orders-snapshots', dueAt, by: 'test' });
      await createBackup(runtime, { backup: 'orders-snapshots', dueAt, by: 'test' });
      expect(made).toMatchObject({
        status: 'made',
        id: 'liquid-abt-orders-orders-snapshots-2026-03-10-2000',
      });
      expect(own().length).toBeLessThanOrEqual(before + 1);
      await sleep(3_600_000);
      const copied = await createBackup(runtime, { backup: 'orders-copies', dueAt, by: 'test' });
      expect(copied).toMatchObject({ status: 'made', sourceTime: '2026-03-10T16:42:00.000Z' });
    });
  });
});

it('every call that proving and making ask for is allowed, and only on what a proof has made', async () => {
  const { calls } = await prove('orders-copies');
  const proving = provingPermissions(aurora);
  const actions = new Set(proving.flatMap(({ actions: allowed }) => allowed));
  const asked = calls.filter(({ service }) => service === 'rds').map(({ operation }) => `rds:${operation}`);
  expect([...new Set(asked)].filter(action => !actions.has(action))).toEqual([]);
  for (const { actions: allowed, resources, conditions } of [...proving, ...makingPermissions(aurora)]) {
    if (!allowed.some(action => /:(Delete|Modify)/.test(action))) continue;
    expect(resources).not.toContain('*');
    expect(JSON.stringify(conditions)).toMatch(/ResourceTag\/lifeboat:(purpose|backup)/);
  }
});

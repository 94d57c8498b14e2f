import { expect, it } from 'vitest';
import { checkBackups } from '../../shared/backups/check.ts';
import { listVerifications } from '../../shared/backups/verify/state.ts';
import { placesHeld } from '../../simulator/backups/places-held.ts';
import { onStage } from '../../simulator/backups/stage.ts';
import { rdsState } from '../../simulator/services/rds/state.ts';
import { fleetPlan, planDirectory } from './fleet-plan.ts';

it('many databases are proven within 1.05 times of what the quota allows, and never more at once', async () => {
  const atOnce = 4;
  await onStage(
    { plan: await fleetPlan(atOnce), planDirectory, seed: 3, fleetSize: 80 },
    async ({ engine, runtime, world }) => {
      let most = 0;
      world.onChange(() => {
        most = Math.max(
          most,
          [...rdsState(world).instances.keys()].filter(key => key.includes('proof')).length,
        );
      });
      const fromMs = world.nowMs();
      const { result } = engine.startExecution({
        stateMachineArn: runtime.settings.verifyMachineArns?.fleet ?? '',
        name: 'fleet',
        input: { by: 'test', fleet: 'monthly' },
      });
      expect(await result).toMatchObject({ status: 'SUCCEEDED', output: { proven: 80, notProven: 0 } });
      const seconds = (world.nowMs() - fromMs) / 1000;
      const held = placesHeld(world.changes);
      const bound = Math.max(held.reduce((sum, one) => sum + one, 0) / atOnce, ...held);
      expect(held).toHaveLength(80);
      expect(seconds / bound).toBeLessThan(1.05);
      expect(most).toBe(atOnce);
    },
  );
});

it('one bad database hides no other, and the same fleet started again proves only what is left', async () => {
  await onStage(
    { plan: await fleetPlan(20), planDirectory, seed: 1, fleetSize: 5 },
    async ({ engine, runtime, world }) => {
      const bad = rdsState(world).snapshots.filter(
        ({ shown }) => shown.DBInstanceIdentifier === 'tenant-0003',
      );
      for (const { shown } of bad) shown.KmsKeyId = 'arn:aws:kms:ap-southeast-4:123456789012:key/gone';
      const run = async (name: string) => {
        const input = { by: 'test', fleet: 'monthly' };
        const stateMachineArn = runtime.settings.verifyMachineArns?.fleet ?? '';
        return engine.startExecution({ stateMachineArn, name, input }).result;
      };
      expect(await run('first')).toMatchObject({ status: 'FAILED' });
      const first = await listVerifications(runtime);
      expect(
        first
          .filter(({ outcome }) => outcome === 'proven')
          .map(({ of }) => of)
          .sort(),
      ).toEqual(['tenant-0001', 'tenant-0002', 'tenant-0004', 'tenant-0005']);
      expect(first.find(({ of }) => of === 'tenant-0003')?.reasons[0]?.what).toMatch(/KMSKeyNotAccessible/);
      await run('second');
      expect(await listVerifications(runtime)).toHaveLength(first.length);
    },
  );
});

it('a database that never had a snapshot is missing; one of a region that does not answer is not asked for', async () => {
  const plan = await fleetPlan(20);
  await onStage({ plan, planDirectory, seed: 1, fleetSize: 3 }, async ({ runtime, world }) => {
    const { instances } = rdsState(world);
    const [sample] = instances.values();
    if (!sample) throw new Error('the plan has a database');
    const shown = { ...sample.shown, DBInstanceIdentifier: 'tenant-9999' };
    instances.set(`${plan.regions.primary}/tenant-9999`, { ...sample, shown });
    const [result] = await checkBackups(runtime, ['tenants']);
    expect(result?.findings.map(({ name, what }) => `${name}: ${what}`)).toEqual([
      'missing: tenant-9999 has no backup that can be restored from',
    ]);
    world.loseRegion(plan.regions.primary);
    expect((await checkBackups(runtime, ['tenants']))[0]?.findings).toEqual([]);
  });
});

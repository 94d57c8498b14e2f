import { expect, it } from 'vitest';
import { isThrowAway } from '../../../shared/backups/verify/instance.ts';
import { listVerifications } from '../../../shared/backups/verify/state.ts';
import { onStage } from '../../../simulator/backups/stage.ts';
import { rdsState } from '../../../simulator/services/rds/state.ts';
import { sleep } from '../../../simulator/world/sleep.ts';
import { hashToUnit } from '../../../simulator/world/world.ts';
import { liquidAbt, planDirectory } from '../fleet-plan.ts';

/** More can be run by hand: SEEDS=1000 vitest run test/backups/verify/campaign.test.ts */
const seeds = Number(process.env.SEEDS ?? 30);
const plan = await liquidAbt();

const operations = [
  'rds.DescribeDBInstances',
  'rds.DescribeDBSnapshots',
  'rds.DescribeDBInstanceAutomatedBackups',
  'rds.RestoreDBInstanceFromDBSnapshot',
  'rds.RestoreDBInstanceToPointInTime',
  'rds.DeleteDBInstance',
  'secretsmanager.GetSecretValue',
  's3.PutObject',
  'dynamodb.PutItem',
  'dynamodb.GetItem',
  'sns.Publish',
  'kms.DescribeKey',
];
const kinds = [
  (operation: string) => `error5xx:${operation}`,
  (operation: string) => `timeout:${operation}`,
  (operation: string) => `lost-reply:${operation}`,
  (operation: string) => `throttle:${operation.split('.')[0]}`,
  () => 'handler-crash:verify',
  () => 'stale-read:rds',
];

/** One to three faults, and for three runs of ten a moment at which the execution is stopped, from the seed alone. */
function drawn(seed: number) {
  const unit = (key: string) => hashToUnit(seed, key);
  const pick = <T>(list: readonly T[], key: string) => list[Math.floor(unit(key) * list.length)] as T;
  const faults = [0, 1, 2]
    .slice(0, 1 + Math.floor(unit('count') * 3))
    .map(index => pick(kinds, `kind/${index}`)(pick(operations, `operation/${index}`)));
  return {
    faults: [...new Set(faults)],
    backup: pick(['database-copies', 'database-replicated'], 'backup'),
    killedAfterMs: unit('kill') < 0.3 ? unit('when') * 5_400_000 : undefined,
  };
}

it(`leaves nothing behind in ${seeds} runs with faults at any call, a third of them killed`, {
  timeout: 600_000,
}, async () => {
  for (let seed = 1; seed <= seeds; seed++) {
    const { faults, backup, killedAfterMs } = drawn(seed);
    await onStage({ plan, planDirectory, seed, faults }, async ({ engine, runtime, world, functions }) => {
      const startDate = world.nowMs();
      const stateMachineArn = runtime.settings.verifyMachineArns?.one ?? '';
      const { executionArn, result } = engine.startExecution({
        stateMachineArn,
        name: 'x',
        input: { backup, by: 'campaign' },
      });
      if (killedAfterMs !== undefined) setTimeout(() => engine.stopExecution(executionArn), killedAfterMs);
      const { status } = await result;
      const detail = { executionArn, startDate, status };
      if (status !== 'SUCCEEDED') {
        await functions.deliver('verify', {
          'detail-type': 'Step Functions Execution Status Change',
          detail,
        });
      }
      for (let hour = 0; hour < 4; hour++) {
        await sleep(3_600_000);
        await functions.deliver('verify', { 'detail-type': 'Scheduled Event' });
      }
      const left = [...rdsState(world).instances.values()].filter(({ shown }) => isThrowAway(shown));
      const said = `seed ${seed}: ${faults.join(', ')}, killed after ${killedAfterMs} ms`;
      expect(
        left.map(({ shown }) => shown.DBInstanceIdentifier),
        said,
      ).toEqual([]);
      const outcomes = (await listVerifications(runtime)).map(({ outcome }) => outcome);
      expect(outcomes, said).not.toContain('under-way');
      if (killedAfterMs === undefined) expect(outcomes, said).toEqual(['proven']);
    });
  }
});

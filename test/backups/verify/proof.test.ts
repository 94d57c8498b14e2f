import { describe, expect, it } from 'vitest';
import { readEvidence } from '../../../shared/backups/evidence.ts';
import type { Verification } from '../../../shared/backups/verify/record.ts';
import { listVerifications } from '../../../shared/backups/verify/state.ts';
import { isThrowAway } from '../../../shared/backups/verify/throw-away-tags.ts';
import { verifyLedger } from '../../../shared/incident/ledger.ts';
import type { Json } from '../../../shared/json.ts';
import type { Plan, VerifyPlan } from '../../../shared/plan/schema.ts';
import { onStage, type Stage, type StageRequest } from '../../../simulator/backups/stage.ts';
import { validationResults } from '../../../simulator/services/backup.ts';
import { rdsState } from '../../../simulator/services/rds/state.ts';
import { sleep } from '../../../simulator/world/sleep.ts';
import { loadFixedMachines } from '../../../state-machines/fixed-machines.ts';
import { liquidAbt, planDirectory } from '../fleet-plan.ts';

const plan = await liquidAbt();
const id = 'database-copies';

type Ended = { verification: Verification | undefined; stage: Stage; status: string };

/** Proves one backup on a stage and looks at it before the stage is cleared. */
function prove<T>(
  request: Partial<StageRequest> & { input?: Json },
  look: (ended: Ended) => Promise<T> | T,
): Promise<T> {
  const { input = { backup: id, by: 'test' }, ...rest } = request;
  return onStage({ plan, planDirectory, seed: 1, ...rest }, async stage => {
    const { result } = stage.engine.startExecution({ stateMachineArn: arnOf(stage), name: 'proof', input });
    const { status } = await result;
    const [verification] = await listVerifications(stage.runtime);
    return look({ verification, stage, status });
  });
}
const arnOf = ({ runtime }: Stage) => runtime.settings.verifyMachineArns?.one ?? '';
const throwAways = ({ world }: Stage) =>
  [...rdsState(world).instances.values()].filter(({ shown }) => isThrowAway(shown));
const withVerify = (change: Partial<VerifyPlan>): Plan => {
  const backup = plan.backups[id];
  if (!backup?.verify) throw new Error('it is proven');
  return {
    ...plan,
    backups: { ...plan.backups, [id]: { ...backup, verify: { ...backup.verify, ...change } } },
  };
};

describe('a proof', () => {
  it('restores, asks, measures and removes, and appends what it found to the chain', async () => {
    await prove({}, async ({ verification, stage, status }) => {
      expect(status).toBe('SUCCEEDED');
      expect(verification).toMatchObject({ outcome: 'proven', tornDown: true, rpoSeconds: 360, reasons: [] });
      expect(verification?.rtoSeconds).toBeGreaterThan(600);
      expect(verification?.parts.map(({ name }) => name)).toEqual(['restore', 'queries', 'tear-down']);
      expect(throwAways(stage)).toEqual([]);
      expect(verification?.waitsFor).toBeUndefined();
      const evidence = await readEvidence(stage.runtime);
      expect(evidence.at(-1)?.entry).toMatchObject({
        type: 'backup-verified',
        verification: { outcome: 'proven' },
      });
      expect(verifyLedger(evidence)).toEqual({ ok: true });
    });
  });

  it('says meanwhile what it waits for', async () => {
    await onStage({ plan, planDirectory, seed: 1 }, async stage => {
      const { result } = stage.engine.startExecution({
        stateMachineArn: arnOf(stage),
        name: 'proof',
        input: { backup: id, by: 'test' },
      });
      await sleep(400_000);
      const [verification] = await listVerifications(stage.runtime);
      expect(verification?.waitsFor).toMatch(/^RDS still creates liquid-abt-proof-/);
      await result;
    });
  });

  it('uses a password that RDS made, in the isolated subnet group, without backups of its own', async () => {
    const seen: Record<string, unknown>[] = [];
    await prove(
      {
        prepare: world => world.onCall(call => call.operation.startsWith('Restore') && seen.push(call.input)),
      },
      () => {
        expect(seen[0]).toMatchObject({
          DBSubnetGroupName: 'liquid-abt-isolated',
          VpcSecurityGroupIds: ['sg-05c8e1f7a93d24b60'],
          ManageMasterUserPassword: true,
          PubliclyAccessible: false,
          BackupRetentionPeriod: 0,
          MultiAZ: false,
        });
      },
    );
  });

  it.each([
    [
      'stale data',
      {
        freshness: {
          sql: "SELECT max(purchased_at) - interval '5 hours' FROM bitcoin_purchases",
          within: 7200,
        },
      },
      /The newest row .* before the recovery point/,
    ],
    [
      'empty tables',
      { freshness: { sql: 'SELECT max(purchased_at) FROM bitcoin_purchases WHERE false', within: 7200 } },
      /there is no row/,
    ],
    [
      'too few rows',
      {
        queries: [
          { id: 'q', title: 'Purchases', sql: 'SELECT count(*) FROM bitcoin_purchases', min: 1_000_000 },
        ],
      },
      /Purchases: 600; expected at least 1000000/,
    ],
    [
      'another database',
      { queries: [{ id: 'q', title: 'Orders', sql: 'SELECT count(*) FROM orders', min: 1 }] },
      /Orders: .*does not exist/,
    ],
    [
      'sums that differ',
      { balances: [{ id: 'b', title: 'Sums', left: 'SELECT 1', right: 'SELECT 3', tolerance: 1 }] },
      /Sums: 1 against 3/,
    ],
    ['a restore that takes too long', { within: 300 }, /The restore took .*5 min are allowed/],
  ] as [string, Partial<VerifyPlan>, RegExp][])(
    'is none for %s, pages people, and tears down',
    async (_, change, why) => {
      await prove({ plan: withVerify(change) }, ({ verification, stage, status }) => {
        expect(status).toBe('FAILED');
        expect(verification).toMatchObject({ outcome: 'not-proven', tornDown: true });
        expect(verification?.reasons.map(({ what }) => what).join()).toMatch(why);
        expect(throwAways(stage)).toEqual([]);
        expect(stage.world.calls.get('sns.Publish')).toBeGreaterThan(0);
      });
    },
  );

  it('is none when there is nothing to restore: that is recorded, and nothing is skipped', async () => {
    await prove(
      {
        prepare: world => {
          rdsState(world).snapshots = [];
        },
      },
      ({ verification, status }) => {
        expect(status).toBe('FAILED');
        expect(verification?.reasons[0]?.what).toMatch(/there is nothing to restore in ap-southeast-4/);
      },
    );
  });

  it('restores to a time, or to a random one that is the same for the same execution', async () => {
    const input = (point: string) => ({ backup: 'database-replicated', by: 'test', point });
    const pointOf = (point: string) =>
      prove({ input: input(point) }, ({ verification }) => verification?.point?.at);
    expect(await pointOf('2026-03-09T10:00:00Z')).toBe('2026-03-09T10:00:00.000Z');
    expect(await pointOf('random')).toBe(await pointOf('random'));
  });

  it('tells AWS Backup restore testing when a restore job of theirs started it', async () => {
    await prove({ input: { backup: id, by: 'restore-testing', restoreJob: 'job-1' } }, ({ stage }) => {
      expect(validationResults(stage.world)).toMatchObject([{ job: 'job-1', status: 'SUCCESSFUL' }]);
    });
  });

  it.each([
    'lost-reply:rds.RestoreDBInstanceFromDBSnapshot',
    'lost-reply:rds.DeleteDBInstance',
    'error5xx:rds.DescribeDBInstances',
    'timeout:rds.DeleteDBInstance',
    'throttle:rds',
    'stale-read:rds',
    'handler-crash:verify',
    'throttle:dynamodb',
    'lost-reply:s3.PutObject',
  ])('leaves nothing behind with %s', async fault => {
    await prove({ faults: [fault] }, async ({ verification, stage }) => {
      await sleep(3_600_000);
      await stage.functions.invoke('verify', { operation: 'sweep' });
      await sleep(3_600_000);
      expect(throwAways(stage).map(({ shown }) => shown.DBInstanceIdentifier)).toEqual([]);
      expect(verification?.outcome).toBe('proven');
    });
  });
});

describe('a proof that is killed', () => {
  const states = Object.entries(loadFixedMachines().verify.States)
    .filter(([, { Type }]) => Type === 'Task' || Type === 'Wait')
    .map(([name]) => name);
  /** What has to go wrong so that a state is entered at all. */
  const rare: Record<string, StageRequest['prepare']> = {
    'Wait for room': world => {
      const { instances } = rdsState(world);
      const [one] = instances.values();
      for (let nth = 0; one && nth < 40; nth++) {
        const DBInstanceIdentifier = `other-${nth}`;
        const shown = { ...one.shown, DBInstanceIdentifier, TagList: [] };
        instances.set(`ap-southeast-4/${DBInstanceIdentifier}`, { ...one, region: 'ap-southeast-4', shown });
      }
    },
    'Note the failure': world => rdsState(world).subnetGroups.clear(),
  };

  describe.each([true, false])('with its end event: %s,', withEvent => {
    it.each(states)('at "%s" leaves nothing that the sweeper does not remove', async state => {
      let reached = false;
      let stop = () => {};
      await onStage(
        {
          plan,
          planDirectory,
          seed: 1,
          ...(rare[state] && { prepare: rare[state] }),
          onTransition: transition => {
            if (transition.state === state) {
              reached = true;
              stop();
            }
          },
        },
        async stage => {
          const started = stage.world.now();
          const { executionArn, result } = stage.engine.startExecution({
            stateMachineArn: arnOf(stage),
            name: 'killed',
            input: { backup: id, by: 'test' },
          });
          stop = () => setTimeout(() => stage.engine.stopExecution(executionArn), 10);
          if (reached) stop();
          const { status } = await result;
          expect({ reached, status }).toEqual({ reached: true, status: 'ABORTED' });
          const detail = { executionArn, startDate: started.getTime(), status };
          if (withEvent) {
            const ended = { 'detail-type': 'Step Functions Execution Status Change', detail };
            await stage.functions.invoke('verify', ended);
          }
          // Without the event only the time to live says that nobody comes back: three times two hours, and a day.
          for (let hour = 0; hour < (withEvent ? 3 : 40); hour++) {
            await sleep(3_600_000);
            await stage.functions.invoke('verify', { 'detail-type': 'Scheduled Event' });
          }
          expect(throwAways(stage).map(({ shown }) => shown.DBInstanceIdentifier)).toEqual([]);
          for (const one of await listVerifications(stage.runtime)) expect(one.outcome).not.toBe('under-way');
        },
      );
    });
  });
});

it('the sweeper closes a proof whose execution ended before anybody knew of it', async () => {
  await onStage({ plan, planDirectory, seed: 1 }, async ({ functions, runtime }) => {
    const wish = { backup: id, by: 'test' };
    const execution = 'arn:aws:states:ap-southeast-4:123456789012:execution:verify:lost';
    await functions.invoke('verify', {
      operation: 'begin',
      wish,
      execution,
      startedAt: '2026-03-10T16:42:00Z',
    });
    await functions.invoke('verify', { operation: 'sweep' });
    expect((await listVerifications(runtime))[0]?.outcome).toBe('under-way');
    await sleep(26 * 3_600_000);
    await functions.invoke('verify', { operation: 'sweep' });
    expect((await listVerifications(runtime))[0]).toMatchObject({ outcome: 'not-proven' });
  });
});

it('the sweeper removes nothing that no proof has made', async () => {
  await onStage({ plan, planDirectory, seed: 1 }, async ({ world, functions }) => {
    const before = [...rdsState(world).instances.keys()];
    expect(before.length).toBeGreaterThan(0);
    await functions.invoke('verify', { operation: 'sweep' });
    await sleep(3_600_000);
    expect([...rdsState(world).instances.keys()]).toEqual(before);
  });
});

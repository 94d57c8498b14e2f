import { describe, expect, it } from 'vitest';
import { recoveryPoints } from '../../shared/backups/survey/other-services.ts';
import { surveyBackup } from '../../shared/backups/survey.ts';
import { loadPlan } from '../../shared/plan/load.ts';
import { onStage, type Stage } from '../../simulator/backups/stage.ts';
import { snapshotsOf } from '../../simulator/services/ec2/snapshots.ts';
import { sleep } from '../../simulator/world/sleep.ts';

const planDirectory = 'plans/waqiti';
const { plan } = await loadPlan(`${planDirectory}/plan.yml`);
if (!plan) throw new Error('the plan of Waqiti has errors');
const hourMs = 3_600_000;

const make = ({ functions, world }: Stage, backup: string) =>
  functions.invoke('backups', {
    operation: 'create',
    backups: [backup],
    dueAt: world.now().toISOString(),
    by: 'a test',
  });

async function copy({ functions, world }: Stage, backup: string) {
  const event = { operation: 'copy', dueAt: world.now().toISOString(), by: 'a test' };
  const results = (await functions.invoke('backups', event)) as Record<string, unknown>[];
  return results.find(result => result.backup === backup);
}

function play(work: (stage: Stage) => Promise<void>, faults: string[] = []) {
  if (!plan) throw new Error('the plan of Waqiti has errors');
  return onStage({ plan, planDirectory, seed: 1, faults }, work);
}

/** Moments of the copies that are in the vault of the other region, the newest first. */
async function inOregon({ runtime }: Stage): Promise<string[]> {
  const resource = 'arn:aws:rds:us-east-2:123456789012:db:waqiti-core';
  const points = await recoveryPoints(runtime, 'us-west-2', 'waqiti-critical-copies', resource);
  return points.map(({ at }) => at.toISOString());
}

describe('a recovery point of AWS Backup', () => {
  it('is copied once it is finished, and not before', () =>
    play(async stage => {
      const madeAt = stage.world.now().toISOString();
      await make(stage, 'core-vault');
      await copy(stage, 'core-vault');
      await sleep(3 * hourMs);
      expect((await inOregon(stage))[0]?.slice(0, 16)).not.toBe(madeAt.slice(0, 16));
      expect(await copy(stage, 'core-vault')).toMatchObject({
        begun: [expect.stringContaining('awsbackup')],
      });
      await sleep(3 * hourMs);
      expect((await inOregon(stage))[0]?.slice(0, 16)).toBe(madeAt.slice(0, 16));
    }));

  it.each(['', 'lost-reply:backup.StartCopyJob', 'handler-crash:backups'])(
    'is copied once, however often it is looked at (%s)',
    fault =>
      play(
        async stage => {
          const before = (await inOregon(stage)).length;
          for (let look = 0; look < 3; look++) {
            await copy(stage, 'core-vault').catch(() => undefined);
            await sleep(hourMs / 2);
          }
          await sleep(3 * hourMs);
          expect((await inOregon(stage)).length - before).toBe(1);
        },
        fault ? [fault] : [],
      ),
  );
});

describe('snapshots of volumes', () => {
  const region = 'us-west-2';
  const copies = ({ world }: Stage) => snapshotsOf(world).filter(snapshot => snapshot.region === region);

  it('are copied with their volume and their moment, which EC2 does not keep', () =>
    play(async stage => {
      const madeAt = stage.world.now().toISOString();
      await make(stage, 'volumes');
      await sleep(hourMs);
      const copied = await copy(stage, 'volumes');
      expect(copied?.begun).toHaveLength(2);
      await sleep(hourMs);
      const backup = stage.runtime.plan.backups.volumes;
      const surveyed = backup && (await surveyBackup(stage.runtime, 'volumes', backup));
      const newest = surveyed?.ok ? (surveyed.survey.copies ?? []).slice(0, 2) : [];
      expect(newest.map(({ of }) => of).sort()).toEqual(['vol-owned-1', 'vol-owned-2']);
      expect(newest.map(({ at }) => at.toISOString().slice(0, 16))).toEqual([
        madeAt.slice(0, 16),
        madeAt.slice(0, 16),
      ]);
    }));

  // EC2 takes no client token for a copy, and the SDK asks again when no reply came.
  it('are copied once; a reply that is lost costs one copy more', () =>
    play(
      async stage => {
        const before = copies(stage).length;
        await make(stage, 'volumes');
        await sleep(hourMs);
        for (let look = 0; look < 3; look++) {
          await copy(stage, 'volumes').catch(() => undefined);
          await sleep(hourMs / 2);
        }
        expect(copies(stage).length - before).toBe(3);
      },
      ['lost-reply:ec2.CopySnapshot'],
    ));

  it('go from the other region too when their time is over, but for the last one of each', () =>
    play(async stage => {
      await make(stage, 'volumes');
      await sleep(hourMs);
      await copy(stage, 'volumes');
      await sleep(400 * 24 * hourMs);
      const result = await copy(stage, 'volumes');
      expect(result?.removed).not.toEqual([]);
      const left = copies(stage).map(({ Tags }) => Tags?.find(({ Key }) => Key === 'lifeboat:volume')?.Value);
      expect(left.sort()).toEqual(['vol-owned-1', 'vol-owned-2']);
    }));
});

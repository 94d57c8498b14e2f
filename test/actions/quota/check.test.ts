import { describe, expect, it } from 'vitest';
import { inAws, openChanges, permissionsOf, reasonsOf } from '../../support/aws-world.ts';

const vcpus = (needed: number) => ({ quotas: [{ service: 'ec2', quota: 'L-1216C47A', needed }] });

describe('quota.check', () => {
  it('counts what is used, where AWS measures it', () =>
    inAws({}, async ({ play }) => {
      const { seen } = await play('quota.check', vcpus(56));
      expect(seen).toMatchObject({
        status: 'done',
        outputs: { quotas: [{ value: 64, used: 8, needed: 56 }] },
      });
      expect(reasonsOf((await play('quota.check', vcpus(57))).seen)).toBe(
        'A quota in ap-southeast-4 is too small. Running On-Demand Standard instances (vCPUs): 64; 8 are used; 57 are needed.',
      );
    }));

  it('takes the default of a quota that nobody changed, and says that its use is not measured', () =>
    inAws({}, async ({ play }) => {
      const quotas = [{ service: 'fargate', quota: 'L-3032A538', needed: 6 }];
      const { seen } = await play('quota.check', { quotas });
      expect(seen).toMatchObject({ status: 'done', outputs: { quotas: [{ used: null }] } });
      expect(JSON.stringify(seen)).toContain('AWS does not measure how much of it is used');
    }));

  it('fails for a quota that does not exist', () =>
    inAws({}, async ({ play }) => {
      const quotas = [{ service: 'ec2', quota: 'L-00000000', needed: 1 }];
      const { seen } = await play('quota.check', { quotas });
      expect(reasonsOf(seen)).toBe('There is no quota L-00000000 of ec2 in ap-southeast-4.');
    }));

  it('takes what the plan says was raised, in the recovery region only', () =>
    inAws({}, async ({ play, world }) => {
      Object.assign(world.plan.rehearsal.quotas, { 'fargate/L-3032A538': 100, 'lambda/L-B99A9384': 5000 });
      const status = async (service: string, quota: string, needed: number, region?: string) => {
        const wanted = { quotas: [{ service, quota, needed }], ...(region && { region }) };
        return (await play('quota.check', wanted)).seen?.status;
      };
      expect(await status('fargate', 'L-3032A538', 100)).toBe('done');
      expect(await status('lambda', 'L-B99A9384', 5000)).toBe('done');
      expect(await status('fargate', 'L-3032A538', 100, 'ap-southeast-2')).toBe('failed');
    }));

  it('changes nothing', async () => {
    expect(openChanges(await permissionsOf('quota.check', {}, vcpus(1)))).toEqual([]);
  });
});

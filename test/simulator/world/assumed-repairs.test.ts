import { describe, expect, it } from 'vitest';
import { brokenRunbooks } from '../../../simulator/services/ssm/automation.ts';
import { inAws } from '../../support/aws-world.ts';

const commit = '0123456789abcdef0123456789abcdef01234567';
const [primary, region] = ['ap-southeast-2', 'ap-southeast-4'];
const workers = { type: 'ec2-instances', region, ids: ['i-0a1b2c3d4e5f60718'] };
const mailer = { type: 'ec2-instances', region, ids: ['i-0a1b2c3d4e5f60719'] };
const shop = { type: 'ecs-service', region, cluster: 'c', name: 'shop', standbyCount: 2 };
const components = {
  workers,
  mailer,
  shop,
  cart: { type: 'lambda-function', region, name: 'cart' },
  runbook: { type: 'ssm-document', region, name: 'Mend', restores: ['workers', 'mailer', 'shop'] },
  server: { type: 'ec2-instances', region, tag: { key: 'Role', value: 'server' } },
  replace: { type: 'ssm-document', region, name: 'Replace', takes: '20m', restores: ['server', 'workers'] },
  deploy: { type: 'codebuild-project', region, name: 'deploy', restores: ['workers', 'mailer'] },
  checkout: { type: 'lambda-function', region, name: 'checkout' },
  healer: { type: 'lambda-function', region, name: 'heal', restores: ['cart'] },
};

describe('what a runbook or a function of the user’s mends by the word of the plan', () => {
  it('is named by the report as assumed', () =>
    inAws(components, async ({ play }) => {
      const { seen } = await play('ssm.automation', { document: 'runbook' });
      expect(seen).toMatchObject({
        status: 'done',
        evidence: [
          { what: expect.stringContaining('ended as Success') },
          {
            what: 'What it mends of workers, mailer, shop is assumed by the plan, not proven here.',
            data: { assumed: ['workers', 'mailer', 'shop'] },
          },
        ],
      });
    }));

  it('is mended when the run has ended, and only what the call names', () =>
    inAws(components, async ({ call, strike, wait }) => {
      const broken = strike({ type: 'failure' }, 'workers');
      const other = strike({ type: 'failure' }, 'mailer');
      const input = {
        DocumentName: 'Mend',
        ClientToken: 'f47ac10b-58cc-4372-a567-0e02b2c3d479',
        Parameters: { InstanceId: workers.ids },
      };
      await call('ssm.StartAutomationExecution', input, region);
      expect([broken(), other()]).toEqual([true, true]);
      await wait(600);
      expect([broken(), other()]).toEqual([false, true]);
    }));

  it('is not mended by one that failed', () =>
    inAws(components, async ({ play, strike, world }) => {
      brokenRunbooks(world).add('Mend');
      const broken = strike({ type: 'failure' }, 'workers');
      const { seen } = await play('ssm.automation', { document: 'runbook' });
      expect(seen).toMatchObject({ status: 'failed' });
      expect(broken()).toBe(true);
    }));

  it('is all that it may mend when the call names nothing', () =>
    inAws(components, async ({ play, strike, wait }) => {
      const broken = [
        strike({ type: 'failure' }, 'workers'),
        strike({ type: 'failure', selfHealing: false }, 'shop'),
      ];
      await wait(600);
      expect(broken.map(holds => holds())).toEqual([true, true]);
      await play('ssm.automation', { document: 'runbook' });
      await wait(600);
      expect(broken.map(holds => holds())).toEqual([false, false]);
    }));

  it('is all that it may mend for a build, whose variables name nothing of the plan', () =>
    inAws(components, async ({ play, strike, wait }) => {
      const broken = [strike({ type: 'failure' }, 'workers'), strike({ type: 'failure' }, 'mailer')];
      const environment = { ACTION: 'apply' };
      const { seen } = await play('codebuild.run', { project: 'deploy', sourceVersion: commit, environment });
      expect(JSON.stringify(seen)).toContain('What it mends of workers, mailer is assumed');
      await wait(600);
      expect(broken.map(holds => holds())).toEqual([false, false]);
    }));

  it('is all that it may mend for a runbook that is told of something else', () =>
    inAws(components, async ({ call, strike, wait }) => {
      const broken = [strike({ type: 'failure' }, 'workers'), strike({ type: 'failure' }, 'mailer')];
      const Parameters = { SnapshotId: ['snap-0a1b2c3d4e5f60718'] };
      const ClientToken = 'f47ac10b-58cc-4372-a567-0e02b2c3d480';
      await call('ssm.StartAutomationExecution', { DocumentName: 'Mend', ClientToken, Parameters }, region);
      await wait(1200);
      expect(broken.map(holds => holds())).toEqual([false, false]);
    }));

  it('is an instance that is gone, where a tag says which one is meant', () =>
    inAws(components, async ({ play, strike }) => {
      const broken = [strike({ type: 'loss' }, 'server'), strike({ type: 'loss' }, 'workers')];
      await play('ssm.automation', { document: 'replace' });
      expect(broken.map(holds => holds())).toEqual([false, true]);
    }));

  it('takes about as long as the plan says', () =>
    inAws(components, async ({ play, world }) => {
      const before = world.nowMs();
      await play('ssm.automation', { document: 'replace' });
      const seconds = (world.nowMs() - before) / 1000;
      expect(seconds).toBeGreaterThan(600);
      expect(seconds).toBeLessThan(2400);
    }));

  it('is mended by a function that answered, and not by one that is broken itself', () =>
    inAws(components, async ({ play, strike }) => {
      const broken = strike({ type: 'failure' }, 'cart');
      const healerBroken = strike({ type: 'failure' }, 'healer');
      expect((await play('lambda.invoke', { function: 'healer' })).seen).toMatchObject({ status: 'failed' });
      expect([broken(), healerBroken()]).toEqual([true, true]);
    }));

  it.each([
    ['cart', region, false],
    ['checkout', region, true],
    ['cart', primary, true],
  ])('is what the payload names (%s), unless its region is lost (%s)', (service, where, stays) =>
    inAws({ ...components, cart: { type: 'lambda-function', region: where, name: 'cart' } }, async scene => {
      const { play, strike, world } = scene;
      const broken = strike({ type: 'failure' }, 'cart');
      world.loseRegion(primary);
      const { seen } = await play('lambda.invoke', { function: 'healer', payload: { service } });
      expect(JSON.stringify(seen)).toContain('assumed by the plan, not proven');
      expect(broken()).toBe(stays);
    }),
  );
});

import { describe, expect, it } from 'vitest';
import { inAws, openChanges, permissionsOf, reasonsOf } from '../../support/aws-world.ts';

const region = 'ap-southeast-4';
const components = {
  api: { type: 'ecs-service', region, cluster: 'shop-dr', name: 'api', standbyCount: 1 },
  home: { type: 'ecs-service', region: 'ap-southeast-2', cluster: 'shop', name: 'api', standbyCount: 2 },
};
const scale = { service: 'api', count: 3 };
const deploy = { service: 'api', taskDefinition: 'api:42' };

describe('ecs.scale-service', () => {
  it('is done in the steady state, not when ECS has taken the request', () =>
    inAws(components, async ({ play }) => {
      const early = await play('ecs.scale-service', scale, { forSeconds: 10 });
      expect(early.seen).toMatchObject({
        status: 'pending',
        note: expect.stringContaining('1 of 3 tasks are running'),
      });
      expect((await play('ecs.scale-service', scale)).seen).toMatchObject({
        status: 'done',
        outputs: { running: 3 },
      });
    }));

  it('is safe to repeat after a lost reply, under stale reads, and when it is done already', async () => {
    await inAws(
      components,
      async ({ play, world }) => {
        expect((await play('ecs.scale-service', scale)).seen).toMatchObject({ status: 'done' });
        expect(world.changes.filter(({ what }) => what.endsWith('has started'))).toHaveLength(2);
        expect((await play('ecs.scale-service', scale)).preparation.status).toBe('already-done');
      },
      { faults: { 'ecs.UpdateService': ['lost-reply'] } },
    );
    await inAws(
      components,
      async ({ play }) => {
        expect((await play('ecs.scale-service', scale)).seen).toMatchObject({
          status: 'done',
          outputs: { running: 3 },
        });
      },
      { stale: 'ecs' },
    );
  });

  it('goes back to the count before', () =>
    inAws(components, async ({ play, call }) => {
      const { undo } = await play('ecs.scale-service', scale);
      expect(await undo()).toMatchObject({ status: 'done' });
      const { services } = await call('ecs.DescribeServices', { cluster: 'shop-dr', services: ['api'] });
      expect(services).toMatchObject([{ desiredCount: 1, runningCount: 1 }]);
    }));

  it('fails when something sets the count back', () =>
    inAws(components, async ({ play, world }) => {
      world.after(20, 'test', 'auto scaling sets the count back', () => {
        const input = { cluster: 'shop-dr', service: 'api', desiredCount: 1 };
        void world.call({ service: 'ecs', operation: 'UpdateService', region, input });
      });
      const { seen } = await play('ecs.scale-service', scale);
      expect(reasonsOf(seen)).toBe('Something set api back to 1 tasks after it was scaled to 3.');
    }));

  it('refuses a service or a cluster that does not exist, and production in a drill', () =>
    inAws({ ...components, other: { ...components.api, cluster: 'nobody' } }, async ({ play }) => {
      // The plan declares it, so the simulated world has it; what is asked for is another one.
      const gone = { service: { ...components.api, id: 'x', name: 'gone' } as never, count: 1 };
      expect(reasonsOf((await play('ecs.scale-service', gone)).preparation)).toContain(
        'There is no ECS service gone',
      );
      const nowhere = { service: { ...components.api, id: 'x', cluster: 'nowhere' } as never, count: 1 };
      expect(reasonsOf((await play('ecs.scale-service', nowhere)).preparation)).toContain(
        'the cluster nowhere',
      );
      const drill = await play('ecs.scale-service', { service: 'home', count: 5 }, { mode: 'drill' });
      expect(reasonsOf(drill.preparation)).toContain('This is a drill');
    }));
});

describe('ecs.update-service', () => {
  it('is done when the revision is rolled out and nothing else runs', () =>
    inAws(components, async ({ play, changes }) => {
      const { seen } = await play('ecs.update-service', deploy);
      expect(seen).toMatchObject({
        status: 'done',
        outputs: { previous: 'api:41', taskDefinition: 'api:42' },
      });
      expect(changes.map(({ what }) => what)).toEqual(['Deployed api: from api:41 to api:42.']);
      expect((await play('ecs.update-service', deploy)).preparation.status).toBe('already-done');
    }));

  it('deploys the same revision anew, once, although the reply is lost', () =>
    inAws(
      components,
      async ({ play, world }) => {
        const { seen } = await play('ecs.update-service', { service: 'api' });
        expect(seen).toMatchObject({ status: 'done', outputs: { taskDefinition: 'api:41' } });
        // The SDK itself repeats a request whose reply was lost; ECS then deploys once more, and one is left.
        expect(world.calls.get('ecs.UpdateService')).toBe(2);
      },
      { faults: { 'ecs.UpdateService': ['lost-reply'] } },
    ));

  it('fails with the reason when new tasks do not come up, and goes back', () =>
    inAws(components, async ({ play, world, call }) => {
      const { ecsServices } = await import('../../../simulator/services/ecs.ts');
      ecsServices(world)[0]?.bad.push('api:42');
      const { seen, undo } = await play('ecs.update-service', deploy);
      expect(reasonsOf(seen)).toMatch(/^The deployment of api failed: .*tasks failed to start/);
      expect(await undo()).toMatchObject({ status: 'done' });
      const { services } = await call('ecs.DescribeServices', { cluster: 'shop-dr', services: ['api'] });
      expect(services).toMatchObject([{ taskDefinition: expect.stringMatching(/api:41$/), runningCount: 1 }]);
    }));

  it('mends a service whose running revision is what is broken', () =>
    inAws(components, async ({ play, strike, wait }) => {
      const holds = strike({ type: 'failure', cause: 'bad-release' }, 'api');
      await wait(600);
      expect(holds()).toBe(true);
      expect((await play('ecs.update-service', deploy)).seen).toMatchObject({ status: 'done' });
      expect(holds()).toBe(false);
    }));

  it('refuses a service that wants no tasks', () =>
    inAws({ api: { ...components.api, standbyCount: 0 } }, async ({ play }) => {
      const { preparation } = await play('ecs.update-service', deploy);
      expect(reasonsOf(preparation)).toBe('api wants no tasks, so a deployment would prove nothing.');
    }));
});

it('may change this service and no other', async () => {
  for (const [kind, given] of Object.entries({ 'scale-service': scale, 'update-service': deploy })) {
    const permissions = await permissionsOf(`ecs.${kind}`, components, given);
    expect(openChanges(permissions)).toEqual([]);
    expect(permissions).toEqual([
      `ecs:DescribeServices arn:\${AWS::Partition}:ecs:${region}:\${AWS::AccountId}:service/shop-dr/api`,
      `ecs:UpdateService arn:\${AWS::Partition}:ecs:${region}:\${AWS::AccountId}:service/shop-dr/api`,
    ]);
  }
});

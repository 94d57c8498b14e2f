import { describe, expect, it } from 'vitest';
import { trafficSides } from '../../../simulator/invariants/truths.ts';
import { clustersOf } from '../../../simulator/kubernetes/cluster.ts';
import { loadServices } from '../../../simulator/services.ts';
import { urlAnswers } from '../../../simulator/world/internet.ts';
import { type AwsScene, inAws, reasonsOf } from '../../support/aws-world.ts';

const region = 'ap-southeast-2';
const arn = (name: string) => `arn:aws:elasticloadbalancing:${region}:123456789012:targetgroup/${name}/1`;
const balancerName = 'shop-1.ap-southeast-2.elb.amazonaws.com';
const components = {
  lb: { type: 'load-balancer', region, name: 'shop', dnsName: balancerName, hostedZoneId: 'ZELB2' },
  targets: { type: 'target-group', region, arn: arn('api') },
  api: { type: 'ecs-service', region, cluster: 'shop', name: 'api', standbyCount: 3, targetGroup: 'targets' },
  workers: { type: 'auto-scaling-group', region, name: 'workers', standbySize: 3 },
  'api-url': { type: 'endpoint', region, url: 'https://api.shop.example/health', servedBy: 'api' },
  'work-url': { type: 'endpoint', region, url: 'https://work.shop.example/health', servedBy: 'workers' },
  app: {
    type: 'dns-record',
    region,
    name: 'app.shop.example',
    hostedZone: 'Z0SHOP',
    recordType: 'CNAME',
    primaryTarget: balancerName,
    recoveryTarget: 'shop-dr.ap-southeast-4.elb.amazonaws.com',
    resolvers: ['1.1.1.1'],
  },
};
const api = ({ world }: AwsScene) => urlAnswers(world, 'https://api.shop.example/health');

describe('an endpoint that says what is behind it', () => {
  it('answers while that works, and not while it does not', () =>
    inAws(components, async scene => {
      expect(api(scene)).toBe(true);
      const holds = scene.strike({ type: 'failure', selfHealing: true }, 'api');
      expect([api(scene), holds()]).toEqual([false, true]);
      await scene.wait(300);
      expect([api(scene), holds()]).toEqual([true, false]);
      scene.world.loseRegion(region);
      expect(api(scene)).toBe(false);
    }));

  it('stays dark while nobody mends what does not heal by itself', () =>
    inAws(components, async scene => {
      scene.strike({ type: 'failure' }, 'api');
      scene.strike({ type: 'failure' }, 'workers');
      await scene.wait(3600);
      expect(api(scene)).toBe(false);
      expect(urlAnswers(scene.world, 'https://work.shop.example/health')).toBe(false);
    }));
});

describe('a zone that is lost', () => {
  it('takes what was in it, and both services start anew in the others', () =>
    inAws(components, async scene => {
      const services = await loadServices();
      const holds = services.flatMap(service => service.loseZone?.(scene.world, region, 'a') ?? []);
      expect(holds.some(damage => damage())).toBe(true);
      await scene.wait(1200);
      expect(holds.map(damage => damage())).toEqual(holds.map(() => false));
      const group = scene.play('autoscaling.describe', { group: 'workers', inService: 3 });
      expect((await group).seen).toMatchObject({ status: 'done' });
    }));
});

describe('a load balancer', () => {
  it('that fails answers with errors until AWS has mended it', () =>
    inAws(components, async ({ strike, world, wait, play }) => {
      expect(trafficSides(world).get('app')).toEqual({ goes: 'primary', ready: true });
      const holds = strike({ type: 'failure', selfHealing: true }, 'lb');
      expect(trafficSides(world).get('app')).toEqual({ goes: 'primary', ready: false });
      const ill = await play('elbv2.describe', { loadBalancer: 'lb' }, { forSeconds: 10 });
      expect(ill.seen).toMatchObject({ status: 'pending', note: expect.stringContaining('active_impaired') });
      await wait(1000);
      expect(holds()).toBe(false);
      const well = await play('elbv2.describe', { loadBalancer: 'lb', zones: 3 });
      expect(well.seen).toMatchObject({
        status: 'done',
        outputs: { state: 'active', dnsName: balancerName },
      });
    }));

  it('that is gone is refused, and so is one that is not what the plan says', () =>
    inAws(components, async ({ strike, play }) => {
      const made = { ...components.lb, id: 'x', dnsName: 'dr-alb.ap-southeast-2.elb.amazonaws.com' };
      const wrong = await play('elbv2.describe', { loadBalancer: made });
      expect(reasonsOf(wrong.preparation)).toContain(`has ${balancerName}, and dnsName of "x" says dr-alb.`);
      strike({ type: 'loss' }, 'lb');
      const gone = await play('elbv2.describe', { loadBalancer: 'lb' });
      expect(reasonsOf(gone.preparation)).toBe(`There is no load balancer shop in ${region}.`);
      const asked = await play('elbv2.describe', { loadBalancer: 'lb', expect: 'report' });
      expect(asked.seen).toMatchObject({ status: 'done', outputs: { state: 'missing', zones: [] } });
    }));
});

describe('what infrastructure code makes anew', () => {
  it('is a load balancer, by the project that the plan names', () =>
    inAws(
      {
        ...components,
        lb: { ...components.lb, madeBy: 'network' },
        network: { type: 'codebuild-project', region: 'ap-southeast-4', name: 'network', takes: '2m' },
      },
      async ({ strike, world, play }) => {
        const holds = strike({ type: 'loss' }, 'lb');
        expect(urlAnswers(world, 'https://app.shop.example/')).toBe(false);
        const built = await play('codebuild.run', {
          project: 'network',
          sourceVersion: '3b1f0c7a9d52e84f6b7a1c0d9e8f7a6b5c4d3e2f',
        });
        expect([built.seen?.status, holds()]).toEqual(['done', false]);
        expect((await play('elbv2.describe', { loadBalancer: 'lb' })).seen).toMatchObject({ status: 'done' });
      },
    ));
});

describe('instances that are nodes of a cluster', () => {
  it('are NotReady when they fail, and come back as other nodes when they are replaced', () =>
    inAws(
      {
        cluster: { type: 'eks-cluster', region, name: 'shop' },
        nodes: { type: 'auto-scaling-group', region, name: 'shop-nodes', standbySize: 3, nodesOf: 'shop' },
      },
      async ({ strike, wait, world, play }) => {
        const [cluster] = clustersOf(world);
        const ready = () => cluster?.nodes.filter(node => node.ready).length;
        expect(ready()).toBe(3);
        strike({ type: 'failure', selfHealing: false }, 'nodes');
        await wait(60);
        const broken = cluster?.nodes.find(node => !node.ready)?.name;
        expect([ready(), broken]).toEqual([2, expect.stringContaining(`.${region}.compute.internal`)]);
        const { seen } = await play('autoscaling.replace-instance', { group: 'nodes' });
        expect([seen?.status, ready()]).toEqual(['done', 3]);
        await wait(300);
        expect(cluster?.nodes.map(({ name }) => name)).not.toContain(broken);
      },
    ));
});

describe('a name', () => {
  it.each(['failure', 'loss'] as const)(
    'whose records suffer a %s leads users nowhere once caches end',
    type =>
      inAws(components, async ({ strike, world, wait }) => {
        const holds = strike({ type }, 'app');
        await wait(120);
        expect(trafficSides(world).get('app')).toEqual({ goes: 'nowhere', ready: false });
        expect(holds()).toBe(true);
      }),
  );
});

import { describe, expect, it } from 'vitest';
import { setTargets } from '../../../simulator/services/elasticloadbalancing.ts';
import { healthyRecoveryTargets, servesTraffic } from '../../../simulator/world/traffic.ts';
import { primary, recovery, recoveryTarget, targets } from '../../support/traffic-plan.ts';
import { inTraffic, type TrafficScene } from '../../support/traffic-world.ts';

async function states(scene: TrafficScene): Promise<string[]> {
  const reply = (await scene.call('elasticloadbalancing.DescribeTargetHealth', recovery, {
    TargetGroupArn: targets.arn,
  })) as { TargetHealthDescriptions: { TargetHealth: { State: string } }[] };
  return reply.TargetHealthDescriptions.map(one => one.TargetHealth.State);
}
const modify = (scene: TrafficScene, HealthCheckPath: string) =>
  scene.call('elasticloadbalancing.ModifyTargetGroup', recovery, {
    TargetGroupArn: targets.arn,
    HealthCheckPath,
  });

describe('targets', () => {
  it('begin with none in the recovery region, which is not ready then', () =>
    inTraffic(async scene => {
      expect(await states(scene)).toEqual([]);
      expect(servesTraffic(scene.world, 'recovery')).toBe(false);
    }));

  it('are healthy after one passed check, within the interval of 30 s', () =>
    inTraffic(async scene => {
      setTargets(scene.world, targets.arn, ['10.1.0.1', '10.1.0.2']);
      expect(await states(scene)).toEqual(['initial', 'initial']);
      await scene.wait(31);
      expect(await states(scene)).toEqual(['healthy', 'healthy']);
      expect(healthyRecoveryTargets(scene.world)).toBe(2);
      expect(servesTraffic(scene.world, 'recovery')).toBe(true);
    }));

  it('are taken out when they are gone, and the others stay as they are', () =>
    inTraffic(async scene => {
      setTargets(scene.world, targets.arn, ['10.1.0.1', '10.1.0.2']);
      await scene.wait(31);
      setTargets(scene.world, targets.arn, ['10.1.0.2', '10.1.0.3']);
      expect(await states(scene)).toEqual(['healthy', 'initial']);
    }));

  it('fail while the health check path is one that the application does not serve', () =>
    inTraffic(
      async scene => {
        setTargets(scene.world, targets.arn, ['10.1.0.1']);
        await scene.wait(100);
        expect(await states(scene)).toEqual(['unhealthy']);
        await modify(scene, '/api/health');
        await scene.wait(100);
        // Five checks in a row, so not before 120 s.
        expect(await states(scene)).toEqual(['unhealthy']);
        await scene.wait(60);
        expect(await states(scene)).toEqual(['healthy']);
      },
      { modifies: true },
    ));

  it('are not ready in a lost region', () =>
    inTraffic(async scene => {
      setTargets(scene.world, targets.arn, ['10.1.0.1']);
      await scene.wait(31);
      scene.world.loseRegion(recovery);
      expect(servesTraffic(scene.world, 'recovery')).toBe(false);
    }));
});

describe('the API', () => {
  it('shows the changed path', () =>
    inTraffic(async scene => {
      await modify(scene, '/ready');
      const reply = await scene.call('elasticloadbalancing.DescribeTargetGroups', recovery, {
        TargetGroupArns: [targets.arn],
      });
      expect(reply).toMatchObject({
        TargetGroups: [{ TargetGroupArn: targets.arn, HealthCheckPath: '/ready' }],
      });
    }));

  it('knows a target group in its own region only', () =>
    inTraffic(async scene => {
      const elsewhere = scene.call('elasticloadbalancing.DescribeTargetGroups', primary, {
        TargetGroupArns: [targets.arn],
      });
      await expect(elsewhere).rejects.toMatchObject({ name: 'TargetGroupNotFoundException' });
    }));

  it('describes the load balancers of a region', () =>
    inTraffic(async scene => {
      const reply = await scene.call('elasticloadbalancing.DescribeLoadBalancers', recovery, {});
      expect(reply).toMatchObject({
        LoadBalancers: [{ LoadBalancerName: 'shop-dr', DNSName: recoveryTarget }],
      });
    }));
});

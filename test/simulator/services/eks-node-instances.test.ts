import { describe, expect, it } from 'vitest';
import { findCluster } from '../../../simulator/kubernetes/cluster.ts';
import { fleetOf } from '../../../simulator/world/fleet.ts';
import { type AwsScene, inAws } from '../../support/aws-world.ts';

const region = 'ap-southeast-2';
const components = {
  cluster: { type: 'eks-cluster', region, name: 'shop' },
  nodes: { type: 'eks-nodegroup', region, cluster: 'shop', name: 'general', standbySize: 3 },
  workers: {
    type: 'ec2-instances',
    region,
    tag: { key: 'eks:nodegroup-name', value: 'general' },
    count: 3,
  },
};
const ready = ({ world }: AwsScene) =>
  findCluster(world, 'shop', region)?.nodes.filter(node => node.ready).length;
const update = { clusterName: 'shop', nodegroupName: 'general', clientRequestToken: 'one' };

describe('instances behind the nodes of a node group', () => {
  it('take their nodes with them when they fail, and a reboot brings both back', () =>
    inAws(components, async scene => {
      const holds = scene.strike({ type: 'failure' }, 'workers');
      await scene.wait(60);
      expect([ready(scene), holds()]).toEqual([0, true]);
      await scene.play('ec2.reboot', { instances: 'workers' }, { forSeconds: 600 });
      expect([ready(scene), holds()]).toEqual([3, false]);
    }));

  it('are replaced with their nodes', () =>
    inAws(components, async scene => {
      const old = fleetOf(scene.world).map(({ id }) => id);
      const holds = scene.strike({ type: 'failure' }, 'workers');
      await scene.wait(60);
      await scene.call('eks.UpdateNodegroupVersion', update, region);
      await scene.wait(3000);
      expect([ready(scene), holds()]).toEqual([3, false]);
      const running = fleetOf(scene.world).filter(({ state }) => state === 'running');
      expect(running).toHaveLength(3);
      expect(running.some(({ id }) => old.includes(id))).toBe(false);
    }));

  it('stay down when the faults say that neither a reboot nor new nodes help', () =>
    inAws(components, async scene => {
      scene.world.faults.has = name => ['reboot-in-vain', 'nodes-never-join'].includes(name);
      const holds = scene.strike({ type: 'failure' }, 'workers');
      await scene.wait(60);
      await scene.play('ec2.reboot', { instances: 'workers' }, { forSeconds: 600 });
      expect([ready(scene), holds()]).toEqual([0, true]);
      const { seen } = await scene.play(
        'eks.update-nodegroup-version',
        { nodegroup: 'nodes' },
        { forSeconds: 3000 },
      );
      expect(seen).toMatchObject({ status: 'failed' });
      expect(JSON.stringify(seen)).toContain('NodeCreationFailure');
      expect([ready(scene), holds()]).toEqual([0, true]);
    }));
});

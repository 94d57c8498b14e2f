import {
  DescribeClusterCommand,
  DescribeNodegroupCommand,
  EKSClient,
  UpdateNodegroupConfigCommand,
} from '@aws-sdk/client-eks';
import { describe, expect, it } from 'vitest';
import { findCluster } from '../../../simulator/kubernetes/cluster.ts';
import { inWorld, type Scene } from '../../support/compute-world.ts';

const names = { clusterName: 'shop-dr', nodegroupName: 'general' };

function clientOf({ context }: Scene): EKSClient {
  return context.aws.client(EKSClient, 'ap-southeast-4');
}

function update(scene: Scene, desiredSize: number, clientRequestToken: string, maxSize = desiredSize) {
  const scalingConfig = { minSize: 1, maxSize, desiredSize };
  return scene.drive(
    clientOf(scene).send(new UpdateNodegroupConfigCommand({ ...names, scalingConfig, clientRequestToken })),
  );
}

const nodesOf = ({ world }: Scene) => findCluster(world, 'shop-dr', 'ap-southeast-4')?.nodes ?? [];

describe('simulated EKS', () => {
  it('stands by with as many Ready nodes as the plan says', () =>
    inWorld(async scene => {
      const reply = await scene.drive(clientOf(scene).send(new DescribeNodegroupCommand(names)));
      expect(reply.nodegroup).toMatchObject({ status: 'ACTIVE', scalingConfig: { desiredSize: 1 } });
      expect(nodesOf(scene)).toEqual([
        { name: 'general-1', nodegroup: 'general', ready: true, leaving: false, zone: 'ap-southeast-4a' },
      ]);
    }));

  it('brings nodes one by one, the sooner ones within the shortest typical time', () =>
    inWorld(async scene => {
      await update(scene, 4, 'one');
      await scene.wait(69);
      expect(nodesOf(scene).filter(node => node.ready)).toHaveLength(1);
      await scene.wait(300 - 69);
      expect(nodesOf(scene).filter(node => node.ready)).toHaveLength(4);
      const ready = scene.world.changes.filter(({ what }) => what.endsWith('is Ready'));
      expect(new Set(ready.map(({ atMs }) => atMs)).size).toBe(3);
    }));

  it('takes the same time for the same seed, whatever was asked in between', async () => {
    const readyAt = (seed: number, busy: boolean) =>
      inWorld(
        async scene => {
          await update(scene, 2, 'one');
          for (let looks = 0; busy && looks < 20; looks++) {
            await scene.drive(clientOf(scene).send(new DescribeNodegroupCommand(names)));
            await scene.wait(7);
          }
          await scene.wait(400);
          return scene.world.changes.find(({ what }) => what === 'Node general-2 is Ready')?.atMs;
        },
        { seed },
      );
    expect(await readyAt(7, true)).toBe(await readyAt(7, false));
    expect(await readyAt(8, false)).not.toBe(await readyAt(7, false));
  });

  it('answers a repeated token with the same update and refuses another one meanwhile', () =>
    inWorld(async scene => {
      const first = await update(scene, 3, 'one');
      const again = await update(scene, 3, 'one');
      expect(again.update?.id).toBe(first.update?.id);
      await expect(update(scene, 5, 'other')).rejects.toMatchObject({ name: 'ResourceInUseException' });
    }));

  it('refuses a size above the limit', () =>
    inWorld(async scene => {
      await expect(update(scene, 3, 'one', 2)).rejects.toMatchObject({ name: 'InvalidParameterException' });
    }));

  it('knows no cluster that the plan does not name', () =>
    inWorld(async scene => {
      const command = new DescribeClusterCommand({ name: 'other' });
      await expect(scene.drive(clientOf(scene).send(command))).rejects.toMatchObject({
        name: 'ResourceNotFoundException',
      });
    }));
});

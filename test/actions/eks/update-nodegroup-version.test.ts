import { describe, expect, it } from 'vitest';
import { action } from '../../../shared/actions/eks/update-nodegroup-version.ts';
import { storeObject } from '../../../simulator/kubernetes/store.ts';
import { faultsOf } from '../../support/compute-world.ts';
import { inCluster, type K8sScene, parts, perform, refusalOf } from '../k8s/k8s-world.ts';

const parameters = { nodegroup: parts.nodes };
const names = (scene: K8sScene) => scene.cluster.nodes.map(({ name }) => name);

function budget(scene: K8sScene): void {
  storeObject(scene.world, scene.cluster, 'poddisruptionbudgets', {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: { name: 'shop-app', namespace: 'shop' },
    spec: { minAvailable: 2, selector: { matchLabels: { app: 'shop-app' } } },
  });
}

describe('eks.update-nodegroup-version', () => {
  it.each([0, 1])('is done when all nodes were replaced and are Ready (%i replies lost)', lostReplies =>
    inCluster(
      async scene => {
        const before = names(scene);
        const { seen } = await perform(scene, action, parameters, { lostReplies });
        expect(seen).toMatchObject({ status: 'done', outputs: { nodes: 4 } });
        expect(names(scene).filter(name => before.includes(name))).toEqual([]);
        const made = scene.world.changes.filter(({ what }) => what === 'Nodes of general are replaced');
        expect(made).toHaveLength(1);
      },
      { faults: faultsOf({ 'eks.UpdateNodegroupVersion': lostReplies ? ['lost-reply'] : [] }) },
    ),
  );

  it('fails when a disruption budget holds a pod, and force gets past it', () =>
    inCluster(async scene => {
      budget(scene);
      const { seen } = await perform(scene, action, parameters);
      expect(seen).toMatchObject({
        status: 'failed',
        reasons: [{ what: expect.stringContaining('PodEvictionFailure') }],
      });
      const forced = { ...parameters, force: true, approvedBy: 'dana' };
      expect((await perform(scene, action, forced)).seen).toMatchObject({ status: 'done' });
    }));

  it('takes force only with the name of who agreed', () => {
    expect(action.parameters.safeParse({ ...parameters, force: true }).success).toBe(false);
    expect(action.parameters.safeParse({ ...parameters, force: true, approvedBy: 'dana' }).success).toBe(
      true,
    );
  });

  it('refuses a node group that is not there', () =>
    inCluster(async scene => {
      const nodegroup = { ...parts.nodes, name: 'other' };
      expect(await refusalOf(scene, action, { nodegroup })).toContain('There is no node group other');
    }));
});

import { describe, expect, it } from 'vitest';
import { listKinds, loadActions } from '../../../shared/actions/load-actions.ts';
import { parts } from './k8s-world.ts';

/** Parameters of every kind that talks to a cluster; a new kind has to be added here. */
const { cluster, app, keys } = parts;
const place = { cluster, namespace: 'shop' };
const ref = { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'shop', name: 'settings' };
const parametersOf: Record<string, object> = {
  'eks.connect': { cluster },
  'eks.update-nodegroup-version': { nodegroup: parts.nodes },
  'k8s.apply': { cluster, objects: [{ ...ref, metadata: { name: 'settings' } }] },
  'k8s.autoscale': { workload: app, min: 2 },
  'k8s.cordon': { cluster, nodes: 'not-ready' },
  'k8s.create-namespace': { cluster, name: 'shop' },
  'k8s.create-secret': { secret: keys, from: 'secret:shop/keys' },
  'k8s.delete': { cluster, objects: [ref] },
  'k8s.delete-pod': { workload: app },
  'k8s.delete-secret': { secret: keys },
  'k8s.drain': { cluster, nodes: 'not-ready' },
  'k8s.events': place,
  'k8s.exec': { workload: app, command: ['true'] },
  'k8s.get': { cluster },
  'k8s.logs': place,
  'k8s.patch': { cluster, object: ref, patch: { data: {} } },
  'k8s.rollout-restart': { deployment: app },
  'k8s.rollout-status': { workload: app },
  'k8s.run': { ...place, name: 'job', image: 'x' },
  'k8s.scale': { deployment: app, replicas: 1 },
  'k8s.set-env': { workload: app, env: { A: '1' } },
  'k8s.set-image': { workload: app, image: 'x:1' },
  'k8s.suspend-cronjobs': place,
  'k8s.top': { cluster },
  'k8s.wait': { ...place, name: 'pod' },
  'velero.backup': { cluster, namespaces: ['shop'], name: 'b' },
  'velero.restore': { cluster, namespace: 'shop', schedule: 'nightly' },
};
const kinds = listKinds().filter(kind => /^(k8s|velero)\./.test(kind));
const actions = await loadActions(Object.keys(parametersOf));
const permissionsOf = (kind: string) => {
  const action = actions[kind];
  if (!action) throw new Error(`no ${kind}`);
  const regions = { primary: 'ap-southeast-2', recovery: 'ap-southeast-4' };
  return action.permissions(action.parameters.parse(parametersOf[kind]) as never, regions);
};

describe('permissions of what talks to clusters', () => {
  it.each(kinds)('%s may ask EKS for its own cluster, and names every resource', kind => {
    const permissions = permissionsOf(kind);
    expect(permissions[0]).toEqual({
      actions: ['eks:DescribeCluster'],
      resources: ['arn:${AWS::Partition}:eks:ap-southeast-4:${AWS::AccountId}:cluster/shop-dr'],
    });
    expect(permissions.flatMap(({ resources }) => resources)).not.toContain('*');
  });

  it.each(kinds)('%s keeps files only below its own part of the bucket, and deletes none', kind => {
    const bucket = permissionsOf(kind).filter(({ actions: allowed }) =>
      allowed.some(name => name.startsWith('s3:')),
    );
    for (const { actions: allowed, resources } of bucket) {
      if (allowed.includes('s3:PutObject')) expect(resources).toEqual(['${ReportBucket.Arn}/*/kept/*']);
      expect(allowed.some(name => name.startsWith('s3:Delete'))).toBe(false);
    }
  });

  it('replaces nodes of its own node group only', () => {
    const changing = permissionsOf('eks.update-nodegroup-version').filter(({ actions: allowed }) =>
      allowed.includes('eks:UpdateNodegroupVersion'),
    );
    expect(changing.map(({ resources }) => resources)).toEqual([
      ['arn:${AWS::Partition}:eks:ap-southeast-4:${AWS::AccountId}:nodegroup/shop-dr/general/*'],
    ]);
  });
});

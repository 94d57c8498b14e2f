import { expect } from 'vitest';
import { type Ids, type Rule, recovery } from '../contract/case.ts';
import { contract } from '../contract/contract.ts';
import type { Api } from '../servers/kubernetes-node.ts';
import { makeDeployment } from './objects.ts';
import { realCluster } from './real-cluster.ts';

const app = ({ namespace = 'shop' }: Ids) => ({
  app: {
    type: 'k8s-deployment',
    region: recovery,
    cluster: 'shop-dr',
    namespace,
    name: 'shop-app',
    container: 'app',
    image: 'registry/shop:v1',
    replicas: 2,
  },
  nodes: { type: 'eks-nodegroup', region: recovery, cluster: 'shop-dr', name: 'general', standbySize: 3 },
});
const rule = (apiGroup: string, resources: string[], ...verbs: string[]): Rule => ({
  apiGroups: [apiGroup],
  resources,
  verbs,
});
const pods = rule('', ['pods'], 'list');
const rollsOut = [rule('apps', ['deployments'], 'get', 'patch'), pods];

const deployment = ({ namespace = 'shop' }: Ids) =>
  `/apis/apps/v1/namespaces/${namespace}/deployments/shop-app`;
type Deployment = {
  spec: {
    replicas: number;
    template: { spec: { containers: { image: string; env?: { name: string; value: string }[] }[] } };
  };
};
const patch = (input: Record<string, unknown>, path = '') =>
  [expect.stringMatching(new RegExp(`^kubernetes.PATCH .*/deployments/shop-app${path}$`)), input] as const;

const base = {
  ids: { namespace: 'shop' },
  components: app,
  cluster: { rules: rollsOut, given: (api: Api, namespace: string) => makeDeployment(api, namespace) },
};

contract(
  'k8s workloads',
  [
    {
      ...base,
      cluster: {
        ...base.cluster,
        rules: [
          rule('apps', ['deployments'], 'get'),
          rule('apps', ['deployments/scale'], 'patch'),
          pods,
          rule('autoscaling', ['horizontalpodautoscalers'], 'list'),
        ],
      },
      kind: 'k8s.scale',
      shows: 'is done when as many pods are Ready as are wanted, and goes back',
      with: () => ({ deployment: 'app', replicas: 4 }),
      expect: {
        calls: [patch({ spec: { replicas: 4 } }, '/scale')],
        holds: 4,
      },
      finds: { path: deployment, holds: ({ spec }: Deployment) => spec.replicas },
      undo: { calls: [patch({ spec: { replicas: 2 } }, '/scale')], holds: 2 },
    },
    {
      ...base,
      kind: 'k8s.rollout-restart',
      shows: 'replaces every pod, as kubectl does',
      with: () => ({ deployment: 'app' }),
      expect: { calls: [patch({})], outputs: { replicas: 2 } },
    },
    {
      ...base,
      cluster: { ...base.cluster, rules: [rule('apps', ['deployments'], 'get'), pods] },
      kind: 'k8s.rollout-status',
      shows: 'is done when the rollout is',
      with: () => ({ workload: 'app' }),
      expect: { calls: [], outputs: { replicas: 2, readyReplicas: 2 } },
    },
    {
      ...base,
      kind: 'k8s.set-image',
      shows: 'rolls another image out, and the old one again',
      with: () => ({ workload: 'app', image: 'registry/shop:v2' }),
      expect: {
        calls: [patch({ spec: expect.anything() })],
        outputs: { previousImage: 'registry/shop:v1', image: 'registry/shop:v2', replicas: 2 },
        holds: 'registry/shop:v2',
      },
      finds: {
        path: deployment,
        holds: ({ spec }: Deployment) => spec.template.spec.containers[0]?.image,
      },
      undo: { calls: [patch({ spec: expect.anything() })], holds: 'registry/shop:v1' },
    },
    {
      ...base,
      kind: 'k8s.set-env',
      shows: 'sets a variable and rolls it out, and takes it away again',
      with: () => ({ workload: 'app', env: { READ_ONLY: 'true' } }),
      expect: {
        calls: [patch({ spec: expect.anything() })],
        holds: [{ name: 'READ_ONLY', value: 'true' }],
      },
      finds: {
        path: deployment,
        holds: ({ spec }: Deployment) => spec.template.spec.containers[0]?.env ?? [],
      },
      undo: { calls: [patch({ spec: expect.anything() })], holds: [] },
    },
    {
      ...base,
      cluster: {
        ...base.cluster,
        rules: [rule('apps', ['deployments'], 'get'), rule('', ['pods'], 'list', 'delete')],
      },
      kind: 'k8s.delete-pod',
      shows: 'deletes one pod and waits for its replacement',
      with: () => ({ workload: 'app', pod: 'one' }),
      expect: {
        calls: [[expect.stringMatching(/^kubernetes.DELETE .*\/pods\/shop-app-/), {}]],
        outputs: { readyReplicas: 2 },
      },
    },
  ],
  realCluster(),
);

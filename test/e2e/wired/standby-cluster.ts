import { make, until } from '../kubernetes/objects.ts';
import { type Api, callApi, joinNode } from '../servers/kubernetes-node.ts';
import { lifeboatGroup } from '../servers/kubernetes-tokens.ts';

/** LIQUID ABT's standby cluster, in a real Kubernetes API server that other suites use at the same time. */
export type StandbyCluster = {
  /** Nodes join until there are so many, as EKS makes them after a change of the group. */
  grow(size: number): Promise<void>;
  readyPods(deployment: string): Promise<number>;
  stop(): Promise<void>;
};

const namespace = 'liquid-abt-dr';
const nodegroup = 'liquid-abt-dr-general';
const workloads = { 'liquid-abt-app': 'app', 'liquid-abt-worker': 'worker' };
const rights = `${lifeboatGroup}-of-${namespace}`;
const rbac = '/apis/rbac.authorization.k8s.io/v1';
/** Nobody else's pods come to these nodes, and these pods go nowhere else. */
const taint = { key: 'system', value: 'liquid-abt', effect: 'NoSchedule' };
/** A node has two processors and takes one pod of 1.5: three pods need three nodes. */
const cpu = { node: '2', pod: { app: '1500m', worker: '100m' } };

export async function makeStandbyCluster(api: Api): Promise<StandbyCluster> {
  let nodes = 0;
  const grow = async (size: number) => {
    while (nodes < size) {
      const name = `${nodegroup}-${++nodes}`;
      await joinNode(api, { name, nodegroup, cpu: cpu.node, taints: [taint] });
    }
  };
  await make(api, '/api/v1/namespaces', { metadata: { name: namespace } });
  await bindRights(api);
  for (const [name, container] of Object.entries(workloads)) await makeWorkload(api, name, container);
  await grow(1);
  return {
    grow,
    readyPods: deployment => readyPods(api, deployment),
    async stop() {
      await callApi(api, 'DELETE', `/api/v1/namespaces/${namespace}`);
      for (const kind of ['clusterrolebindings', 'clusterroles'])
        await callApi(api, 'DELETE', `${rbac}/${kind}/${rights}`);
      await until(
        async () => (await callApi(api, 'GET', `/api/v1/namespaces/${namespace}`)).status === 404,
      ).catch(() => {});
      for (let n = 1; n <= nodes; n++) await callApi(api, 'DELETE', `/api/v1/nodes/${nodegroup}-${n}`);
    },
  };
}

async function readyPods(api: Api, deployment: string): Promise<number> {
  const path = `/apis/apps/v1/namespaces/${namespace}/deployments/${deployment}/status`;
  const { body } = await callApi(api, 'GET', path);
  return (body.status as { readyReplicas?: number } | undefined)?.readyReplicas ?? 0;
}

/** A deployment that waits with no pods, as on a standby. */
async function makeWorkload(api: Api, name: string, container: string): Promise<void> {
  const requests = { cpu: container === 'app' ? cpu.pod.app : cpu.pod.worker };
  await make(api, `/apis/apps/v1/namespaces/${namespace}/deployments`, {
    metadata: { name },
    spec: {
      replicas: 0,
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name } },
        spec: {
          nodeSelector: { 'eks.amazonaws.com/nodegroup': nodegroup },
          tolerations: [{ ...taint, operator: 'Equal' }],
          containers: [{ name: container, image: 'registry/liquid-abt:v1', resources: { requests } }],
        },
      },
    },
  });
}

/** What the actions' documentation asks for, and no more: `eks.scale-nodegroup` and `k8s.scale`. */
async function bindRights(api: Api): Promise<void> {
  const rule = (apiGroup: string, resources: string[], ...verbs: string[]) => ({
    apiGroups: [apiGroup],
    resources,
    verbs,
  });
  const subjects = [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'Group', name: lifeboatGroup }];
  const bind = async (base: string, kind: string, rules: object[]) => {
    const metadata = { name: rights };
    const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind, name: rights };
    await make(api, `${base}/${kind.toLowerCase()}s`, { metadata, rules });
    await make(api, `${base}/${kind.toLowerCase()}bindings`, { metadata, roleRef, subjects });
  };
  await bind(rbac, 'ClusterRole', [rule('', ['nodes'], 'list')]);
  await bind(`${rbac}/namespaces/${namespace}`, 'Role', [
    rule('apps', ['deployments'], 'get'),
    rule('apps', ['deployments/scale'], 'patch'),
    rule('', ['pods'], 'list'),
    rule('autoscaling', ['horizontalpodautoscalers'], 'list'),
  ]);
}

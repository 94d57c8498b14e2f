import { afterAll, beforeAll, expect, inject } from 'vitest';
import { type Ids, type Rule, recovery } from '../contract/case.ts';
import { contract } from '../contract/contract.ts';
import type { Api } from '../servers/kubernetes-node.ts';
import { addType, startVelero } from './custom-resources.ts';
import { make } from './objects.ts';
import { realCluster } from './real-cluster.ts';

/** Kinds whose objects are not Kubernetes' own. */

const { kubernetes } = inject('servers');
let velero: ReturnType<typeof startVelero> | undefined;
beforeAll(async () => {
  if (!kubernetes.up) return;
  const types = { group: 'velero.io', version: 'v1' };
  await addType(kubernetes, { ...types, plural: 'backups', kind: 'Backup' });
  await addType(kubernetes, { ...types, plural: 'restores', kind: 'Restore' });
  const metrics = { group: 'metrics.k8s.io', version: 'v1beta1' };
  await addType(kubernetes, { ...metrics, plural: 'nodes', kind: 'NodeMetrics', scope: 'Cluster' });
  await addType(kubernetes, { ...metrics, plural: 'pods', kind: 'PodMetrics' });
});
afterAll(() => velero?.stop());
/** Begins with the first case in the cluster: those before are in virtual time, where nothing real goes on. */
const withVelero = (api: Api) => {
  velero ??= startVelero(api);
};

const rule = (apiGroup: string, resources: string[], ...verbs: string[]): Rule => ({
  apiGroups: [apiGroup],
  resources,
  verbs,
});
const cluster = { type: 'eks-cluster', region: recovery, name: 'shop-dr' };
const shop = {
  ids: { namespace: 'shop', velero: 'velero' },
  components: ({ namespace }: Ids) => ({
    cluster,
    here: {
      type: 'k8s-namespace',
      region: recovery,
      cluster: 'shop-dr',
      name: namespace,
      veleroSchedule: 'nightly',
    },
  }),
};
const to = (method: string, end: string) =>
  expect.stringMatching(new RegExp(`^kubernetes.${method} .*${end}$`));
/** Velero's own namespace; in the real cluster each case has its objects in its own. */
const home = ({ namespace = '', velero: own }: Ids) => (namespace === 'shop' ? own : namespace) ?? '';

contract(
  'types that others add to a cluster',
  [
    {
      ...shop,
      kind: 'velero.backup',
      shows: 'asks Velero for a backup, and waits until it is Completed',
      cluster: {
        rules: [rule('velero.io', ['backups'], 'get', 'create'), rule('', ['namespaces'], 'get')],
        given: async api => withVelero(api),
      },
      with: of => ({
        cluster: 'cluster',
        namespaces: [of.namespace ?? ''],
        name: 'before-change',
        veleroNamespace: home(of),
      }),
      expect: {
        calls: [
          [
            to('POST', '/backups'),
            { kind: 'Backup', spec: { includedNamespaces: [expect.any(String)], ttl: '720h' } },
          ],
        ],
        errors: [expect.stringMatching(/GET .*\/backups\/before-change-.* 404$/)],
        outputs: { items: expect.any(Number) },
      },
    },
    {
      ...shop,
      kind: 'velero.restore',
      shows: 'restores the newest backup of a schedule beside what is there, and removes that again',
      cluster: {
        rules: [
          rule('velero.io', ['backups'], 'list'),
          rule('velero.io', ['restores'], 'get', 'create'),
          rule('', ['namespaces'], 'get', 'create', 'delete'),
          rule('apps', ['deployments', 'statefulsets'], 'list'),
        ],
        given: (api, namespace) => {
          withVelero(api);
          return make(api, `/apis/velero.io/v1/namespaces/${namespace}/backups`, {
            apiVersion: 'velero.io/v1',
            kind: 'Backup',
            metadata: { name: 'nightly-1', labels: { 'velero.io/schedule-name': 'nightly' } },
            spec: { includedNamespaces: [namespace] },
            status: { phase: 'Completed', startTimestamp: '2026-03-10T02:00:00Z' },
          });
        },
      },
      with: of => ({
        cluster: 'cluster',
        namespace: of.namespace ?? '',
        into: `${of.namespace}-restored`,
        schedule: 'nightly',
        veleroNamespace: home(of),
      }),
      expect: {
        calls: [
          [to('POST', '/namespaces'), { kind: 'Namespace' }],
          [
            to('POST', '/restores'),
            { kind: 'Restore', spec: { backupName: expect.stringMatching(/^nightly-/), restorePVs: true } },
          ],
        ],
        errors: 'whatever',
        outputs: { backup: expect.stringMatching(/^nightly-/), items: expect.any(Number) },
        holds: true,
      },
      finds: { path: ({ namespace }) => `/api/v1/namespaces/${namespace}-restored`, holds: () => true },
      undo: { calls: [[to('DELETE', '-restored'), {}]], holds: 'gone' },
    },
    {
      ...shop,
      kind: 'k8s.top',
      shows: 'adds up what the metrics server measured',
      cluster: {
        rules: [rule('metrics.k8s.io', ['pods'], 'list')],
        given: async (api, namespace) => {
          const usage = { cpu: '250m', memory: '128Mi' };
          for (const name of ['one', 'two'])
            await make(api, `/apis/metrics.k8s.io/v1beta1/namespaces/${namespace}/pods`, {
              apiVersion: 'metrics.k8s.io/v1beta1',
              kind: 'PodMetrics',
              metadata: { name },
              timestamp: new Date().toISOString(),
              containers: [{ name: 'app', usage }],
            });
        },
      },
      with: ({ namespace = '' }) => ({ cluster: 'cluster', namespace }),
      expect: { calls: [], outputs: { available: true } },
    },
    {
      ...shop,
      kind: 'k8s.top',
      shows: 'without rights it says which are missing, and not that there are no metrics',
      cluster: { rules: [] },
      with: () => ({ cluster: 'cluster' }),
      expect: { calls: [], outputs: { available: true } },
      emulator: { gap: 'the simulator knows no rights', throws: /403/ },
    },
  ],
  realCluster(),
);

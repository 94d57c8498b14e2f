import { expect } from 'vitest';
import { type Ids, type Rule, recovery } from '../contract/case.ts';
import { contract } from '../contract/contract.ts';
import { callApi } from '../servers/kubernetes-node.ts';
import { makeSecretValue } from './aws-secret.ts';
import { make, makeDeployment, until } from './objects.ts';
import { realCluster } from './real-cluster.ts';

const rule = (apiGroup: string, resources: string[], ...verbs: string[]): Rule => ({
  apiGroups: [apiGroup],
  resources,
  verbs,
});
const place = ({ namespace = 'shop' }: Ids) => ({ region: recovery, cluster: 'shop-dr', namespace });
const cluster = { type: 'eks-cluster', region: recovery, name: 'shop-dr' };
const withNamespace = (ids: Ids) => ({
  cluster,
  here: { type: 'k8s-namespace', region: recovery, cluster: 'shop-dr', name: ids.namespace },
});
const configMap = (value: string, { namespace = 'shop' }: Ids) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'settings', namespace },
  data: { value },
});
const settings = (ids: Ids) => ({
  ...withNamespace(ids),
  settings: {
    ...place(ids),
    type: 'k8s-object',
    apiVersion: 'v1',
    kind: 'ConfigMap',
    name: 'settings',
    content: { data: { value: 'before' } },
  },
});
const core = ({ namespace = 'shop' }: Ids, plural: string, name: string) =>
  `/api/v1/namespaces/${namespace}/${plural}/${name}`;
const to = (method: string, end: string) =>
  expect.stringMatching(new RegExp(`^kubernetes.${method} .*${end}$`));
const ids = { namespace: 'shop' };
const atSettings = {
  path: (of: Ids) => core(of, 'configmaps', 'settings'),
  holds: ({ data }: { data: Record<string, string> }) => data.value,
};
const makeSettings = (api: Parameters<typeof make>[0], namespace: string) =>
  make(api, `/api/v1/namespaces/${namespace}/configmaps`, configMap('before', { namespace }));

const oneShot = {
  spec: { restartPolicy: 'Never', containers: [{ name: 'main', image: 'registry/shop:v1' }] },
};

contract(
  'k8s objects',
  [
    {
      ids,
      components: withNamespace,
      cluster: { rules: [rule('', ['namespaces'], 'get', 'create', 'delete')] },
      kind: 'k8s.create-namespace',
      shows: 'makes a namespace, and takes it away again',
      with: ({ namespace = 'shop' }) => ({ cluster: 'cluster', name: `${namespace}-test` }),
      expect: {
        calls: [[to('POST', '/namespaces'), {}]],
        errors: [expect.stringMatching(/GET .*-test 404$/)],
        outputs: { made: true },
        holds: 'Active',
      },
      finds: {
        path: ({ namespace = 'shop' }) => `/api/v1/namespaces/${namespace}-test`,
        holds: ({ status }: { status: { phase: string } }) => status.phase,
      },
      undo: { calls: [[to('DELETE', '-test'), {}]], holds: 'gone' },
    },
    {
      ids,
      components: settings,
      cluster: {
        rules: [rule('', ['configmaps'], 'get', 'create', 'patch', 'update', 'delete')],
        given: makeSettings,
      },
      kind: 'k8s.apply',
      shows: 'applies on the server, and undo puts back what was there',
      with: of => ({ cluster: 'cluster', objects: [configMap('after', of)] }),
      expect: {
        // The first one only asks whether the cluster would take it.
        calls: [
          [to('PATCH', '/configmaps/settings'), { data: { value: 'after' } }],
          ['s3.PutObject', {}],
          [to('PATCH', '/configmaps/settings'), { data: { value: 'after' } }],
        ],
        outputs: { applied: 1, made: 0 },
        errors: ['s3.GetObject NoSuchKey'],
        holds: 'after',
      },
      finds: atSettings,
      undo: { calls: [[to('PUT', '/configmaps/settings'), {}]], holds: 'before' },
    },
    {
      ids,
      components: settings,
      cluster: { rules: [rule('', ['configmaps'], 'get', 'patch')], given: makeSettings },
      kind: 'k8s.patch',
      shows: 'changes one field, and puts the old value back',
      with: ({ namespace = 'shop' }) => ({
        cluster: 'cluster',
        object: { apiVersion: 'v1', kind: 'ConfigMap', namespace, name: 'settings' },
        patch: { data: { value: 'after' } },
      }),
      expect: {
        calls: [[to('PATCH', '/configmaps/settings'), { data: { value: 'after' } }]],
        outputs: { changed: true },
        holds: 'after',
      },
      finds: atSettings,
      undo: { calls: [[to('PATCH', '/configmaps/settings'), {}]], holds: 'before' },
    },
    {
      ids,
      components: settings,
      cluster: { rules: [rule('', ['configmaps'], 'get', 'create', 'delete')], given: makeSettings },
      kind: 'k8s.delete',
      shows: 'keeps the manifest, deletes the object, and makes it again',
      with: ({ namespace = 'shop' }) => ({
        cluster: 'cluster',
        objects: [{ apiVersion: 'v1', kind: 'ConfigMap', namespace, name: 'settings' }],
      }),
      expect: {
        calls: [
          ['s3.PutObject', {}],
          [to('DELETE', '/configmaps/settings'), {}],
        ],
        errors: [expect.stringMatching(/configmaps\/settings 404$/)],
        holds: 'gone',
      },
      finds: atSettings,
      undo: { calls: [[to('POST', '/configmaps'), {}]], holds: 'before' },
    },
    {
      ids,
      components: of => ({
        ...withNamespace(of),
        secret: { type: 'secret', region: recovery, name: 'shop/keys', keys: ['API_KEY'] },
        keys: { ...place(of), type: 'k8s-secret', name: 'keys', keys: ['API_KEY'] },
      }),
      given: aws => makeSecretValue(aws, 'shop/keys', { API_KEY: 'from-secrets-manager' }),
      cluster: {
        rules: [rule('', ['secrets'], 'get', 'create', 'patch', 'update', 'delete')],
        given: (api, namespace) =>
          make(api, `/api/v1/namespaces/${namespace}/secrets`, {
            metadata: { name: 'keys' },
            stringData: { API_KEY: 'old' },
          }),
      },
      kind: 'k8s.create-secret',
      shows: 'replaces the values of a Secret, keeps the old ones, and puts them back',
      with: () => ({ secret: 'keys', from: 'secret:shop/keys' }),
      expect: {
        calls: [
          ['secretsmanager.CreateSecret', {}],
          [to('PUT', '/secrets/keys'), {}],
        ],
        outputs: { keys: expect.arrayContaining(['API_KEY']) },
      },
    },
    {
      ids,
      components: of => ({
        ...withNamespace(of),
        app: { ...place(of), type: 'k8s-deployment', name: 'shop-app', container: 'app', replicas: 2 },
      }),
      cluster: {
        rules: [rule('', ['nodes', 'pods'], 'list'), { nonResourceURLs: ['/readyz'], verbs: ['get'] }],
        given: (api, namespace) => makeDeployment(api, namespace),
      },
      kind: 'k8s.get',
      shows: 'counts what is Ready',
      with: ({ namespace = 'shop' }) => ({ cluster: 'cluster', namespaces: [namespace], expect: 'healthy' }),
      expect: { calls: [], outputs: { api: 'up', healthy: true, readyPods: 2, unreadyPods: 0 } },
    },
    {
      ids,
      components: of => ({
        ...withNamespace(of),
        app: { ...place(of), type: 'k8s-deployment', name: 'shop-app', container: 'app', replicas: 2 },
      }),
      cluster: {
        rules: [rule('apps', ['deployments'], 'get')],
        given: (api, namespace) => makeDeployment(api, namespace),
      },
      kind: 'k8s.wait',
      shows: 'is done when the condition holds',
      with: ({ namespace = 'shop' }) => ({
        cluster: 'cluster',
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        namespace,
        name: 'shop-app',
        condition: 'Available',
      }),
      expect: { calls: [], outputs: { count: 1 } },
    },
    {
      ids,
      components: of => ({
        ...withNamespace(of),
        nightly: { ...place(of), type: 'k8s-cronjob', name: 'nightly' },
      }),
      cluster: {
        rules: [rule('batch', ['cronjobs'], 'list', 'patch')],
        given: (api, namespace) =>
          make(api, `/apis/batch/v1/namespaces/${namespace}/cronjobs`, {
            metadata: { name: 'nightly' },
            spec: { schedule: '0 3 * * *', jobTemplate: { spec: { template: oneShot } } },
          }),
      },
      kind: 'k8s.suspend-cronjobs',
      shows: 'suspends the CronJobs of a namespace, and lets them run again',
      with: ({ namespace = 'shop' }) => ({ cluster: 'cluster', namespace }),
      expect: {
        calls: [[to('PATCH', '/cronjobs/nightly'), { spec: { suspend: true } }]],
        outputs: { changed: ['nightly'] },
        holds: true,
      },
      finds: {
        path: ({ namespace = 'shop' }) => `/apis/batch/v1/namespaces/${namespace}/cronjobs/nightly`,
        holds: ({ spec }: { spec: { suspend?: boolean } }) => spec.suspend,
      },
      undo: { calls: [[to('PATCH', '/cronjobs/nightly'), { spec: { suspend: false } }]], holds: false },
    },
    {
      ids,
      components: withNamespace,
      cluster: {
        rules: [
          rule('batch', ['jobs'], 'get', 'create', 'delete'),
          rule('', ['pods'], 'list'),
          rule('', ['pods/log'], 'get'),
        ],
      },
      kind: 'k8s.run',
      shows: 'runs a Job to its end, and removes it',
      with: ({ namespace = 'shop' }) => ({
        cluster: 'cluster',
        namespace,
        name: 'migrate',
        image: 'registry/shop:v1',
        command: ['migrate'],
      }),
      expect: {
        calls: [
          [to('POST', '/jobs'), {}],
          ['s3.PutObject', {}],
        ],
        errors: [expect.stringMatching(/GET .*\/jobs\/.* 404$/)],
      },
    },
    {
      ids,
      components: of => ({
        ...withNamespace(of),
        app: { ...place(of), type: 'k8s-deployment', name: 'shop-app', container: 'app', replicas: 2 },
      }),
      cluster: {
        rules: [rule('', ['pods'], 'list'), rule('', ['pods/log'], 'get')],
        given: (api, namespace) => makeDeployment(api, namespace),
      },
      kind: 'k8s.logs',
      shows: 'keeps the logs of every pod',
      with: ({ namespace = 'shop' }) => ({ cluster: 'cluster', namespace }),
      expect: {
        calls: [
          ['s3.PutObject', {}],
          ['s3.PutObject', {}],
          ['s3.PutObject', {}],
        ],
        outputs: { pods: 2, files: 2 },
      },
    },
    {
      ids,
      components: of => ({
        ...withNamespace(of),
        app: { ...place(of), type: 'k8s-deployment', name: 'shop-app', container: 'app', replicas: 2 },
      }),
      cluster: {
        rules: [rule('', ['events'], 'list')],
        given: (api, namespace) => makeDeployment(api, namespace),
      },
      kind: 'k8s.events',
      shows: 'keeps the events of a namespace',
      with: ({ namespace = 'shop' }) => ({ cluster: 'cluster', namespace }),
      expect: { calls: [['s3.PutObject', {}]], outputs: { count: expect.any(Number) } },
    },
    {
      ids,
      components: of => ({
        ...withNamespace(of),
        app: {
          ...place(of),
          type: 'k8s-deployment',
          name: 'shop-app',
          container: 'app',
          replicas: 2,
          autoscaler: { min: 2, max: 4 },
        },
      }),
      cluster: {
        rules: [rule('autoscaling', ['horizontalpodautoscalers'], 'list', 'patch')],
        given: async (api, namespace) => {
          await makeDeployment(api, namespace);
          await make(api, `/apis/autoscaling/v2/namespaces/${namespace}/horizontalpodautoscalers`, {
            metadata: { name: 'shop-app' },
            spec: {
              minReplicas: 2,
              maxReplicas: 4,
              scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'shop-app' },
            },
          });
          const status = `/apis/autoscaling/v2/namespaces/${namespace}/horizontalpodautoscalers/shop-app/status`;
          await until(async () => {
            const { body } = await callApi(api, 'GET', status);
            return (body.status as { currentReplicas?: number } | undefined)?.currentReplicas === 2;
          });
        },
      },
      kind: 'k8s.autoscale',
      shows: 'raises the limits of an autoscaler, waits for the pods, and sets them back',
      with: () => ({ workload: 'app', min: 3, max: 6 }),
      expect: {
        calls: [
          [to('PATCH', '/horizontalpodautoscalers/shop-app'), { spec: { minReplicas: 3, maxReplicas: 6 } }],
        ],
        outputs: { previousMin: 2, previousMax: 4, replicas: 3 },
      },
      undo: {
        calls: [
          [to('PATCH', '/horizontalpodautoscalers/shop-app'), { spec: { minReplicas: 2, maxReplicas: 4 } }],
        ],
      },
    },
    {
      ids: { ...ids, node: 'shop-dr-node-1' },
      components: of => ({
        ...withNamespace(of),
        app: { ...place(of), type: 'k8s-deployment', name: 'shop-app', container: 'app', replicas: 2 },
      }),
      given: async () => ({ node: 'node-to-close' }),
      cluster: { rules: [rule('', ['nodes'], 'list', 'patch')] },
      kind: 'k8s.cordon',
      shows: 'closes a node, and opens it again',
      with: ({ node = '' }) => ({ cluster: 'cluster', nodes: [node] }),
      expect: {
        calls: [[to('PATCH', '/nodes/.*'), { spec: { unschedulable: true } }]],
        holds: true,
      },
      finds: {
        path: ({ node = '' }) => `/api/v1/nodes/${node}`,
        holds: ({ spec }: { spec: { unschedulable?: boolean } }) => spec.unschedulable ?? false,
      },
      undo: { calls: [[to('PATCH', '/nodes/.*'), {}]], holds: false },
    },
    {
      ids,
      components: of => ({
        ...withNamespace(of),
        keys: { ...place(of), type: 'k8s-secret', name: 'keys', keys: ['API_KEY'] },
      }),
      cluster: {
        rules: [
          rule('', ['secrets'], 'get', 'delete', 'create'),
          rule('apps', ['deployments', 'statefulsets', 'daemonsets'], 'list'),
          rule('batch', ['cronjobs'], 'list'),
        ],
        given: (api, namespace) =>
          make(api, `/api/v1/namespaces/${namespace}/secrets`, {
            metadata: { name: 'keys' },
            stringData: { API_KEY: 'old' },
          }),
      },
      kind: 'k8s.delete-secret',
      shows: 'keeps a Secret in Secrets Manager, deletes it, and makes it again',
      with: () => ({ secret: 'keys' }),
      expect: {
        calls: [
          ['secretsmanager.CreateSecret', {}],
          [to('DELETE', '/secrets/keys'), {}],
        ],
        errors: [expect.stringMatching(/secrets\/keys 404$/)],
        holds: 'gone',
      },
      finds: {
        path: of => core(of, 'secrets', 'keys'),
        holds: ({ data }: { data: Record<string, string> }) => Object.keys(data),
      },
      undo: { calls: [[to('POST', '/secrets'), {}]], holds: ['API_KEY'] },
    },
    {
      ids: { ...ids, node: 'shop-dr-node-1' },
      components: of => ({
        ...withNamespace(of),
        app: { ...place(of), type: 'k8s-deployment', name: 'shop-app', container: 'app', replicas: 2 },
      }),
      given: async () => ({ node: 'node-to-close' }),
      cluster: {
        rules: [
          rule('', ['nodes'], 'list', 'patch'),
          rule('', ['pods'], 'list'),
          rule('', ['pods/eviction'], 'create'),
        ],
        given: (api, namespace) => makeDeployment(api, namespace, { replicas: 4 }),
      },
      kind: 'k8s.drain',
      shows: 'closes a node, evicts its pods, and opens it again',
      with: ({ node = '' }) => ({ cluster: 'cluster', nodes: [node] }),
      expect: {
        // What other cases left on the node goes with its namespace.
        calls: 'whatever',
        errors: 'whatever',
        outputs: { nodes: [expect.any(String)] },
        holds: true,
      },
      finds: {
        path: ({ node = '' }) => `/api/v1/nodes/${node}`,
        holds: ({ spec }: { spec: { unschedulable?: boolean } }) => spec.unschedulable ?? false,
      },
      undo: { calls: [[to('PATCH', '/nodes/.*'), {}]], holds: false },
    },
    {
      ids,
      components: withNamespace,
      cluster: { rules: [rule('', ['pods'], 'list')] },
      kind: 'eks.connect',
      shows: 'proves that the cluster answers and that the role may do what is asked for',
      with: () => ({ cluster: 'cluster' }),
      expect: {
        calls: [[to('POST', '/selfsubjectaccessreviews'), {}]],
        outputs: { api: 'up' },
      },
    },
    {
      ids,
      components: withNamespace,
      cluster: { rules: [] },
      kind: 'k8s.get',
      shows: 'without rights it says which of them are missing',
      with: ({ namespace = 'shop' }) => ({ cluster: 'cluster', namespaces: [namespace] }),
      expect: { calls: [], outputs: { api: 'up' } },
      emulator: { gap: 'the simulator knows no rights', throws: /403 \(nodes is forbidden/ },
    },
  ],
  realCluster(),
);

import * as z from 'zod';
import { ServiceUnavailableError } from '../../errors.ts';
import type { JsonObject } from '../../json.ts';
import { parse } from '../../kubernetes/api.ts';
import { readObject, refSchema } from '../../kubernetes/object-api.ts';
import { conditionHolds, nodeListSchema, type Pod, podListSchema } from '../../kubernetes/objects.ts';
import { describeRef } from '../../kubernetes/resources.ts';
import { podProblems, readyNodes } from '../../kubernetes/rollout.ts';
import { eksCluster } from '../../plan/components.ts';
import type { KubernetesAccess } from '../../ports.ts';
import { type ActionContext, defineAction, type Observation } from '../contract.ts';
import { accessOf } from '../k8s-object.ts';
import { clusterPermission } from '../k8s-permission.ts';
import { unansweredSeconds } from '../outcomes.ts';

const parameters = z.strictObject({
  cluster: eksCluster,
  namespaces: z.array(z.string()).default([]).meta({ description: 'Namespaces whose pods are looked at' }),
  objects: z
    .array(refSchema.refine(({ kind }) => kind !== 'Secret', 'a Secret is not read'))
    .default([])
    .meta({ description: 'Objects that must be there, such as the ConfigMap that a service reads' }),
  expect: z
    .enum(['report', 'healthy'])
    .default('report')
    .meta({ description: 'healthy: wait until the API, all nodes and all pods are' }),
});
type Parameters = z.output<typeof parameters>;

type Picture = {
  api: 'up' | 'down';
  nodes: { ready: number; all: number };
  pods: { ready: number; all: number };
  /** How many of the objects that must be there are. */
  objects: number;
  problems: string[];
};

/**
 * Says how a cluster and its pods are: whether its API server is ready, how many nodes and pods have the condition
 * Ready. Pods that have ended their work are not counted, and a phase of Running says nothing. That the API is down is
 * an answer to branch on.
 *
 * In the cluster the function's role needs: `list` on nodes and pods, `get` on the kinds of `objects`, and the nonResourceURL /readyz.
 */
export const action = defineAction({
  kind: 'k8s.get',
  summary: 'Looks whether a cluster answers and its nodes and pods are Ready',
  parameters,
  components: { cluster: 'eks-cluster' },
  outputs: {
    api: 'up or down',
    healthy: 'Whether the API, all nodes and all pods are well',
    readyNodes: 'Nodes that are Ready and not cordoned; none while the API is down',
    unreadyNodes: 'Nodes that are not; none while the API is down',
    readyPods: 'Pods that are Ready; none while the API is down',
    unreadyPods: 'Pods that are not; none while the API is down',
    problems: 'What is wrong with them, in words',
  },
  drill: 'same',
  mutates: false,
  traits: ['looks'],
  typical: {
    minSeconds: 1,
    likelySeconds: 2,
    maxSeconds: 40,
    source: 'Three requests, 10 s each at most; 30 s until it is called down',
  },
  failureModes: [
    'The API server does not answer',
    'The function has no access entry in the cluster',
    'A namespace without pods looks as if nothing were wrong',
  ],
  permissions: ({ cluster }) => [clusterPermission(cluster.name, cluster.region)],

  prepare: async () => ({ status: 'ready', baseline: {}, evidence: [] }),

  async observe(context, given) {
    const seen = await look(context, given);
    const healthy = isHealthy(seen, given);
    if (given.expect === 'healthy' && !healthy)
      return { status: 'pending', note: inWords(seen, given.objects.length) };
    // One request without an answer says nothing of a cluster, and steps may hang on what is said here.
    const hasty = seen.api === 'down' && context.elapsedSeconds < unansweredSeconds;
    if (hasty) return { status: 'pending', note: inWords(seen, given.objects.length) };
    return answer(given, seen, healthy);
  },
});

async function look(context: ActionContext, { cluster, namespaces, objects }: Parameters): Promise<Picture> {
  const access = accessOf(cluster);
  try {
    await context.kubernetes(access, { method: 'GET', path: '/readyz', answer: 'text' });
    const nodes = await list(context, access, '/api/v1/nodes', nodeListSchema);
    const pods: Pod[] = [];
    const empty: string[] = [];
    for (const namespace of namespaces) {
      const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods`;
      const found = (await list(context, access, path, podListSchema)).filter(counts);
      if (found.length === 0) empty.push(`no pod runs in namespace ${namespace}`);
      pods.push(...found);
    }
    const missing: string[] = [];
    for (const object of objects) {
      if (!(await readObject(context, access, object))) missing.push(`there is no ${describeRef(object)}`);
    }
    const ready = pods.filter(({ status }) => conditionHolds(status.conditions, 'Ready')).length;
    return {
      api: 'up',
      nodes: { ready: readyNodes(nodes), all: nodes.length },
      pods: { ready, all: pods.length },
      objects: objects.length - missing.length,
      problems: [...empty, ...missing, ...podProblems(pods)],
    };
  } catch (error) {
    if (!(error instanceof ServiceUnavailableError)) throw error;
    const none = { ready: 0, all: 0 };
    return { api: 'down', nodes: none, pods: none, objects: 0, problems: [error.message] };
  }
}

async function list<T>(
  context: ActionContext,
  access: KubernetesAccess,
  path: string,
  schema: z.ZodType<{ items: T[] }>,
): Promise<T[]> {
  const { body } = await context.kubernetes(access, { method: 'GET', path });
  return parse(schema, body, path).items;
}

/** A pod of a Job that has ended is neither ready nor a problem; one that is going away is replaced. */
function counts({ status, metadata }: Pod): boolean {
  return status.phase !== 'Succeeded' && metadata.deletionTimestamp === undefined;
}

function isHealthy({ api, nodes, pods, problems }: Picture, { namespaces }: Parameters): boolean {
  const someRun = namespaces.length === 0 || pods.all > 0;
  return api === 'up' && nodes.all > 0 && nodes.ready === nodes.all && someRun && problems.length === 0;
}

function inWords({ api, nodes, pods, objects, problems }: Picture, wanted: number): string {
  if (api === 'down') return `The API server does not answer (${problems.join('; ')})`;
  const counted = `${nodes.ready} of ${nodes.all} nodes and ${pods.ready} of ${pods.all} pods are Ready`;
  const found = wanted > 0 ? [`${objects} of ${wanted} objects are there`] : [];
  return [counted, ...found, ...problems].join('; ');
}

function answer({ cluster, objects }: Parameters, seen: Picture, healthy: boolean): Observation {
  const outputs: JsonObject = {
    api: seen.api,
    healthy,
    // What nobody could count is not nothing: there is no number then.
    ...(seen.api === 'up' && {
      readyNodes: seen.nodes.ready,
      unreadyNodes: seen.nodes.all - seen.nodes.ready,
      readyPods: seen.pods.ready,
      unreadyPods: seen.pods.all - seen.pods.ready,
    }),
    problems: seen.problems.join('; '),
  };
  const what = `Cluster ${cluster.name}: ${inWords(seen, objects.length)}`;
  return { status: 'done', outputs, evidence: [{ what, data: outputs }] };
}

import { DescribeClusterCommand, EKSClient } from '@aws-sdk/client-eks';
import * as z from 'zod';
import { isNotFound, isUnreachable, request } from '../../aws/aws-errors.ts';
import { RequestRejectedError, ServiceUnavailableError } from '../../errors.ts';
import { eksCluster } from '../../plan/components.ts';
import { type ActionContext, defineAction, type Observation, type Reason } from '../contract.ts';
import { clusterPermission } from '../k8s-permission.ts';
import { unansweredSeconds } from '../outcomes.ts';

const rightSchema = z.strictObject({
  verb: z.string(),
  resource: z.string().meta({ description: 'Such as deployments or pods/exec' }),
  group: z.string().default('').meta({ description: 'API group, such as apps; empty for the core' }),
  namespace: z.string().optional(),
});

const parameters = z.strictObject({
  cluster: eksCluster,
  rights: z
    .array(rightSchema)
    .default([{ verb: 'list', resource: 'pods', group: '' }])
    .meta({ description: 'What the steps after this one must be allowed to do' }),
  expect: z
    .enum(['up', 'report'])
    .default('up')
    .meta({ description: 'report: that it does not answer is an answer to branch on' }),
});
type Parameters = z.output<typeof parameters>;

type State =
  | { api: 'up'; version: string; denied: string[] }
  | { api: 'down'; why: string }
  | { api: 'denied' | 'absent'; reason: Reason };

/**
 * Proves that a cluster can be worked with: EKS knows it and says ACTIVE, its API server says that it is ready, and the
 * function's role may do what is asked for. It starts nothing; nodes are eks.scale-nodegroup.
 *
 * In the cluster the function's role needs an access entry; every authenticated user may ask what it may do.
 */
export const action = defineAction({
  kind: 'eks.connect',
  summary: "Proves that a cluster's API server is ready and lets Lifeboat in",
  parameters,
  components: { cluster: 'eks-cluster' },
  outputs: {
    api: 'up or down, or missing where EKS knows no such cluster',
    version: 'Kubernetes version of the cluster',
  },
  drill: 'same',
  mutates: false,
  typical: {
    minSeconds: 1,
    likelySeconds: 2,
    maxSeconds: 30,
    source: 'Three requests; experience: 1 to 3 s',
  },
  failureModes: [
    'The role of the function has no access entry in the cluster, or its group is bound to too little',
    'The endpoint is private and the function runs outside its network',
    'The control plane does not answer',
  ],
  permissions: ({ cluster }) => [clusterPermission(cluster.name, cluster.region)],

  prepare: async () => ({ status: 'ready', baseline: {}, evidence: [] }),

  async observe(context, given): Promise<Observation> {
    const { cluster, expect } = given;
    const state = await look(context, given);
    switch (state.api) {
      case 'absent':
      case 'denied':
        if (state.api === 'absent' && expect === 'report') {
          const what = `EKS knows no cluster ${cluster.name} in ${cluster.region}`;
          return { status: 'done', outputs: { api: 'missing', version: '' }, evidence: [{ what }] };
        }
        return { status: 'failed', reasons: [state.reason], evidence: [] };
      case 'down': {
        // One request without an answer says nothing of a cluster, and steps may hang on what is said here.
        const hasty = context.elapsedSeconds < unansweredSeconds;
        if (expect === 'up' || hasty) return { status: 'pending', note: state.why };
        const what = `The API server of ${cluster.name} does not answer: ${state.why}`;
        return { status: 'done', outputs: { api: 'down', version: '' }, evidence: [{ what }] };
      }
      case 'up': {
        if (state.denied.length > 0) {
          return { status: 'failed', reasons: [notAllowed(given, state.denied)], evidence: [] };
        }
        const what = `The API server of ${cluster.name} (Kubernetes ${state.version}) is ready and lets Lifeboat do what it needs`;
        const outputs = { api: 'up', version: state.version };
        return { status: 'done', outputs, evidence: [{ what, data: outputs }] };
      }
    }
  },
});

async function look(context: ActionContext, given: Parameters): Promise<State> {
  const { cluster } = given;
  const access = { cluster: cluster.name, region: cluster.region };
  try {
    const { status, version = '' } = await describe(context, given);
    if (status !== 'ACTIVE' && status !== 'UPDATING') {
      return { api: 'down', why: `EKS says that cluster ${cluster.name} is ${status}` };
    }
    await context.kubernetes(access, { method: 'GET', path: '/readyz', answer: 'text' });
    const denied: string[] = [];
    for (const right of given.rights) {
      if (!(await isAllowed(context, access, right))) denied.push(inWords(right));
    }
    return { api: 'up', version, denied };
  } catch (error) {
    if (isNotFound(error, 'ResourceNotFoundException')) return { api: 'absent', reason: noCluster(given) };
    if (error instanceof ServiceUnavailableError || isUnreachable(error)) {
      return { api: 'down', why: error instanceof Error ? error.message : String(error) };
    }
    if (!(error instanceof RequestRejectedError)) throw error;
    return { api: 'denied', reason: { what: error.message, mend: error.nextStep } };
  }
}

async function describe(context: ActionContext, { cluster: { name, region } }: Parameters) {
  const client = context.aws.client(EKSClient, region);
  const reply = await request({ call: 'eks.DescribeCluster', region }, () =>
    client.send(new DescribeClusterCommand({ name })),
  );
  return reply.cluster ?? {};
}

const reviewSchema = z.object({ status: z.object({ allowed: z.boolean().default(false) }) });

async function isAllowed(
  context: ActionContext,
  access: { cluster: string; region: string },
  { verb, resource, group, namespace }: z.output<typeof rightSchema>,
): Promise<boolean> {
  const [name = '', subresource] = resource.split('/');
  const resourceAttributes = {
    verb,
    group,
    resource: name,
    ...(subresource !== undefined && { subresource }),
    ...(namespace !== undefined && { namespace }),
  };
  const { body } = await context.kubernetes(access, {
    method: 'POST',
    path: '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
    body: {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SelfSubjectAccessReview',
      spec: { resourceAttributes },
    },
  });
  return reviewSchema.safeParse(body).data?.status.allowed ?? false;
}

function inWords({ verb, resource, group, namespace }: z.output<typeof rightSchema>): string {
  const full = group === '' ? resource : `${resource}.${group}`;
  return namespace === undefined ? `${verb} ${full}` : `${verb} ${full} in ${namespace}`;
}

function noCluster({ cluster: { name, region } }: Parameters): Reason {
  return {
    what: `There is no cluster ${name} in ${region}.`,
    mend: 'Make it with your infrastructure code, or correct its name in the plan.',
  };
}

function notAllowed({ cluster }: Parameters, denied: string[]): Reason {
  return {
    what: `In cluster ${cluster.name} Lifeboat may not: ${denied.join('; ')}.`,
    mend: "Bind the group of its role's access entry to a ClusterRole that allows this, then retry.",
  };
}

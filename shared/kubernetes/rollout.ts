import { conditionHolds, type Deployment, type Node, type Pod } from './objects.ts';

/** Where a deployment stands, decided from what the API server says. `note` is for a person who waits. */
export type RolloutState =
  | { status: 'complete' }
  | { status: 'pending'; note: string }
  | { status: 'failed'; why: string };

/**
 * Whether a rollout has ended, with the same tests in the same order as `kubectl rollout status`.
 * Source: k8s.io/kubectl/pkg/polymorphichelpers/rollout_status.go.
 */
export function rolloutState(deployment: Deployment): RolloutState {
  const { metadata, spec, status } = deployment;
  if (metadata.generation > status.observedGeneration) {
    return { status: 'pending', note: 'the cluster has not taken up the change yet' };
  }
  const stuck = status.conditions.find(
    entry => entry.type === 'Progressing' && entry.reason === 'ProgressDeadlineExceeded',
  );
  if (stuck) return { status: 'failed', why: stuck.message || 'the rollout exceeded its progress deadline' };
  if (status.updateRevision !== undefined) return statefulSetState(deployment);
  if (status.updatedReplicas < spec.replicas) {
    return { status: 'pending', note: `${status.updatedReplicas} of ${spec.replicas} new pods made` };
  }
  if (status.replicas > status.updatedReplicas) {
    return {
      status: 'pending',
      note: `${status.replicas - status.updatedReplicas} old pods are still ending`,
    };
  }
  if (status.availableReplicas < status.updatedReplicas) {
    return {
      status: 'pending',
      note: `${status.availableReplicas} of ${status.updatedReplicas} new pods available`,
    };
  }
  return { status: 'complete' };
}

/** StatefulSets replace one pod after the other, and say that they have by the revision. */
function statefulSetState({ spec, status }: Deployment): RolloutState {
  if (status.readyReplicas < spec.replicas) {
    return { status: 'pending', note: `${status.readyReplicas} of ${spec.replicas} pods ready` };
  }
  if (status.updateRevision !== status.currentRevision) {
    return { status: 'pending', note: `${status.updatedReplicas} of ${spec.replicas} pods replaced` };
  }
  return { status: 'complete' };
}

/**
 * Whether the deployment runs the wanted number of pods and all of them are ready. With `autoscaled` more are welcome.
 * At 0 it says nothing about pods that are still ending.
 */
export function scaleState(
  deployment: Deployment,
  replicas: number,
  { autoscaled }: { autoscaled: boolean },
): RolloutState {
  const { metadata, spec, status } = deployment;
  if (metadata.generation > status.observedGeneration) {
    return { status: 'pending', note: 'the cluster has not taken up the change yet' };
  }
  const refused = status.conditions.find(entry => entry.type === 'ReplicaFailure' && entry.status === 'True');
  if (refused) return { status: 'failed', why: refused.message || refused.reason };
  if (spec.replicas < replicas || (spec.replicas > replicas && !autoscaled)) {
    return { status: 'pending', note: `the cluster says ${spec.replicas} replicas, ${replicas} are wanted` };
  }
  if (status.readyReplicas < replicas) {
    return { status: 'pending', note: `${status.readyReplicas} of ${replicas} pods ready` };
  }
  return { status: 'complete' };
}

/** Why pods are not ready, most frequent first: `2 pods Unschedulable (0/1 nodes are available)`. */
export function podProblems(pods: readonly Pod[]): string[] {
  const counts = new Map<string, number>();
  for (const pod of pods) {
    const problem = podProblem(pod);
    if (problem) counts.set(problem, (counts.get(problem) ?? 0) + 1);
  }
  return [...counts]
    .sort(([, one], [, other]) => other - one)
    .map(([problem, count]) => `${count} ${count === 1 ? 'pod' : 'pods'} ${problem}`);
}

function podProblem({ metadata, status }: Pod): string | undefined {
  if (metadata.deletionTimestamp) return 'ending';
  if (conditionHolds(status.conditions, 'Ready')) return undefined;
  const unscheduled = status.conditions.find(
    entry => entry.type === 'PodScheduled' && entry.status !== 'True',
  );
  if (unscheduled) return withMessage(unscheduled.reason || 'not scheduled', unscheduled.message);
  for (const { state } of status.containerStatuses) {
    if (state.waiting) return withMessage(state.waiting.reason || 'waiting', state.waiting.message);
  }
  const unready = status.conditions.find(entry => entry.type === 'Ready');
  return withMessage('started but not ready', unready?.message ?? '');
}

function withMessage(what: string, message: string): string {
  return message ? `${what} (${message})` : what;
}

/** Nodes that pods can be put on: the Ready condition holds and nobody cordoned them. */
export function readyNodes(nodes: readonly Node[]): number {
  return nodes.filter(node => conditionHolds(node.status.conditions, 'Ready') && !node.spec.unschedulable)
    .length;
}

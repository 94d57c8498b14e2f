import { describe, expect, it } from 'vitest';
import { deploymentSchema, podListSchema } from '../../shared/kubernetes/objects.ts';
import { podProblems, readyNodes, rolloutState, scaleState } from '../../shared/kubernetes/rollout.ts';

function deployment(status: object, spec: object = {}, generation = 2) {
  return deploymentSchema.parse({
    metadata: { name: 'app', generation },
    spec: { replicas: 3, selector: { matchLabels: { app: 'app' } }, template: {}, ...spec },
    status: { observedGeneration: 2, ...status },
  });
}

const complete = { replicas: 3, updatedReplicas: 3, readyReplicas: 3, availableReplicas: 3 };

describe('rolloutState', () => {
  it.each([
    ['has ended', complete, { status: 'complete' }],
    [
      'is not taken up yet',
      { ...complete, observedGeneration: 1 },
      { status: 'pending', note: 'the cluster has not taken up the change yet' },
    ],
    [
      'makes new pods',
      { ...complete, updatedReplicas: 1 },
      { status: 'pending', note: '1 of 3 new pods made' },
    ],
    [
      'ends old pods',
      { ...complete, replicas: 5 },
      { status: 'pending', note: '2 old pods are still ending' },
    ],
    [
      'waits for new pods',
      { ...complete, availableReplicas: 2 },
      { status: 'pending', note: '2 of 3 new pods available' },
    ],
    [
      'is stuck',
      {
        ...complete,
        updatedReplicas: 1,
        conditions: [
          { type: 'Progressing', status: 'False', reason: 'ProgressDeadlineExceeded', message: 'too slow' },
        ],
      },
      { status: 'failed', why: 'too slow' },
    ],
  ])('says when it %s', (_case, status, state) => {
    expect(rolloutState(deployment(status))).toEqual(state);
  });

  it('takes a deployment with no pods wanted for complete', () => {
    expect(rolloutState(deployment({}, { replicas: 0 })).status).toBe('complete');
  });
});

describe('scaleState', () => {
  const alone = { autoscaled: false };

  it('is complete at the wanted number only, unless an autoscaler may go above it', () => {
    expect(scaleState(deployment(complete), 3, alone).status).toBe('complete');
    expect(scaleState(deployment(complete), 2, alone).status).toBe('pending');
    expect(scaleState(deployment(complete), 2, { autoscaled: true }).status).toBe('complete');
    expect(scaleState(deployment(complete), 4, { autoscaled: true }).status).toBe('pending');
  });

  it('does not believe a status that is older than the change', () => {
    expect(scaleState(deployment({ ...complete, observedGeneration: 1 }), 3, alone).status).toBe('pending');
  });

  it('fails when the cluster refuses to make pods', () => {
    const conditions = [
      { type: 'ReplicaFailure', status: 'True', reason: 'FailedCreate', message: 'exceeded quota' },
    ];
    expect(scaleState(deployment({ conditions }), 3, alone)).toEqual({
      status: 'failed',
      why: 'exceeded quota',
    });
  });
});

describe('podProblems', () => {
  const pod = (status: object, metadata: object = {}) => ({ metadata: { name: 'pod', ...metadata }, status });

  it('counts reasons, most frequent first, and leaves ready pods out', () => {
    const unschedulable = pod({
      conditions: [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message: '0/1 nodes' }],
    });
    const { items } = podListSchema.parse({
      items: [
        pod({ conditions: [{ type: 'Ready', status: 'True' }] }),
        pod({
          containerStatuses: [{ state: { waiting: { reason: 'ImagePullBackOff', message: 'not found' } } }],
        }),
        unschedulable,
        unschedulable,
        pod({}, { deletionTimestamp: '2026-03-10T16:42:00Z' }),
      ],
    });
    expect(podProblems(items)).toEqual([
      '2 pods Unschedulable (0/1 nodes)',
      '1 pod ImagePullBackOff (not found)',
      '1 pod ending',
    ]);
  });
});

describe('readyNodes', () => {
  it('counts neither nodes that are not Ready nor cordoned ones', () => {
    const node = (status: string, unschedulable: boolean) => ({
      metadata: { name: 'node' },
      spec: { unschedulable },
      status: { conditions: [{ type: 'Ready', status, reason: '', message: '' }] },
    });
    expect(readyNodes([node('True', false), node('True', true), node('Unknown', false)])).toBe(1);
  });
});

import * as z from 'zod';
import type { JsonObject } from '../../shared/json.ts';
import type { World } from '../world/world.ts';
import { type SimulatedCluster, type SimulatedObject, say } from './cluster.ts';
import { endOfJob } from './commands.ts';
import { putDumps } from './dump-jobs.ts';
import { metadataOf, storeObject } from './store.ts';

/** Image pull and start of a Job's pod. Experience; images of 200 to 500 MB. */
const start = { minSeconds: 5, likelySeconds: 15, maxSeconds: 60 };

const jobSchema = z.object({
  spec: z.object({
    backoffLimit: z.number().default(6),
    activeDeadlineSeconds: z.number().optional(),
    template: z.object({
      spec: z.object({
        containers: z.array(
          z.looseObject({
            name: z.string(),
            image: z.string().default(''),
            command: z.array(z.string()).default([]),
            args: z.array(z.string()).default([]),
          }),
        ),
      }),
    }),
  }),
});

/**
 * Runs a Job that was made: one pod, its command, and again as often as backoffLimit says. The pods of Jobs take no
 * room on the nodes here, since their requests are small beside the application's.
 */
export function runJob(world: World, cluster: SimulatedCluster, job: SimulatedObject): void {
  const parsed = jobSchema.safeParse(job.body);
  if (!parsed.success) return;
  const { spec } = parsed.data;
  const { namespace, name } = metadataOf(job.body);
  const resource = `k8s/${cluster.name}/${namespace}/jobs/${name}`;
  const [container] = spec.template.spec.containers;
  const command = container ? [...container.command, ...container.args] : [];
  job.body = { ...job.body, status: { active: 1, startTime: world.now().toISOString() } };

  const startedAt = world.now();

  const attempt = (number: number) => {
    const key = `${cluster.region}/${cluster.name}/${namespace}/${name}/${number}`;
    const podName = `${name}-${number}`;
    const pod = storeObject(world, cluster, 'pods', podOf(job.body, podName, container));
    const end = endOfJob(world, command, key);
    const logs = `${end.output}${end.error}`;
    const startSeconds = world.duration(start, `job-start/${key}`);
    world.after(startSeconds, resource, `Pod ${podName} started`, () => {
      setPodStatus(pod, 'Running', logs);
      say(world, cluster, { namespace, kind: 'Pod', name: podName, reason: 'Started', message: 'Started' });
    });
    world.after(startSeconds + end.seconds, resource, `Pod ${podName} ended`, () => {
      if (isOver(job)) return;
      const failed = end.exitCode !== 0;
      setPodStatus(pod, failed ? 'Failed' : 'Succeeded', logs, end.exitCode);
      if (!failed) {
        conclude(world, job, 'Complete', '');
        putDumps(world, cluster, job.body, startedAt);
      } else if (number <= spec.backoffLimit) attempt(number + 1);
      else conclude(world, job, 'Failed', 'BackoffLimitExceeded');
    });
  };
  attempt(1);
  if (spec.activeDeadlineSeconds === undefined) return;
  setTimeout(() => {
    if (isOver(job)) return;
    conclude(world, job, 'Failed', 'DeadlineExceeded');
    world.changed(resource, `Job ${name} exceeded its deadline`);
  }, spec.activeDeadlineSeconds * 1000);
}

function isOver({ body }: SimulatedObject): boolean {
  return Array.isArray((body.status as JsonObject | undefined)?.conditions);
}

function conclude(world: World, job: SimulatedObject, type: 'Complete' | 'Failed', reason: string): void {
  const counts: JsonObject = type === 'Complete' ? { succeeded: 1 } : { failed: 1 };
  const condition = { type, status: 'True', reason, message: reason && `Job has ended: ${reason}` };
  job.body = {
    ...job.body,
    status: { ...counts, completionTime: world.now().toISOString(), conditions: [condition] },
  };
}

function podOf(job: JsonObject, name: string, container: unknown): JsonObject {
  const { namespace, name: jobName } = metadataOf(job);
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      namespace,
      labels: { 'job-name': jobName, 'batch.kubernetes.io/job-name': jobName },
      ownerReferences: [{ apiVersion: 'batch/v1', kind: 'Job', name: jobName, uid: '', controller: true }],
    },
    spec: { containers: [container as JsonObject] },
    status: { phase: 'Pending', conditions: [{ type: 'Ready', status: 'False' }] },
  };
}

function setPodStatus(pod: SimulatedObject, phase: string, logs: string, exitCode?: number): void {
  const ready = phase === 'Running' ? 'True' : 'False';
  const state: JsonObject = exitCode === undefined ? { running: {} } : { terminated: { exitCode } };
  pod.body = {
    ...pod.body,
    status: {
      phase,
      conditions: [{ type: 'Ready', status: ready }],
      containerStatuses: [{ name: 'main', state, ready: phase === 'Running', restartCount: 0 }],
      simulatedLog: logs,
    },
  };
}

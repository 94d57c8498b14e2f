import * as z from 'zod';
import { keepFile, keptFilePermissions } from '../../aws/kept-files.ts';
import { shortHash } from '../../aws/names.ts';
import type { JsonObject } from '../../json.ts';
import {
  createObject,
  deleteObject,
  labelsOf,
  readObject,
  runLabel,
  withLabels,
} from '../../kubernetes/object-api.ts';
import { conditionHolds, conditionSchema } from '../../kubernetes/objects.ts';
import { readPodLogs } from '../../kubernetes/pod-logs.ts';
import { eksCluster, k8sCronjob } from '../../plan/components.ts';
import { durationSchema } from '../../plan/duration.ts';
import { type ActionContext, defineAction, type Preparation, type Reason } from '../contract.ts';
import { refuseProductionInDrill } from '../drill-guard.ts';
import { accessOf, recordChange, refused } from '../k8s-object.ts';
import { clusterPermission } from '../k8s-permission.ts';

const parameters = z
  .strictObject({
    cluster: eksCluster,
    namespace: z.string(),
    name: z
      .string()
      .regex(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/)
      .max(30)
      .meta({ description: 'Begin of its name' }),
    cronjob: k8sCronjob.optional().meta({ description: 'A CronJob whose template is run once' }),
    image: z.string().optional(),
    command: z.array(z.string()).optional(),
    env: z.record(z.string(), z.string()).default({}),
    envFromSecrets: z
      .array(z.string())
      .default([])
      .meta({ description: 'Secrets whose keys become variables' }),
    serviceAccount: z.string().optional(),
    deadline: durationSchema.default(900).meta({ description: 'After this Kubernetes ends it as failed' }),
    retries: z
      .number()
      .int()
      .min(0)
      .max(6)
      .default(0)
      .meta({ description: 'Pods that may be started after one failed; 0 unless repeating does no harm' }),
    expectOutput: z.string().optional().meta({ description: 'A phrase that its log must contain' }),
  })
  .refine(
    ({ image, cronjob }) => (image === undefined) !== (cronjob === undefined),
    'either image or cronjob',
  );
type Parameters = z.output<typeof parameters>;

const baselineSchema = z.object({ job: z.string(), template: z.custom<JsonObject>() });
const jobSchema = z.object({
  status: z.object({ conditions: z.array(conditionSchema).default([]) }).prefault({}),
});

/** Kubernetes removes the Job and its pods after a day, when its log has long been kept. */
const keptSeconds = 86_400;

/**
 * Runs something once, to its end: a Job from an image, or from the template of a CronJob. Done is Complete; the logs
 * of its pods are kept beside the run's report. Its name is fixed in prepare, so that a lost reply makes no second one.
 *
 * In the cluster the function's role needs: `get` and `create` on jobs.batch (and `get` on cronjobs.batch), `list` on
 * pods, `get` on pods/log, and `delete` on jobs.batch for undo.
 */
export const action = defineAction({
  kind: 'k8s.run',
  summary: 'Runs a Job to its end and keeps its log',
  parameters,
  components: { cluster: 'eks-cluster', cronjob: 'k8s-cronjob' },
  outputs: {
    job: 'Name of the Job',
    output: 'Last 1000 characters of its log',
    log: 'Where the whole log is',
  },
  drill: 'isolated',
  mutates: true,
  traits: ['own-code'],
  typical: {
    minSeconds: 10,
    likelySeconds: 60,
    maxSeconds: 3600,
    source: 'Experience: start of a pod and a short script; restores take as long as their data needs',
  },
  failureModes: [
    'It fails, or does not end before its deadline',
    'A retry of its own repeats half of what it did before',
    'The image can not be pulled in this region',
    'Its pod finds no node, or a Secret that it reads is missing',
  ],
  permissions: ({ cluster }) => [clusterPermission(cluster.name, cluster.region), ...keptFilePermissions()],

  async prepare(context, given): Promise<Preparation> {
    const { cluster, name } = given;
    const drill = refuseProductionInDrill(context, cluster.region, `cluster ${cluster.name}`);
    if (drill) return drill;
    const template = given.cronjob ? await templateOf(context, given) : imageTemplate(given);
    if (!template) return refused(noCronJob(given));
    const occasion = shortHash(
      `${context.run.id}/${context.step.id}/${context.clock.now().toISOString()}`,
      5,
    );
    // 63 is the longest label value, and pods get six characters more.
    const job = context.names.resource(`${name}-${occasion}`, 57);
    const what = `Job ${job} will run in namespace ${given.namespace}, for ${given.deadline} s at most`;
    return { status: 'ready', baseline: { job, template }, evidence: [{ what, data: { job } }] };
  },

  async act(context, given, baseline) {
    const { job, template } = baselineSchema.parse(baseline);
    const access = accessOf(given.cluster);
    if (await readObject(context, access, refTo(given, job))) return;
    await recordChange(context, access, 'Create', refTo(given, job), `Job ${job} started`);
    await createObject(context, access, manifestOf(context, given, job, template));
  },

  async observe(context, given, baseline) {
    const { job } = baselineSchema.parse(baseline);
    const access = accessOf(given.cluster);
    const found = await readObject(context, access, refTo(given, job));
    if (!found) return { status: 'pending', note: `Job ${job} does not show yet` };
    const { conditions } = jobSchema.parse(found).status;
    const failed = conditions.find(({ type, status }) => type === 'Failed' && status === 'True');
    if (!failed && !conditionHolds(conditions, 'Complete')) {
      return { status: 'pending', note: `Job ${job} has not ended` };
    }
    const labels = { 'job-name': job };
    const { text } = await readPodLogs(context, access, { namespace: given.namespace, labels });
    const { location, sha256 } = await keepFile(context, `${job}.log`, text);
    const evidence = [{ what: `The log of Job ${job} is at ${location}`, data: { location, sha256 } }];
    if (failed) return { status: 'failed', reasons: [ended(job, failed.reason, text)], evidence };
    if (given.expectOutput !== undefined && !text.includes(given.expectOutput)) {
      return { status: 'failed', reasons: [otherOutput(job, given.expectOutput, text)], evidence };
    }
    const outputs = { job, output: text.trim().slice(-1000), log: location };
    return { status: 'done', outputs, evidence: [{ what: `Job ${job} is Complete` }, ...evidence] };
  },

  async undo(context, given, baseline) {
    const { job } = baselineSchema.parse(baseline);
    const access = accessOf(given.cluster);
    const found = await readObject(context, access, refTo(given, job));
    if (!found || labelsOf(found)[runLabel] !== context.run.id) {
      const what = `Job ${job} is gone; what it did stays done`;
      return { status: 'done', outputs: {}, evidence: [{ what }] };
    }
    await recordChange(
      context,
      access,
      'Delete',
      refTo(given, job),
      `Job ${job}, which this run made, deleted`,
    );
    await deleteObject(context, access, refTo(given, job));
    return { status: 'pending', note: `Job ${job} is being deleted` };
  },
});

const refTo = ({ namespace }: Parameters, name: string) => ({
  apiVersion: 'batch/v1',
  kind: 'Job',
  namespace,
  name,
});

/** The pod template of the CronJob, from the cluster as it is now. */
async function templateOf(context: ActionContext, { cluster, cronjob }: Parameters) {
  if (!cronjob) return undefined;
  const ref = { apiVersion: 'batch/v1', kind: 'CronJob', namespace: cronjob.namespace, name: cronjob.name };
  const found = await readObject(context, accessOf(cluster), ref);
  const schema = z.object({
    spec: z.object({ jobTemplate: z.object({ spec: z.object({ template: z.custom<JsonObject>() }) }) }),
  });
  return schema.safeParse(found).data?.spec.jobTemplate.spec.template;
}

function imageTemplate({ image = '', command, env, envFromSecrets, serviceAccount }: Parameters): JsonObject {
  const container: JsonObject = {
    name: 'main',
    image,
    ...(command && { command }),
    env: Object.entries(env).map(([name, value]) => ({ name, value })),
    envFrom: envFromSecrets.map(name => ({ secretRef: { name } })),
  };
  return {
    spec: { containers: [container], ...(serviceAccount && { serviceAccountName: serviceAccount }) },
  };
}

function manifestOf(
  context: ActionContext,
  { namespace, deadline, retries }: Parameters,
  name: string,
  template: JsonObject,
): JsonObject {
  const labels = { [runLabel]: context.run.id };
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name, namespace, labels },
    spec: {
      backoffLimit: retries,
      activeDeadlineSeconds: deadline,
      ttlSecondsAfterFinished: keptSeconds,
      template: {
        ...withLabels(template, labels),
        spec: { ...(template.spec as JsonObject), restartPolicy: 'Never' },
      },
    },
  };
}

function noCronJob({ cronjob }: Parameters): Reason {
  return {
    what: `There is no CronJob ${cronjob?.name} in namespace ${cronjob?.namespace}.`,
    mend: 'Apply its manifest, or name an image in the plan; then retry.',
  };
}

function ended(job: string, reason: string, log: string): Reason {
  return {
    what: `Job ${job} failed (${reason || 'no reason given'}): ${log.trim().slice(-300) || 'it printed nothing'}`,
    mend: 'Read its log beside the report; mend the cause, and retry only if repeating it does no harm.',
  };
}

function otherOutput(job: string, wanted: string, log: string): Reason {
  return {
    what: `Job ${job} ended well, but its log does not contain "${wanted}": ${log.trim().slice(-300)}`,
    mend: 'Read its log beside the report; the state is not the one that is wanted.',
  };
}

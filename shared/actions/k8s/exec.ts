import { createHash } from 'node:crypto';
import * as z from 'zod';
import { keepFile, keptFilePermissions, readKeptFile } from '../../aws/kept-files.ts';
import { shortHash } from '../../aws/names.ts';
import { StepFailedError } from '../../errors.ts';
import { nounOf } from '../../kubernetes/api.ts';
import { readyPodsOf } from '../../kubernetes/choose-pod.ts';
import { durationSchema } from '../../plan/duration.ts';
import type { KubernetesExecResult } from '../../ports.ts';
import { type ActionContext, defineAction, type Observation, type Reason } from '../contract.ts';
import { refuseProductionInDrill } from '../drill-guard.ts';
import { refused } from '../k8s-object.ts';
import { clusterPermission } from '../k8s-permission.ts';
import { resourceOf, workloadSchema, workloadTypes } from '../k8s-workload.ts';

const parameters = z.strictObject({
  workload: workloadSchema,
  command: z.array(z.string()).min(1).meta({
    description: 'Program and arguments. No shell is between: for $VARIABLES of the pod write [sh, -c, "…"]',
  }),
  container: z.string().optional(),
  stdin: z.string().optional(),
  pods: z
    .enum(['one', 'all'])
    .default('one')
    .meta({ description: 'all: in every Ready pod, such as for a kill switch that each keeps for itself' }),
  expectExitCode: z.number().int().min(0).max(255).default(0),
  expectOutput: z.string().optional().meta({ description: 'A phrase that standard output must contain' }),
  repeatable: z
    .boolean()
    .default(false)
    .meta({ description: 'Running it twice does no harm, so it is run again when its end is not known' }),
  timeout: durationSchema
    .refine(seconds => seconds <= 90, 'at most 90s; what takes longer belongs into a Job (k8s.run)')
    .default(60),
});
type Parameters = z.output<typeof parameters>;

const baselineSchema = z.object({ occasion: z.string(), pods: z.array(z.string()) });

const resultSchema = z.object({
  state: z.enum(['begun', 'ended']),
  exitCode: z.number().default(-1),
  stdout: z.string().default(''),
  stderr: z.string().default(''),
  truncated: z.boolean().default(false),
});
type Result = z.output<typeof resultSchema>;

/**
 * Runs a command in a Ready pod, without a terminal. How it ended is taken from the status channel; its output is kept
 * beside the run's report with its SHA-256. That it begins is written down first: when its end is not known it is run
 * again only if the plan says that this does no harm.
 *
 * In the cluster the function's role needs: `get` on deployments.apps or statefulsets.apps, `list` on pods, and `get`
 * and `create` on pods/exec.
 */
export const action = defineAction({
  kind: 'k8s.exec',
  summary: 'Runs a command in a pod and judges its exit code and output',
  parameters,
  components: { workload: workloadTypes },
  outputs: {
    exitCode: 'Exit code; of several pods the first that differs from what is expected',
    output: 'First 1000 characters of standard output, without white space at the ends',
    pods: 'Pods that it ran in',
  },
  drill: 'isolated',
  mutates: true,
  traits: ['looks', 'own-code'],
  typical: {
    minSeconds: 1,
    likelySeconds: 5,
    maxSeconds: 90,
    source: 'A short command; longer ones are Jobs',
  },
  failureModes: [
    'No pod is Ready, such as after scaling to 0',
    'The connection breaks, and nobody knows whether the command ran to its end',
    'The program is not in the image',
    'The command works on one pod only, and the others keep their state',
  ],
  permissions: ({ workload }) => [
    clusterPermission(workload.cluster, workload.region),
    ...keptFilePermissions(),
  ],

  async prepare(context, given) {
    const { workload, pods: which } = given;
    const drill = refuseProductionInDrill(context, workload.region, `${nounOf(workload)} ${workload.name}`);
    if (drill) return drill;
    const ready = (await readyPodsOf(context, workload)).map(({ metadata }) => metadata.name);
    if (ready.length === 0) return refused(nothingReady(given));
    const pods = which === 'all' ? ready : ready.slice(0, 1);
    const occasion = shortHash(`${context.step.id}/${context.clock.now().toISOString()}`, 8);
    const what = `The command will run in ${pods.join(', ')}`;
    return { status: 'ready', baseline: { occasion, pods }, evidence: [{ what, data: { pods } }] };
  },

  async act(context, given, baseline) {
    const { occasion, pods } = baselineSchema.parse(baseline);
    for (const pod of pods) {
      const known = await readResult(context, occasion, pod);
      if (known?.state === 'ended') continue;
      if (known?.state === 'begun' && !given.repeatable) throw unknownEnd(given, pod);
      await runIn(context, given, occasion, pod);
    }
  },

  async observe(context, given, baseline): Promise<Observation> {
    const { occasion, pods } = baselineSchema.parse(baseline);
    const results: { pod: string; result: Result }[] = [];
    for (const pod of pods) {
      const result = await readResult(context, occasion, pod);
      if (result?.state !== 'ended') {
        const why = unknownEnd(given, pod);
        return { status: 'failed', reasons: [{ what: why.message, mend: why.nextStep }], evidence: [] };
      }
      results.push({ pod, result });
    }
    const evidence = results.map(({ pod, result }) => ({
      what: `In pod ${pod} the command ended with exit code ${result.exitCode}`,
      data: { pod, exitCode: result.exitCode, stdoutSha256: sha256(result.stdout) },
    }));
    const reasons = results.flatMap(({ pod, result }) => problemsOf(given, pod, result));
    if (reasons.length > 0) return { status: 'failed', reasons, evidence };
    const output = results[0]?.result.stdout.trim().slice(0, 1000) ?? '';
    return { status: 'done', outputs: { exitCode: given.expectExitCode, output, pods }, evidence };
  },
});

async function runIn(
  context: ActionContext,
  given: Parameters,
  occasion: string,
  pod: string,
): Promise<void> {
  const { workload, command, container = workload.container, stdin, timeout } = given;
  if (!context.kubernetesExec) throw new Error('this function has no connection for commands in pods');
  await keepFile(context, fileOf(occasion, pod), JSON.stringify({ state: 'begun' }));
  await context.changed({
    call: 'kubernetes.ExecPod',
    region: workload.region,
    resource: `${resourceOf(workload)}/${pod}`,
    what: `Command in pod ${pod}: ${command[0]}`,
  });
  const { namespace } = workload;
  const ended: KubernetesExecResult = await context.kubernetesExec(workload, {
    namespace,
    pod,
    container,
    command,
    stdin,
    timeoutMs: timeout * 1000,
  });
  await keepFile(context, fileOf(occasion, pod), JSON.stringify({ state: 'ended', ...ended }));
}

async function readResult(
  context: ActionContext,
  occasion: string,
  pod: string,
): Promise<Result | undefined> {
  const kept = await readKeptFile(context, fileOf(occasion, pod));
  return kept === undefined ? undefined : resultSchema.parse(JSON.parse(kept));
}

const fileOf = (occasion: string, pod: string) => `exec-${occasion}-${pod}.json`;
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

function problemsOf({ expectExitCode, expectOutput }: Parameters, pod: string, result: Result): Reason[] {
  const { exitCode, stdout, stderr } = result;
  const said = (stderr.trim() || stdout.trim()).slice(-300);
  if (exitCode !== expectExitCode) {
    const why = exitCode === 127 ? ' (the program is not in the image)' : '';
    return [
      {
        what: `In pod ${pod} the command ended with exit code ${exitCode}${why}, not ${expectExitCode}: ${said}`,
        mend: 'Read its whole output beside the report, mend the cause, then retry.',
      },
    ];
  }
  if (expectOutput === undefined || stdout.includes(expectOutput)) return [];
  return [
    {
      what: `In pod ${pod} the command ended well, but its output does not contain "${expectOutput}": ${said}`,
      mend: 'Read its whole output beside the report; the state is not the one that is wanted.',
    },
  ];
}

function nothingReady({ workload: { name, namespace, cluster } }: Parameters): Reason {
  return {
    what: `No pod of ${name} in namespace ${namespace} of cluster ${cluster} is Ready, so no command can run in one.`,
    mend: 'Start it first (k8s.scale), or run the command as a Job of its own (k8s.run).',
  };
}

function unknownEnd({ workload }: Parameters, pod: string): StepFailedError {
  return new StepFailedError(`The command began in pod ${pod}, and nobody knows how it ended.`, {
    nextStep: `Look in pod ${pod} of namespace ${workload.namespace} whether it did its work; then skip the step, or retry to run it again.`,
  });
}

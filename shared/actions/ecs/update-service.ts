import * as z from 'zod';
import {
  type EcsService,
  lastEvent,
  missingService,
  primaryOf,
  readService,
  servicePermissions,
  shortDefinition,
  unsteady,
  updateService,
} from '../../aws/ecs-service.ts';
import type { JsonObject } from '../../json.ts';
import { ecsService } from '../../plan/components.ts';
import { type ActionContext, defineAction, type Observation } from '../contract.ts';
import { refuseProductionInDrill } from '../drill-guard.ts';
import { alreadyDone, fail, finish, pending, ready, refuse } from '../outcomes.ts';

const parameters = z.object({
  service: ecsService,
  taskDefinition: z
    .string()
    .regex(
      /:\d+$/,
      'a task definition with its revision, such as shop:41; without one it is not clear what runs',
    )
    .optional()
    .meta({ description: 'Without it, the same revision is deployed anew, which replaces every task' }),
});
type Parameters = z.output<typeof parameters>;

const baselineSchema = z.object({ previous: z.string(), earlierDeployments: z.array(z.string()) });

/** Whether the newest deployment is the one that is wanted: the given revision, or a new one of the same. */
function isWanted(
  deployment: { id?: string; taskDefinition?: string } | undefined,
  { taskDefinition }: Parameters,
  earlier: readonly string[],
): boolean {
  if (taskDefinition === undefined) return deployment?.id !== undefined && !earlier.includes(deployment.id);
  return shortDefinition(deployment?.taskDefinition) === shortDefinition(taskDefinition);
}

async function deploy(context: ActionContext, service: EcsService, from: string, to: string | undefined) {
  const target = to === undefined ? `${from}, every task anew` : `from ${from} to ${shortDefinition(to)}`;
  await context.changed({
    call: 'ecs.UpdateService',
    region: service.region,
    resource: `${service.cluster}/${service.name}`,
    what: `Deployed ${service.name}: ${target}.`,
  });
  await updateService(
    context.aws,
    service,
    to === undefined ? { forceNewDeployment: true } : { taskDefinition: to },
  );
}

async function undo(
  context: ActionContext,
  { service, taskDefinition }: Parameters,
  stored: JsonObject,
): Promise<Observation> {
  const { previous } = baselineSchema.parse(stored);
  if (taskDefinition === undefined)
    return finish(`${service.name} runs the same revision as before, ${previous}.`);
  const found = await readService(context.aws, service);
  if (!found) return finish(`The service ${service.name} is gone, so there is nothing to bring back.`);
  const now = shortDefinition(primaryOf(found)?.taskDefinition);
  if (now !== shortDefinition(previous)) {
    await deploy(context, service, now, previous);
    return pending(`going back to ${shortDefinition(previous)}`);
  }
  const why = unsteady(found);
  return why
    ? pending(`${service.name}: ${why}`)
    : finish(`${service.name} runs ${shortDefinition(previous)} again.`);
}

/**
 * Deploys a revision of a task definition, or the same one anew, and waits until it is rolled out: its deployment is
 * complete, all its tasks run, and no other deployment is left. A deployment that ECS rolls back is a failure.
 */
export const action = defineAction({
  kind: 'ecs.update-service',
  summary: 'Deploys a task definition to an ECS service and waits until it is rolled out',
  parameters,
  components: { service: 'ecs-service' },
  outputs: {
    previous: 'Task definition and revision before',
    taskDefinition: 'Task definition and revision that run',
  },
  drill: 'isolated',
  mutates: true,
  typical: {
    minSeconds: 60,
    likelySeconds: 240,
    maxSeconds: 900,
    source:
      'Experience: start of tasks, health checks, and draining of the old ones for 300 s by default; to be measured',
  },
  failureModes: [
    'New tasks do not become healthy: the circuit breaker rolls back, or the deployment never ends',
    'The image of the revision is not in the recovery region',
    'There is no capacity for new tasks beside the old ones',
  ],
  permissions: ({ service }) => servicePermissions(service),
  async prepare(context, given) {
    const { service } = given;
    const refused = refuseProductionInDrill(context, service.region, `the ECS service ${service.name}`);
    if (refused) return refused;
    const found = await readService(context.aws, service);
    if (!found) return { status: 'refused', reasons: [missingService(service)], evidence: [] };
    if ((found.desiredCount ?? 0) === 0) {
      return refuse(
        `${service.name} wants no tasks, so a deployment would prove nothing.`,
        'Scale it up first with ecs.scale-service.',
      );
    }
    const previous = found.taskDefinition ?? '';
    const earlierDeployments = (found.deployments ?? []).flatMap(({ id }) => id ?? []);
    const baseline = { previous, earlierDeployments };
    const what = `${service.name} runs ${shortDefinition(previous)}, ${found.runningCount} of ${found.desiredCount} tasks.`;
    if (isWanted(primaryOf(found), given, earlierDeployments) && !unsteady(found)) {
      const taskDefinition = shortDefinition(previous);
      return alreadyDone(baseline, { previous: taskDefinition, taskDefinition }, what);
    }
    return ready(baseline, what);
  },
  async act(context, given, stored) {
    const { previous, earlierDeployments } = baselineSchema.parse(stored);
    const found = await readService(context.aws, given.service);
    if (!found || isWanted(primaryOf(found), given, earlierDeployments)) return;
    await deploy(context, given.service, shortDefinition(previous), given.taskDefinition);
  },
  async observe(context, given, stored) {
    const { service } = given;
    const { previous, earlierDeployments } = baselineSchema.parse(stored);
    const found = await readService(context.aws, service);
    if (!found) return { status: 'failed', reasons: [missingService(service)], evidence: [] };
    const primary = primaryOf(found);
    const ours = (found.deployments ?? []).find(
      one => !earlierDeployments.includes(one.id ?? '') && isWanted(one, given, earlierDeployments),
    );
    if (ours?.rolloutState === 'FAILED') {
      return fail(
        `The deployment of ${service.name} failed: ${ours.rolloutStateReason ?? lastEvent(found)}`,
        'Look at the stopped tasks in the ECS console for their reason; deploy a revision that is known to work.',
      );
    }
    if (!isWanted(primary, given, earlierDeployments)) {
      return pending(`ECS still has ${shortDefinition(primary?.taskDefinition)} as the newest deployment.`);
    }
    const why = unsteady(found);
    if (why) return pending(`${service.name}: ${why}; ${lastEvent(found)}`);
    const taskDefinition = shortDefinition(primary?.taskDefinition);
    const what = `${service.name} runs ${taskDefinition} with ${found.runningCount} tasks.`;
    return finish(what, { previous: shortDefinition(previous), taskDefinition });
  },
  undo,
});

import * as z from 'zod';
import {
  type EcsService,
  lastEvent,
  missingService,
  primaryOf,
  readService,
  servicePermissions,
  unsteady,
  updateService,
} from '../../aws/ecs-service.ts';
import type { JsonObject } from '../../json.ts';
import { ecsService } from '../../plan/components.ts';
import { type ActionContext, defineAction, type Observation } from '../contract.ts';
import { refuseProductionInDrill } from '../drill-guard.ts';
import { alreadyDone, fail, finish, pending, ready } from '../outcomes.ts';

const parameters = z.object({
  service: ecsService,
  count: z.number().int().nonnegative().meta({ description: 'Tasks that are to run' }),
  mayShrink: z.boolean().default(false).meta({
    description: 'Whether a service that has more tasks loses some; without it, it is left as it is',
  }),
});
type Parameters = z.output<typeof parameters>;

const baselineSchema = z.object({ before: z.number() });

/** A count that is other this long after it was set has another master, such as Application Auto Scaling. */
const setBackAfterSeconds = 60;

const enough = (now: number, { count, mayShrink }: Parameters) => (mayShrink ? now === count : now >= count);

async function scale(context: ActionContext, service: EcsService, from: number, to: number): Promise<void> {
  await context.changed({
    call: 'ecs.UpdateService',
    region: service.region,
    resource: `${service.cluster}/${service.name}`,
    what: `Tasks of ${service.name} changed from ${from} to ${to}.`,
  });
  await updateService(context.aws, service, { desiredCount: to });
}

async function undo(
  context: ActionContext,
  { service }: Parameters,
  stored: JsonObject,
): Promise<Observation> {
  const { before } = baselineSchema.parse(stored);
  const found = await readService(context.aws, service);
  if (!found) return finish(`The service ${service.name} is gone, so there is nothing to bring back.`);
  const now = found.desiredCount ?? 0;
  if (now !== before) {
    await scale(context, service, now, before);
    return pending(`going back to ${before} tasks`);
  }
  if ((found.runningCount ?? 0) > before)
    return pending(`${found.runningCount} tasks run, ${before} are to stay`);
  return finish(`The service ${service.name} is back at ${before} tasks.`);
}

/**
 * Brings an ECS service to a number of tasks and waits for its steady state: all of them run, and its deployment is
 * complete, which for a service behind a load balancer means that its tasks are healthy there.
 */
export const action = defineAction({
  kind: 'ecs.scale-service',
  summary: 'Brings an ECS service to a number of tasks and waits for its steady state',
  parameters,
  components: { service: 'ecs-service' },
  outputs: { before: 'Tasks that were wanted before', running: 'Tasks that run' },
  drill: 'isolated',
  mutates: true,
  traits: ['needs-capacity'],
  typical: {
    minSeconds: 30,
    likelySeconds: 90,
    maxSeconds: 300,
    source:
      'Experience: a Fargate task runs 30 to 90 s after it was asked for, then health checks; to be measured',
  },
  failureModes: [
    'Fargate or the container instances have no capacity, or the quota of the region is too small',
    'The image can not be pulled in the recovery region',
    'Application Auto Scaling sets the count back to its own limits',
  ],
  permissions: ({ service }) => servicePermissions(service),
  async prepare(context, given) {
    const { service, count } = given;
    const refused = refuseProductionInDrill(context, service.region, `the ECS service ${service.name}`);
    if (refused) return refused;
    const found = await readService(context.aws, service);
    if (!found) return { status: 'refused', reasons: [missingService(service)], evidence: [] };
    const { desiredCount: before = 0, runningCount: running = 0 } = found;
    const what = `${service.name} has ${running} of ${before} tasks running.`;
    if (enough(before, given) && running >= count && !unsteady(found)) {
      return alreadyDone({ before }, { before, running }, what);
    }
    return ready({ before }, what);
  },
  async act(context, given) {
    const now = (await readService(context.aws, given.service))?.desiredCount;
    if (now === undefined || enough(now, given)) return;
    await scale(context, given.service, now, given.count);
  },
  async observe(context, given, stored) {
    const { service, count } = given;
    const found = await readService(context.aws, service);
    if (!found) return { status: 'failed', reasons: [missingService(service)], evidence: [] };
    const { desiredCount: now = 0, runningCount: running = 0 } = found;
    if (!enough(now, given)) {
      if (context.elapsedSeconds < setBackAfterSeconds)
        return pending('ECS does not show the new count yet.');
      return fail(
        `Something set ${service.name} back to ${now} tasks after it was scaled to ${count}.`,
        'Raise the limits of its Application Auto Scaling target, or pause what did it, then retry.',
      );
    }
    const primary = primaryOf(found);
    if (primary?.rolloutState === 'FAILED') {
      return fail(
        `The deployment of ${service.name} failed: ${primary.rolloutStateReason ?? lastEvent(found)}`,
        'Look at the stopped tasks in the ECS console for their reason; mend it, then retry.',
      );
    }
    const why = unsteady(found);
    if (why) return pending(`${service.name}: ${why}; ${lastEvent(found)}`);
    const { before } = baselineSchema.parse(stored);
    return finish(`${service.name} is steady with ${running} tasks, ${count} wanted.`, { before, running });
  },
  undo,
});

import { AutoScalingClient, UpdateAutoScalingGroupCommand } from '@aws-sdk/client-auto-scaling';
import * as z from 'zod';
import {
  changeGroupPermission,
  failedActivities,
  type Group,
  launchFailed,
  missingGroup,
  readGroup,
  readGroupPermission,
  type Sizes,
  servingInstances,
  sizesOf,
} from '../../aws/auto-scaling.ts';
import { request } from '../../aws/aws-errors.ts';
import type { JsonObject } from '../../json.ts';
import { autoScalingGroup } from '../../plan/components.ts';
import { type ActionContext, defineAction, type Observation } from '../contract.ts';
import { refuseProductionInDrill } from '../drill-guard.ts';
import { alreadyDone, fail, finish, pending, ready, refuse } from '../outcomes.ts';

const parameters = z.object({
  group: autoScalingGroup,
  desired: z.number().int().nonnegative(),
  mayShrink: z
    .boolean()
    .default(false)
    .meta({ description: 'Whether a group that is bigger is made smaller; without it, it is left as it is' }),
});
type Parameters = z.output<typeof parameters>;

const sizesSchema = z.object({ min: z.number(), desired: z.number(), max: z.number() });
const baselineSchema = z.object({ before: sizesSchema, startedAt: z.string(), setAt: z.string().optional() });

/** A group that is set back this long after the change was made has another master. */
const setBackAfterSeconds = 60;

/** The limits give way to the wanted size, never the other way round. */
function wantedSizes(now: Sizes, desired: number): Sizes {
  return { min: Math.min(now.min, desired), desired, max: Math.max(now.max, desired) };
}

const same = (one: Sizes, other: Sizes) =>
  one.min === other.min && one.desired === other.desired && one.max === other.max;

const enough = (now: Sizes, { desired, mayShrink }: Parameters) =>
  mayShrink ? now.desired === desired : now.desired >= desired;

async function resize(context: ActionContext, group: Group, from: Sizes, to: Sizes): Promise<void> {
  const limits = from.max === to.max && from.min === to.min ? '' : `, its limits to ${to.min} and ${to.max}`;
  await context.changed({
    call: 'autoscaling.UpdateAutoScalingGroup',
    region: group.region,
    resource: group.name,
    what: `Desired capacity of ${group.name} changed from ${from.desired} to ${to.desired}${limits}.`,
  });
  await request({ call: 'autoscaling.UpdateAutoScalingGroup', region: group.region }, () =>
    context.aws.client(AutoScalingClient, group.region).send(
      new UpdateAutoScalingGroupCommand({
        AutoScalingGroupName: group.name,
        MinSize: to.min,
        DesiredCapacity: to.desired,
        MaxSize: to.max,
      }),
    ),
  );
}

async function undo(context: ActionContext, { group }: Parameters, stored: JsonObject): Promise<Observation> {
  const { before } = baselineSchema.parse(stored);
  const found = await readGroup(context.aws, group);
  if (!found) return finish(`The group ${group.name} is gone, so there is nothing to bring back.`);
  const now = sizesOf(found);
  if (!same(now, before)) {
    await resize(context, group, now, before);
    return pending(`going back to ${before.desired} instances`);
  }
  const instances = found.Instances?.length ?? 0;
  if (instances > before.desired) return pending(`${instances} instances, ${before.desired} are to stay`);
  return finish(`The group ${group.name} is back at ${before.desired} instances.`, {}, before);
}

/**
 * Brings an Auto Scaling group to a size and waits until as many instances are in service and healthy. MaxSize is
 * raised where it is in the way. To replace an instance that is broken use autoscaling.replace-instance: one more
 * instance would leave the broken one where it is.
 */
export const action = defineAction({
  kind: 'autoscaling.set-desired',
  summary: 'Brings an Auto Scaling group to a size and waits until its instances are in service',
  parameters,
  components: { group: 'auto-scaling-group' },
  outputs: { before: 'Desired capacity before', inService: 'Instances in service and healthy' },
  drill: 'isolated',
  mutates: true,
  traits: ['needs-capacity'],
  typical: {
    minSeconds: 60,
    likelySeconds: 180,
    maxSeconds: 420,
    source:
      'Experience: 2 to 6 min from the request until new instances are InService; to be replaced by measurement',
  },
  failureModes: [
    'EC2 has no capacity of the instance type, or the vCPU quota of the region is too small',
    'The subnets have too few free addresses',
    'A scaling policy, a cluster autoscaler or a pipeline sets the size back',
  ],
  permissions: ({ group }) => [
    readGroupPermission('DescribeAutoScalingGroups', 'DescribeScalingActivities'),
    changeGroupPermission(group, 'UpdateAutoScalingGroup'),
  ],
  async prepare(context, given) {
    const { group, desired } = given;
    const refused = refuseProductionInDrill(context, group.region, `the Auto Scaling group ${group.name}`);
    if (refused) return refused;
    const found = await readGroup(context.aws, group);
    if (!found) return { status: 'refused', reasons: [missingGroup(group)], evidence: [] };
    const suspended = (found.SuspendedProcesses ?? []).map(process => process.ProcessName ?? '');
    if (suspended.includes('Launch')) {
      return refuse(
        `The Launch process of ${group.name} is suspended, so no instance would start.`,
        'Resume the process in the EC2 console, once it is clear why it was suspended.',
      );
    }
    const before = sizesOf(found);
    const serving = servingInstances(found).length;
    const what = `${group.name} has ${serving} instances in service, ${before.desired} desired (${before.min} to ${before.max}).`;
    const baseline = { before, startedAt: context.clock.now().toISOString() };
    if (enough(before, given) && serving >= Math.max(desired, 0) && serving >= before.desired) {
      return alreadyDone(baseline, { before: before.desired, inService: serving }, what);
    }
    return ready(baseline, what, before);
  },
  async act(context, given) {
    const found = await readGroup(context.aws, given.group);
    if (!found || enough(sizesOf(found), given)) return;
    const now = sizesOf(found);
    await resize(context, given.group, now, wantedSizes(now, given.desired));
    await context.remember({ setAt: context.clock.now().toISOString() });
  },
  async observe(context, given, stored) {
    const { group, desired } = given;
    const { before, startedAt } = baselineSchema.parse(stored);
    const found = await readGroup(context.aws, group);
    if (!found) return { status: 'failed', reasons: [missingGroup(group)], evidence: [] };
    const now = sizesOf(found);
    if (!enough(now, given)) {
      if (context.elapsedSeconds < setBackAfterSeconds)
        return pending('The group does not show its new size yet.');
      return fail(
        `Something set ${group.name} back to ${now.desired} instances after it was scaled to ${desired}.`,
        'Pause the scaling policy, the cluster autoscaler or the pipeline that did it, then retry.',
      );
    }
    const serving = servingInstances(found).length;
    if (serving < desired) {
      const [failed] = await failedActivities(context.aws, group, Date.parse(startedAt));
      if (failed) return { status: 'failed', reasons: [launchFailed(group, failed)], evidence: [] };
      return pending(`${serving} of ${desired} instances are in service.`);
    }
    const all = found.Instances?.length ?? 0;
    if (given.mayShrink && all > desired) return pending(`${all} instances, ${desired} are to stay.`);
    const what = `${group.name} has ${serving} instances in service, ${desired} wanted.`;
    return finish(what, { before: before.desired, inService: serving });
  },
  undo,
});

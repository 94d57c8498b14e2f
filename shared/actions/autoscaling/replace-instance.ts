import {
  AutoScalingClient,
  type AutoScalingGroup,
  TerminateInstanceInAutoScalingGroupCommand,
} from '@aws-sdk/client-auto-scaling';
import * as z from 'zod';
import {
  changeGroupPermission,
  failedActivities,
  launchFailed,
  missingGroup,
  readGroup,
  readGroupPermission,
  servingInstances,
  sizesOf,
} from '../../aws/auto-scaling.ts';
import { isNamed, request } from '../../aws/aws-errors.ts';
import { autoScalingGroup } from '../../plan/components.ts';
import { defineAction } from '../contract.ts';
import { alreadyDone, finish, pending, ready, refuse } from '../outcomes.ts';

const parameters = z.object({
  group: autoScalingGroup,
  instances: z
    .array(z.string())
    .min(1)
    .optional()
    .meta({ description: 'Ids to replace; without it, those that the group calls unhealthy' }),
  atMost: z
    .number()
    .int()
    .positive()
    .default(1)
    .meta({ description: 'More than this many at once are refused: that would be an outage of its own' }),
});

const baselineSchema = z.object({ doomed: z.array(z.string()), startedAt: z.string() });

const leaving = /^(Terminating|Terminated|Detach)/;

const memberOf = (found: AutoScalingGroup, id: string) =>
  found.Instances?.find(instance => instance.InstanceId === id);

/**
 * Ends instances of an Auto Scaling group without lowering its desired capacity, so that the group launches new ones
 * in their place. Raising the desired capacity instead would leave the broken instance in service and stop at
 * MaxSize.
 */
export const action = defineAction({
  kind: 'autoscaling.replace-instance',
  summary: 'Replaces broken instances of an Auto Scaling group',
  parameters,
  components: { group: 'auto-scaling-group' },
  outputs: {
    replaced: 'Ids of the instances that were ended',
    inService: 'Instances in service and healthy',
  },
  drill: 'prepare-only',
  mutates: true,
  typical: {
    minSeconds: 90,
    likelySeconds: 240,
    maxSeconds: 600,
    source: 'Experience: an instance ends within 1 to 3 min and its successor is InService after 2 to 6 min',
  },
  failureModes: [
    'EC2 has no capacity, so that the group is one instance short afterwards',
    'The instance holds data on instance storage: snapshot or drain it first',
    'The launch template is what is broken, and new instances fail as well',
  ],
  permissions: ({ group }) => [
    readGroupPermission('DescribeAutoScalingGroups', 'DescribeScalingActivities'),
    changeGroupPermission(group, 'TerminateInstanceInAutoScalingGroup'),
  ],
  async prepare(context, { group, instances, atMost }) {
    const found = await readGroup(context.aws, group);
    if (!found) return { status: 'refused', reasons: [missingGroup(group)], evidence: [] };
    const strangers = (instances ?? []).filter(id => !memberOf(found, id));
    if (strangers.length > 0) {
      return refuse(
        `${strangers.join(', ')} is not in the Auto Scaling group ${group.name}.`,
        'Take the ids from autoscaling.describe, or leave them out to replace what is unhealthy.',
      );
    }
    const serving = servingInstances(found).map(instance => instance.InstanceId);
    const doomed =
      instances ??
      (found.Instances ?? []).flatMap(({ InstanceId: id, LifecycleState: state, HealthStatus: health }) =>
        id && state === 'InService' && health?.toLowerCase() !== 'healthy' ? [id] : [],
      );
    const what = `${group.name} has ${serving.length} healthy instances of ${sizesOf(found).desired}; to replace: ${doomed.join(', ') || 'none'}.`;
    const baseline = { doomed, startedAt: context.clock.now().toISOString() };
    if (doomed.length > atMost) {
      return refuse(
        `${doomed.length} instances of ${group.name} are to be replaced at once, and atMost is ${atMost}.`,
        'Raise atMost if losing so many at a time is acceptable, or replace them one after the other.',
        [{ what }],
      );
    }
    if (doomed.length === 0) return alreadyDone(baseline, { replaced: [], inService: serving.length }, what);
    return ready(baseline, what);
  },
  async act(context, { group }, stored) {
    const { doomed } = baselineSchema.parse(stored);
    const found = await readGroup(context.aws, group);
    for (const id of doomed) {
      const member = found && memberOf(found, id);
      if (!member || leaving.test(member.LifecycleState ?? '')) continue;
      await context.changed({
        call: 'autoscaling.TerminateInstanceInAutoScalingGroup',
        region: group.region,
        resource: id,
        what: `Ended ${id} of ${group.name}; the group launches another in its place.`,
      });
      const command = new TerminateInstanceInAutoScalingGroupCommand({
        InstanceId: id,
        ShouldDecrementDesiredCapacity: false,
      });
      try {
        await request({ call: 'autoscaling.TerminateInstanceInAutoScalingGroup', region: group.region }, () =>
          context.aws.client(AutoScalingClient, group.region).send(command),
        );
      } catch (error) {
        // A lost reply: the instance is on its way out, or gone; the next look tells.
        if (!isNamed(error, 'ValidationError', 'ScalingActivityInProgress')) throw error;
      }
    }
  },
  async observe(context, { group }, stored) {
    const { doomed, startedAt } = baselineSchema.parse(stored);
    const found = await readGroup(context.aws, group);
    if (!found) return { status: 'failed', reasons: [missingGroup(group)], evidence: [] };
    const still = doomed.filter(id => memberOf(found, id));
    if (still.length > 0) return pending(`${still.join(', ')} is still in the group.`);
    const serving = servingInstances(found).length;
    const { desired } = sizesOf(found);
    if (serving < desired) {
      const [failed] = await failedActivities(context.aws, group, Date.parse(startedAt));
      if (failed) return { status: 'failed', reasons: [launchFailed(group, failed)], evidence: [] };
      return pending(`${serving} of ${desired} instances are in service.`);
    }
    const what = `${doomed.join(', ')} left ${group.name}, which has ${serving} instances in service again.`;
    return finish(what, { replaced: doomed, inService: serving });
  },
});

import * as z from 'zod';
import {
  missingGroup,
  readGroup,
  readGroupPermission,
  servingInstances,
  sizesOf,
} from '../../aws/auto-scaling.ts';
import { autoScalingGroup } from '../../plan/components.ts';
import { defineAction } from '../contract.ts';
import { finish, pending, ready } from '../outcomes.ts';

const parameters = z.object({
  group: autoScalingGroup,
  inService: z
    .number()
    .int()
    .nonnegative()
    .default(0)
    .meta({ description: 'How many healthy instances are waited for; 0 only looks' }),
});

/** Reads the sizes and instances of a group, and waits for as many in service as are wanted. */
export const action = defineAction({
  kind: 'autoscaling.describe',
  summary: 'Reads an Auto Scaling group, and waits for instances in service if wanted',
  parameters,
  components: { group: 'auto-scaling-group' },
  outputs: {
    desired: 'Desired capacity',
    min: 'Smallest size',
    max: 'Largest size',
    inService: 'Instances in service and healthy',
    unhealthy: 'Ids of instances that are not',
  },
  drill: 'same',
  mutates: false,
  typical: {
    minSeconds: 0,
    likelySeconds: 1,
    maxSeconds: 300,
    source: 'One request; longer while instances start',
  },
  failureModes: [
    'The group is in another region',
    'Instances count as healthy by EC2 and fail behind the load balancer',
  ],
  permissions: () => [readGroupPermission('DescribeAutoScalingGroups')],
  async prepare(context, { group }) {
    if (await readGroup(context.aws, group)) return ready({});
    return { status: 'refused', reasons: [missingGroup(group)], evidence: [] };
  },
  async observe(context, { group, inService: wanted }) {
    const found = await readGroup(context.aws, group);
    if (!found) return { status: 'failed', reasons: [missingGroup(group)], evidence: [] };
    const serving = servingInstances(found);
    const sizes = sizesOf(found);
    const ids = (found.Instances ?? [])
      .filter(one => !serving.includes(one))
      .map(one => one.InstanceId ?? '');
    const what = `${group.name}: ${serving.length} in service, ${sizes.desired} desired (${sizes.min} to ${sizes.max})`;
    if (serving.length < wanted) return pending(`${what}, ${wanted} wanted.`);
    return finish(`${what}.`, { ...sizes, inService: serving.length, unhealthy: ids });
  },
});

import {
  DescribeInstanceStatusCommand,
  EC2Client,
  type InstanceStatus,
  RebootInstancesCommand,
} from '@aws-sdk/client-ec2';
import * as z from 'zod';
import { request } from '../../aws/aws-errors.ts';
import {
  describePermission,
  findInstances,
  instancePermission,
  missingInstances,
} from '../../aws/ec2-instances.ts';
import { ec2Instances } from '../../plan/components.ts';
import { type ActionContext, defineAction, type Reason } from '../contract.ts';
import { alreadyDone, finish, pending, ready } from '../outcomes.ts';

const parameters = z.object({
  instances: ec2Instances,
  which: z
    .enum(['all', 'failing'])
    .default('all')
    .meta({ description: "failing: only those of which one of EC2's two status checks does not pass" }),
});

const baselineSchema = z.object({ ids: z.array(z.string()), rebootedAt: z.string().optional() });

/** EC2 checks each instance once a minute; a result that is younger than two of them was made after the reboot. */
const checksAgreeSeconds = 120;

async function readStatus(context: ActionContext, region: string, ids: string[]): Promise<InstanceStatus[]> {
  const command = new DescribeInstanceStatusCommand({ InstanceIds: ids, IncludeAllInstances: true });
  const reply = await request({ call: 'ec2.DescribeInstanceStatus', region }, () =>
    context.aws.client(EC2Client, region).send(command),
  );
  return reply.InstanceStatuses ?? [];
}

/** A reboot keeps the host: it does not help an instance whose host is broken, or that does not run. */
function hopeless(status: InstanceStatus): Reason[] {
  const id = status.InstanceId ?? '';
  if (status.InstanceState?.Name !== 'running') {
    return [
      {
        what: `${id} is ${status.InstanceState?.Name}, and only a running instance can be rebooted.`,
        mend: 'Start it, or replace it with autoscaling.replace-instance.',
      },
    ];
  }
  if (status.SystemStatus?.Status !== 'impaired') return [];
  return [
    {
      what: `The system status check of ${id} fails: its host at AWS is broken, and a reboot keeps the host.`,
      mend: 'Replace it with autoscaling.replace-instance, or stop and start it, which moves it to another host.',
    },
  ];
}

const isWell = ({ InstanceStatus, SystemStatus }: InstanceStatus) =>
  InstanceStatus?.Status === 'ok' && SystemStatus?.Status === 'ok';

/** Reboots instances and waits until both of EC2's status checks have passed again after the reboot. */
export const action = defineAction({
  kind: 'ec2.reboot',
  summary: 'Reboots instances and waits until both status checks pass again',
  parameters,
  components: { instances: 'ec2-instances' },
  outputs: { instances: 'Ids of those that were rebooted' },
  drill: 'prepare-only',
  mutates: true,
  typical: {
    minSeconds: 120,
    likelySeconds: 180,
    maxSeconds: 420,
    source: 'Experience: 2 to 5 min; EC2 User Guide: status checks run every minute',
  },
  failureModes: [
    'The host is broken: a reboot does not help, and is refused',
    'EC2 finds an instance well whose applications hang: with "failing" it is left alone',
    'The operating system does not come back, and the instance status check fails',
    'The instance belongs to a group that replaces it meanwhile',
  ],
  permissions: ({ instances }) => [
    describePermission('DescribeInstances', 'DescribeInstanceStatus'),
    instancePermission(instances, 'RebootInstances'),
  ],
  async prepare(context, { instances, which }) {
    const found = await findInstances(context.aws, instances);
    const missing = missingInstances(instances, found);
    if (missing) return { status: 'refused', reasons: [missing], evidence: [] };
    const all = found.map(instance => instance.InstanceId ?? '');
    const statuses = await readStatus(context, instances.region, all);
    const well = statuses.flatMap(status => (isWell(status) ? (status.InstanceId ?? []) : []));
    // What EC2 says nothing of is not known to be well.
    const ids = which === 'all' ? all : all.filter(id => !well.includes(id));
    const reasons = statuses.filter(({ InstanceId = '' }) => ids.includes(InstanceId)).flatMap(hopeless);
    if (reasons.length > 0) return { status: 'refused', reasons, evidence: [] };
    const spared = all.filter(id => !ids.includes(id));
    if (ids.length === 0) {
      return alreadyDone({ ids }, { instances: ids }, `Both status checks of ${all.join(', ')} pass.`);
    }
    const others = spared.length === 0 ? '' : ` Both status checks of ${spared.join(', ')} pass.`;
    return ready({ ids }, `To be rebooted: ${ids.join(', ')}.${others}`);
  },
  async act(context, { instances: { region } }, stored) {
    const { ids, rebootedAt } = baselineSchema.parse(stored);
    if (rebootedAt) return;
    await context.changed({
      call: 'ec2.RebootInstances',
      region,
      resource: ids.join(' '),
      what: `Rebooted ${ids.join(', ')}.`,
    });
    await request({ call: 'ec2.RebootInstances', region }, () =>
      context.aws.client(EC2Client, region).send(new RebootInstancesCommand({ InstanceIds: ids })),
    );
    await context.remember({ rebootedAt: context.clock.now().toISOString() });
  },
  async observe(context, { instances: { region } }, stored) {
    const { ids } = baselineSchema.parse(stored);
    if (context.elapsedSeconds < checksAgreeSeconds) {
      return pending(`Status checks run once a minute; those of before the reboot do not count.`);
    }
    const statuses = await readStatus(context, region, ids);
    const bad = ids.flatMap(id => {
      const status = statuses.find(one => one.InstanceId === id);
      const [instance, system] = [status?.InstanceStatus?.Status, status?.SystemStatus?.Status];
      return instance === 'ok' && system === 'ok' ? [] : [`${id}: instance ${instance}, system ${system}`];
    });
    if (bad.length > 0) return pending(bad.join('; '));
    return finish(`Both status checks of ${ids.join(', ')} pass after the reboot.`, { instances: ids });
  },
});

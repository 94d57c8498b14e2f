import { EC2Client, type Instance, ModifyNetworkInterfaceAttributeCommand } from '@aws-sdk/client-ec2';
import * as z from 'zod';
import { request } from '../../aws/aws-errors.ts';
import {
  describeInstances,
  describePermission,
  ec2Arn,
  findInstances,
  instancePermission,
  missingInstances,
} from '../../aws/ec2-instances.ts';
import { describeRule, readRules } from '../../aws/security-group-rules.ts';
import type { JsonObject } from '../../json.ts';
import { ec2Instances, securityGroup } from '../../plan/components.ts';
import { type ActionContext, defineAction, type Evidence, type Observation } from '../contract.ts';
import { refuseProductionInDrill } from '../drill-guard.ts';
import { finish, pending, refuse } from '../outcomes.ts';

const parameters = z.object({
  instances: ec2Instances,
  quarantine: securityGroup.meta({ description: 'A security group without any rule, in the same VPC' }),
});
type Parameters = z.output<typeof parameters>;

const interfaceSchema = z.object({ id: z.string(), instance: z.string(), groups: z.array(z.string()) });
const baselineSchema = z.object({ interfaces: z.array(interfaceSchema) });
type Interface = z.infer<typeof interfaceSchema>;

function interfacesOf(found: readonly Instance[]): Interface[] {
  return found.flatMap(({ InstanceId: instance = '', NetworkInterfaces = [] }) =>
    NetworkInterfaces.flatMap(({ NetworkInterfaceId: id, Groups = [] }) =>
      id ? [{ id, instance, groups: Groups.flatMap(group => group.GroupId ?? []).sort() }] : [],
    ),
  );
}

async function setGroups(context: ActionContext, region: string, one: Interface, groups: string[]) {
  await context.changed({
    call: 'ec2.ModifyNetworkInterfaceAttribute',
    region,
    resource: one.id,
    what: `Security groups of ${one.id} (${one.instance}) changed from ${one.groups.join(', ')} to ${groups.join(', ')}.`,
  });
  const command = new ModifyNetworkInterfaceAttributeCommand({ NetworkInterfaceId: one.id, Groups: groups });
  await request({ call: 'ec2.ModifyNetworkInterfaceAttribute', region }, () =>
    context.aws.client(EC2Client, region).send(command),
  );
}

const isIsolated =
  ({ quarantine }: Parameters) =>
  ({ groups }: Interface) =>
    groups.length === 1 && groups[0] === quarantine.groupId;

/** An Auto Scaling group takes an instance that answers nobody for broken, and ends it with all that it holds. */
function endangered(found: readonly Instance[]): Evidence[] {
  return found.flatMap(({ InstanceId, Tags = [] }) => {
    const group = Tags.find(({ Key }) => Key === 'aws:autoscaling:groupName')?.Value;
    const what = `${InstanceId} belongs to the Auto Scaling group ${group}, which may end it once it answers no health check. Take snapshots first (ec2.snapshot-volumes), or suspend the Terminate process of the group.`;
    return group ? [{ what }] : [];
  });
}

async function undo(
  context: ActionContext,
  { instances }: Parameters,
  stored: JsonObject,
): Promise<Observation> {
  const { interfaces } = baselineSchema.parse(stored);
  const now = interfacesOf(await findInstances(context.aws, instances));
  let open = 0;
  for (const before of interfaces) {
    const current = now.find(({ id }) => id === before.id);
    if (!current || current.groups.join() === before.groups.join()) continue;
    await setGroups(context, instances.region, current, before.groups);
    open += 1;
  }
  return open > 0
    ? pending(`${open} network interfaces were given their security groups back.`)
    : finish(`The security groups of ${interfaces.map(({ id }) => id).join(', ')} are as before.`);
}

/**
 * Cuts instances off from the network without stopping them: every network interface gets one security group that
 * has no rule. Security groups only allow, so isolating is taking away; connections that are open are tracked and
 * may go on until they time out.
 */
export const action = defineAction({
  kind: 'ec2.quarantine',
  summary: 'Isolates instances by a security group without rules on all their network interfaces',
  parameters,
  components: { instances: 'ec2-instances', quarantine: 'security-group' },
  outputs: { interfaces: 'Network interfaces that were isolated, with their security groups before' },
  drill: 'isolated',
  mutates: true,
  typical: {
    minSeconds: 1,
    likelySeconds: 5,
    maxSeconds: 60,
    source: 'EC2 applies groups within seconds; experience',
  },
  failureModes: [
    'Connections that are open are tracked and go on: block the address with ec2.block-address as well',
    'The quarantine group has rules, or is in another VPC',
    'An Auto Scaling group ends the isolated instance, and the evidence with it',
  ],
  permissions: ({ instances }) => {
    const { region } = instances;
    return [
      describePermission('DescribeInstances', 'DescribeSecurityGroupRules'),
      instancePermission(instances, 'ModifyNetworkInterfaceAttribute'),
      {
        actions: ['ec2:ModifyNetworkInterfaceAttribute'],
        // Going back needs the groups that the interfaces had, which only AWS knows.
        resources: [ec2Arn(region, 'network-interface/*'), ec2Arn(region, 'security-group/*')],
      },
    ];
  },
  async prepare(context, given) {
    const { instances, quarantine } = given;
    const what = `the instances ${describeInstances(instances)}`;
    const refused = refuseProductionInDrill(context, instances.region, what);
    if (refused) return refused;
    const found = await findInstances(context.aws, instances);
    const missing = missingInstances(instances, found);
    if (missing) return { status: 'refused', reasons: [missing], evidence: [] };
    const rules = [
      ...(await readRules(context, quarantine, 'ingress')),
      ...(await readRules(context, quarantine, 'egress')),
    ];
    if (rules.length > 0) {
      return refuse(
        `The security group ${quarantine.groupId} has rules (${rules.map(describeRule).join(', ')}), so it isolates nobody.`,
        'Remove all its ingress and egress rules; a new group has an egress rule for everything.',
      );
    }
    const interfaces = interfacesOf(found);
    const evidence = [
      {
        what: interfaces
          .map(({ id, instance, groups }) => `${id} of ${instance}: ${groups.join(', ')}`)
          .join('; '),
      },
      ...endangered(found),
    ];
    if (interfaces.every(isIsolated(given))) {
      return { status: 'already-done', baseline: { interfaces }, outputs: { interfaces }, evidence };
    }
    return { status: 'ready', baseline: { interfaces }, evidence };
  },
  async act(context, given) {
    const now = interfacesOf(await findInstances(context.aws, given.instances));
    for (const one of now.filter(each => !isIsolated(given)(each))) {
      await setGroups(context, given.instances.region, one, [given.quarantine.groupId]);
    }
  },
  async observe(context, given, stored) {
    const now = interfacesOf(await findInstances(context.aws, given.instances));
    const open = now.filter(each => !isIsolated(given)(each));
    if (open.length > 0) return pending(`${open.map(({ id }) => id).join(', ')} can still be reached.`);
    const { interfaces } = baselineSchema.parse(stored);
    const what = `${now.map(({ id, instance }) => `${id} of ${instance}`).join(', ')} has the security group ${given.quarantine.groupId} only, which has no rule. Connections that were open may go on until they time out.`;
    return finish(what, { interfaces });
  },
  undo,
});

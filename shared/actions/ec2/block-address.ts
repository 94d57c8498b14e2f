import {
  CreateNetworkAclEntryCommand,
  DeleteNetworkAclEntryCommand,
  DescribeNetworkAclsCommand,
  EC2Client,
  type NetworkAclEntry,
} from '@aws-sdk/client-ec2';
import * as z from 'zod';
import { isNamed, request } from '../../aws/aws-errors.ts';
import { describePermission, ec2Arn } from '../../aws/ec2-instances.ts';
import type { JsonObject } from '../../json.ts';
import { networkAcl } from '../../plan/components.ts';
import { blockedAddresses, normalAddresses } from '../blocked-addresses.ts';
import { type ActionContext, defineAction, type Observation, type Preparation } from '../contract.ts';
import { refuseProductionInDrill } from '../drill-guard.ts';
import { fail, finish, pending, ready, refuse } from '../outcomes.ts';

const parameters = z.object({ acl: networkAcl, addresses: blockedAddresses });
type Parameters = z.output<typeof parameters>;

const entrySchema = z.object({ cidr: z.string(), number: z.number() });
const baselineSchema = z.object({ entries: z.array(entrySchema), blockedBefore: z.array(z.string()) });
type Entry = z.infer<typeof entrySchema>;

/** The entries of a network ACL for what comes in, in the order in which they are tried; undefined without the ACL. */
async function readEntries(
  context: ActionContext,
  { aclId, region }: Parameters['acl'],
): Promise<NetworkAclEntry[] | undefined> {
  try {
    const command = new DescribeNetworkAclsCommand({ NetworkAclIds: [aclId] });
    const reply = await request({ call: 'ec2.DescribeNetworkAcls', region }, () =>
      context.aws.client(EC2Client, region).send(command),
    );
    const entries = reply.NetworkAcls?.[0]?.Entries?.filter(({ Egress }) => !Egress);
    return entries?.sort((a, b) => (a.RuleNumber ?? 0) - (b.RuleNumber ?? 0));
  } catch (error) {
    if (isNamed(error, 'InvalidNetworkAclID.NotFound', 'InvalidNetworkAclId.NotFound')) return undefined;
    throw error;
  }
}

const cidrOf = (entry: NetworkAclEntry) => entry.CidrBlock ?? entry.Ipv6CidrBlock;

const denies = (entry: NetworkAclEntry, cidr: string) =>
  cidrOf(entry) === cidr && entry.RuleAction === 'deny' && entry.Protocol === '-1';

/** Numbers that are tried before anything is allowed: the first match decides (VPC User Guide, network ACL rules). */
function freeNumbers(entries: readonly NetworkAclEntry[], count: number): number[] {
  const firstAllowed = entries.find(({ RuleAction }) => RuleAction === 'allow')?.RuleNumber ?? 32_767;
  const taken = new Set(entries.map(({ RuleNumber }) => RuleNumber));
  const free: number[] = [];
  for (let number = 1; number < firstAllowed && free.length < count; number++) {
    if (!taken.has(number)) free.push(number);
  }
  return free;
}

async function prepare(context: ActionContext, { acl, addresses }: Parameters): Promise<Preparation> {
  const refused = refuseProductionInDrill(context, acl.region, `the network ACL ${acl.aclId}`);
  if (refused) return refused;
  const entries = await readEntries(context, acl);
  if (!entries) {
    const mend = `Correct aclId of "${acl.id}" in the plan.`;
    return refuse(`There is no network ACL ${acl.aclId} in ${acl.region}.`, mend);
  }
  const wanted = normalAddresses(addresses);
  const blockedBefore = wanted.filter(cidr => entries.some(entry => denies(entry, cidr)));
  const open = wanted.filter(cidr => !blockedBefore.includes(cidr));
  const numbers = freeNumbers(entries, open.length);
  if (numbers.length < open.length) {
    return refuse(
      `The network ACL ${acl.aclId} has ${numbers.length} free rule numbers before its first allow rule, and ${open.length} are needed.`,
      'Give the allow rules higher numbers, such as 100 and above, or block a range instead of single addresses.',
    );
  }
  const assigned = open.flatMap((cidr, index) => {
    const number = numbers[index];
    return number === undefined ? [] : [{ cidr, number }];
  });
  const what = `${acl.aclId}: ${blockedBefore.length} of ${wanted.length} addresses are blocked already.`;
  const baseline = { entries: assigned, blockedBefore };
  if (open.length === 0) {
    const outputs = { blocked: wanted };
    return { status: 'already-done', baseline, outputs, evidence: [{ what }] };
  }
  return ready(baseline, what);
}

async function addEntry(
  context: ActionContext,
  { aclId, region }: Parameters['acl'],
  { cidr, number }: Entry,
) {
  await context.changed({
    call: 'ec2.CreateNetworkAclEntry',
    region,
    resource: `${aclId}/${number}`,
    what: `${aclId} denies everything from ${cidr} by its rule ${number}.`,
  });
  const command = new CreateNetworkAclEntryCommand({
    NetworkAclId: aclId,
    RuleNumber: number,
    RuleAction: 'deny',
    Egress: false,
    Protocol: '-1',
    ...(cidr.includes(':') ? { Ipv6CidrBlock: cidr } : { CidrBlock: cidr }),
  });
  try {
    await request({ call: 'ec2.CreateNetworkAclEntry', region }, () =>
      context.aws.client(EC2Client, region).send(command),
    );
  } catch (error) {
    // Made by a request whose reply was lost, or by somebody else; the next look tells which.
    if (!isNamed(error, 'NetworkAclEntryAlreadyExists')) throw error;
  }
}

async function undo(context: ActionContext, { acl }: Parameters, stored: JsonObject): Promise<Observation> {
  const ours = baselineSchema.parse(stored).entries;
  const entries = (await readEntries(context, acl)) ?? [];
  const left = ours.filter(({ cidr, number }) =>
    entries.some(entry => entry.RuleNumber === number && denies(entry, cidr)),
  );
  if (left.length === 0) return finish(`${acl.aclId} no longer blocks what this step blocked.`);
  for (const { cidr, number } of left) {
    await context.changed({
      call: 'ec2.DeleteNetworkAclEntry',
      region: acl.region,
      resource: `${acl.aclId}/${number}`,
      what: `${acl.aclId} no longer denies ${cidr} by its rule ${number}.`,
    });
    const command = new DeleteNetworkAclEntryCommand({
      NetworkAclId: acl.aclId,
      RuleNumber: number,
      Egress: false,
    });
    try {
      await request({ call: 'ec2.DeleteNetworkAclEntry', region: acl.region }, () =>
        context.aws.client(EC2Client, acl.region).send(command),
      );
    } catch (error) {
      if (!isNamed(error, 'InvalidNetworkAclEntry.NotFound')) throw error;
    }
  }
  return pending('The rules were removed.');
}

/**
 * Keeps addresses out of subnets by deny rules of their network ACL, tried before anything is allowed. A network ACL
 * is stateless, so connections that are open end as well. Security groups can't do this: they only allow.
 */
export const action = defineAction({
  kind: 'ec2.block-address',
  summary: 'Blocks addresses by deny rules of a network ACL',
  parameters,
  components: { acl: 'network-acl' },
  outputs: { blocked: 'Ranges that are denied' },
  drill: 'isolated',
  mutates: true,
  typical: {
    minSeconds: 1,
    likelySeconds: 5,
    maxSeconds: 60,
    source: 'EC2 applies entries within seconds; experience',
  },
  failureModes: [
    'The quota of 20 rules of a network ACL is used up',
    'Users come through a load balancer or a CDN, whose address is what the subnet sees: use wafv2.block-addresses',
    'The subnet of the workload has another network ACL',
  ],
  permissions: ({ acl: { aclId, region } }) => [
    describePermission('DescribeNetworkAcls'),
    {
      actions: ['ec2:CreateNetworkAclEntry', 'ec2:DeleteNetworkAclEntry'],
      resources: [ec2Arn(region, `network-acl/${aclId}`)],
    },
  ],
  prepare,
  async act(context, { acl }, stored) {
    const entries = (await readEntries(context, acl)) ?? [];
    for (const one of baselineSchema.parse(stored).entries) {
      if (!entries.some(entry => denies(entry, one.cidr))) await addEntry(context, acl, one);
    }
  },
  async observe(context, { acl, addresses }, stored) {
    const entries = (await readEntries(context, acl)) ?? [];
    const blocked = normalAddresses(addresses);
    const open = blocked.filter(cidr => !entries.some(entry => denies(entry, cidr)));
    const stolen = baselineSchema
      .parse(stored)
      .entries.find(({ cidr, number }) =>
        entries.some(entry => entry.RuleNumber === number && !denies(entry, cidr)),
      );
    if (open.length > 0 && stolen) {
      return fail(
        `Rule ${stolen.number} of ${acl.aclId} was taken by somebody else meanwhile.`,
        'Retry the step: it looks for other free numbers.',
      );
    }
    if (open.length > 0) return pending(`${acl.aclId} does not show its rules for ${open.join(', ')} yet.`);
    const late = blocked.filter(cidr => shadowed(entries, cidr));
    if (late.length > 0) {
      return fail(
        `An allow rule of ${acl.aclId} comes before the one that denies ${late.join(', ')}.`,
        'Give the allow rules higher numbers, then retry the step.',
      );
    }
    return finish(`${acl.aclId} denies everything from ${blocked.join(', ')}.`, { blocked });
  },
  undo,
});

/** Whether anything is allowed before a range is denied. */
function shadowed(entries: readonly NetworkAclEntry[], cidr: string): boolean {
  const deny = entries.find(entry => denies(entry, cidr))?.RuleNumber ?? Number.POSITIVE_INFINITY;
  return entries.some(({ RuleAction, RuleNumber = 0 }) => RuleAction === 'allow' && RuleNumber < deny);
}

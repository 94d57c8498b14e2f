import { GetIPSetCommand, UpdateIPSetCommand, WAFV2Client } from '@aws-sdk/client-wafv2';
import * as z from 'zod';
import { isNamed, request } from '../../aws/aws-errors.ts';
import type { JsonObject } from '../../json.ts';
import { parseCidr } from '../../network/cidr.ts';
import { ipSet } from '../../plan/components.ts';
import { blockedAddresses, normalAddresses } from '../blocked-addresses.ts';
import { type ActionContext, defineAction, type Observation } from '../contract.ts';
import { refuseProductionInDrill } from '../drill-guard.ts';
import { alreadyDone, finish, pending, ready, refuse } from '../outcomes.ts';

const parameters = z.object({ ipSet, addresses: blockedAddresses });
type Parameters = z.output<typeof parameters>;

const baselineSchema = z.object({ added: z.array(z.string()) });

/** An IP set holds 10,000 ranges (AWS WAF Developer Guide, quotas). */
const mostAddresses = 10_000;

/** Sets of CloudFront are kept in us-east-1. */
const regionOf = ({ scope, region }: Parameters['ipSet']) => (scope === 'CLOUDFRONT' ? 'us-east-1' : region);

type Found = { addresses: string[]; version: string; token: string };

async function readSet(context: ActionContext, set: Parameters['ipSet']): Promise<Found | undefined> {
  const region = regionOf(set);
  const command = new GetIPSetCommand({ Name: set.name, Id: set.ipSetId, Scope: set.scope });
  try {
    const reply = await request({ call: 'wafv2.GetIPSet', region }, () =>
      context.aws.client(WAFV2Client, region).send(command),
    );
    return {
      addresses: reply.IPSet?.Addresses ?? [],
      version: reply.IPSet?.IPAddressVersion ?? 'IPV4',
      token: reply.LockToken ?? '',
    };
  } catch (error) {
    if (isNamed(error, 'WAFNonexistentItemException')) return undefined;
    throw error;
  }
}

/** Writes the whole set. The lock token makes sure that nobody else's change is lost; then the next look tries again. */
async function writeSet(
  context: ActionContext,
  set: Parameters['ipSet'],
  found: Found,
  addresses: string[],
  what: string,
): Promise<void> {
  const region = regionOf(set);
  await context.changed({ call: 'wafv2.UpdateIPSet', region, resource: set.name, what });
  const command = new UpdateIPSetCommand({
    Name: set.name,
    Id: set.ipSetId,
    Scope: set.scope,
    Addresses: addresses,
    LockToken: found.token,
  });
  try {
    await request({ call: 'wafv2.UpdateIPSet', region }, () =>
      context.aws.client(WAFV2Client, region).send(command),
    );
  } catch (error) {
    if (!isNamed(error, 'WAFOptimisticLockException')) throw error;
  }
}

async function add(context: ActionContext, { ipSet: set, addresses }: Parameters): Promise<string[]> {
  const found = await readSet(context, set);
  const missing = normalAddresses(addresses).filter(address => !found?.addresses.includes(address));
  if (found && missing.length > 0) {
    const what = `Added to the IP set ${set.name}: ${missing.join(', ')}.`;
    await writeSet(context, set, found, [...found.addresses, ...missing], what);
  }
  return missing;
}

async function undo(
  context: ActionContext,
  { ipSet: set }: Parameters,
  stored: JsonObject,
): Promise<Observation> {
  const { added } = baselineSchema.parse(stored);
  const found = await readSet(context, set);
  const left = added.filter(address => found?.addresses.includes(address));
  if (!found || left.length === 0) return finish(`${set.name} no longer holds what this step added.`);
  const rest = found.addresses.filter(address => !left.includes(address));
  await writeSet(context, set, found, rest, `Removed from the IP set ${set.name}: ${left.join(', ')}.`);
  return pending('The addresses were removed.');
}

/**
 * Adds addresses to an IP set that a blocking rule of AWS WAF refers to. It sees the client's address where a load
 * balancer or CloudFront is in between, which a network ACL does not.
 */
export const action = defineAction({
  kind: 'wafv2.block-addresses',
  summary: 'Adds addresses to an AWS WAF IP set that a rule blocks',
  parameters,
  components: { ipSet: 'ip-set' },
  outputs: { added: 'Ranges that were not in the set before' },
  drill: 'isolated',
  mutates: true,
  typical: {
    minSeconds: 1,
    likelySeconds: 5,
    maxSeconds: 120,
    source: 'AWS WAF Developer Guide: changes propagate within seconds to minutes',
  },
  failureModes: [
    'No rule of the web ACL refers to the set, or the rule only counts',
    'The set is for IPv4 and the address is IPv6, or the other way round',
    'The attacker changes addresses; a rate-based rule holds longer',
  ],
  permissions: ({ ipSet: set }) => [
    {
      actions: ['wafv2:GetIPSet', 'wafv2:UpdateIPSet'],
      resources: [
        `arn:\${AWS::Partition}:wafv2:${regionOf(set)}:\${AWS::AccountId}:${set.scope === 'CLOUDFRONT' ? 'global' : 'regional'}/ipset/${set.name}/${set.ipSetId}`,
      ],
    },
  ],
  async prepare(context, { ipSet: set, addresses }) {
    const refused = refuseProductionInDrill(context, set.region, `the IP set ${set.name}`);
    if (refused) return refused;
    const found = await readSet(context, set);
    if (!found) {
      return refuse(
        `There is no IP set ${set.name} (${set.ipSetId}) in ${regionOf(set)}.`,
        `Correct "${set.id}" in the plan; sets of CloudFront have the scope CLOUDFRONT.`,
      );
    }
    const version = found.version === 'IPV6' ? 6 : 4;
    const other = addresses.filter(address => parseCidr(address)?.version !== version);
    if (other.length > 0) {
      return refuse(
        `The IP set ${set.name} is for IPv${version}, and ${other.join(', ')} is not.`,
        'Use an IP set of the other version in a step of its own.',
      );
    }
    const added = normalAddresses(addresses).filter(address => !found.addresses.includes(address));
    if (found.addresses.length + added.length > mostAddresses) {
      return refuse(
        `The IP set ${set.name} would hold more than ${mostAddresses} ranges.`,
        'Remove old ranges, or block a wider one.',
      );
    }
    const what = `${set.name} holds ${found.addresses.length} ranges; to be added: ${added.join(', ') || 'none'}.`;
    return added.length === 0 ? alreadyDone({ added }, { added }, what) : ready({ added }, what);
  },
  async act(context, given) {
    await add(context, given);
  },
  async observe(context, given, stored) {
    // Somebody else's change may have come in between, which the lock token shows; then it is written again.
    const missing = await add(context, given);
    if (missing.length > 0) return pending(`${given.ipSet.name} does not hold ${missing.join(', ')} yet.`);
    const { added } = baselineSchema.parse(stored);
    const what = `${given.ipSet.name} holds ${normalAddresses(given.addresses).join(', ')}. Whether a rule blocks by it is not looked at.`;
    return finish(what, { added });
  },
  undo,
});

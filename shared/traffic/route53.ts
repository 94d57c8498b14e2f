import {
  type Change,
  ChangeResourceRecordSetsCommand,
  GetChangeCommand,
  GetHealthCheckCommand,
  type HealthCheck,
  ListResourceRecordSetsCommand,
  type ResourceRecordSet,
  Route53Client,
} from '@aws-sdk/client-route-53';
import { ifFound, isThrottle, isUnreachable, request } from '../aws/aws-errors.ts';
import type { AwsClients } from '../aws/clients.ts';
import type { ComponentOf } from '../plan/components.ts';
import { normalName } from './records.ts';

type DnsName = ComponentOf<'dns-name'>;
/** A name in a hosted zone, of whatever component. */
type ZonedName = Pick<DnsName, 'name' | 'hostedZone'>;

/** Where Route 53's control plane is, and the only place (AWS: "control planes and data planes"). */
export const route53Region = 'us-east-1';

export type Topology =
  | { status: 'known'; sets: ResourceRecordSet[]; check: HealthCheck | undefined }
  /** The control plane did not answer: it may share the fate of us-east-1. */
  | { status: 'unknown'; why: string };

/** Reads what Route 53 has for a name. A control plane that is down is an answer; a refusal of the request throws. */
export async function readTopology(aws: AwsClients, name: DnsName): Promise<Topology> {
  try {
    const [sets, check] = await Promise.all([listRecordSets(aws, name), getHealthCheck(aws, name)]);
    return { status: 'known', sets, check };
  } catch (error) {
    if (isUnreachable(error) || isThrottle(error)) return { status: 'unknown', why: messageOf(error) };
    throw error;
  }
}

/** All record sets of exactly this name, of whatever type. */
export async function listRecordSets(aws: AwsClients, name: ZonedName): Promise<ResourceRecordSet[]> {
  const client = aws.client(Route53Client, route53Region);
  const found: ResourceRecordSet[] = [];
  let start: {
    StartRecordName: string;
    StartRecordType?: ResourceRecordSet['Type'];
    StartRecordIdentifier?: string;
  } = {
    StartRecordName: name.name,
  };
  for (;;) {
    const page = await request({ call: 'route53.ListResourceRecordSets', region: route53Region }, () =>
      client.send(new ListResourceRecordSetsCommand({ HostedZoneId: name.hostedZone, ...start })),
    );
    // The list goes on with the names that sort after this one; they are not ours.
    const sets = (page.ResourceRecordSets ?? []).filter(
      set => normalName(set.Name ?? '') === normalName(name.name),
    );
    found.push(...sets);
    const more = page.IsTruncated && normalName(page.NextRecordName ?? '') === normalName(name.name);
    if (!more) return found;
    start = {
      StartRecordName: page.NextRecordName ?? name.name,
      StartRecordType: page.NextRecordType,
      StartRecordIdentifier: page.NextRecordIdentifier,
    };
  }
}

async function getHealthCheck(aws: AwsClients, name: DnsName): Promise<HealthCheck | undefined> {
  return ifFound(['NoSuchHealthCheck'], async () => {
    const reply = await request({ call: 'route53.GetHealthCheck', region: route53Region }, () =>
      aws
        .client(Route53Client, route53Region)
        .send(new GetHealthCheckCommand({ HealthCheckId: name.primaryHealthCheck })),
    );
    return reply.HealthCheck;
  });
}

/**
 * Writes record sets in one change: all of them or none. The same request again changes nothing. Returns the id of
 * the change, which is INSYNC when every name server answers it.
 */
export function upsertRecordSets(
  aws: AwsClients,
  name: ZonedName,
  sets: readonly ResourceRecordSet[],
  comment: string,
): Promise<string> {
  const changes = sets.map(set => ({ Action: 'UPSERT' as const, ResourceRecordSet: set }));
  return changeRecordSets(aws, name, changes, comment);
}

/** One batch of changes: all of them or none. Returns the id of the change. */
export async function changeRecordSets(
  aws: AwsClients,
  name: ZonedName,
  changes: readonly Change[],
  comment: string,
): Promise<string> {
  const reply = await request({ call: 'route53.ChangeResourceRecordSets', region: route53Region }, () =>
    aws.client(Route53Client, route53Region).send(
      new ChangeResourceRecordSetsCommand({
        HostedZoneId: name.hostedZone,
        ChangeBatch: { Comment: comment, Changes: [...changes] },
      }),
    ),
  );
  return (reply.ChangeInfo?.Id ?? '').replace(/^\/change\//, '');
}

/** Whether every name server of the zone has a change. `unknown` while the control plane does not answer. */
export async function changeStatus(aws: AwsClients, id: string): Promise<'in-sync' | 'pending' | 'unknown'> {
  try {
    const reply = await request({ call: 'route53.GetChange', region: route53Region }, () =>
      aws.client(Route53Client, route53Region).send(new GetChangeCommand({ Id: id })),
    );
    return reply.ChangeInfo?.Status === 'INSYNC' ? 'in-sync' : 'pending';
  } catch (error) {
    if (isUnreachable(error) || isThrottle(error)) return 'unknown';
    throw error;
  }
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

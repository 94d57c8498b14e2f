import { ListResourceRecordSetsCommand, Route53Client } from '@aws-sdk/client-route-53';
import { cname, ns, type Responder, startResponder, type TestReply } from '../../network/dns-responder.ts';
import type { Place } from '../deployed/call-aws.ts';
import { clientOf } from '../deployed/clients.ts';

/** Numbers of types on the wire. Source: RFC 1035, section 3.2.2. */
const types = { A: 1, NS: 2, CNAME: 5 };
const nameServer = 'ns-2048.awsdns-64.com';

/** Where one name of a zone leads, as moto's Route 53 holds it. */
export async function recordsOf(moto: string, zone: string, name: string) {
  const place: Place = { endpoint: moto, region: 'us-east-1' };
  const { ResourceRecordSets = [] } = await clientOf(Route53Client, place).send(
    new ListResourceRecordSetsCommand({ HostedZoneId: zone }),
  );
  return ResourceRecordSets.filter(set => set.Name === `${name}.`).map(set => ({
    failover: set.Failover,
    to: set.ResourceRecords?.[0]?.Value ?? '',
    ttl: set.TTL ?? 0,
    check: set.HealthCheckId,
  }));
}

/**
 * Everybody's resolver and the zone's own name server, which answer what moto's Route 53 holds at that moment. Nobody
 * plays Route 53's health checkers: the gate that Lifeboat opens moves nothing here, so that the records have to be
 * changed, which is the way for a gate that fails.
 */
export function startNameServers(moto: string, zone: string, domain: string): Promise<Responder> {
  return startResponder(async ({ name, type }): Promise<TestReply> => {
    if (type === types.NS) return { answers: name === domain ? [ns(nameServer)] : [] };
    if (name === nameServer)
      return { answers: [{ type: types.A, ttl: 60, data: Buffer.from([127, 0, 0, 1]) }] };
    const sets = await recordsOf(moto, zone, name);
    const answering = sets.find(({ failover }) => failover !== 'SECONDARY');
    if (type !== types.CNAME || !answering) return { answers: [] };
    return { authoritative: true, answers: [cname(answering.to, answering.ttl)] };
  });
}

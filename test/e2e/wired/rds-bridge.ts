import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { rdsEventMessages } from '../../../shared/aws/rds-events.ts';
import type { Replication } from './replication.ts';

/**
 * RDS as moto keeps it, and what moto 5.2.3 lacks for a failover: a reboot with failover moves no zone, an instance has
 * no second zone, and DescribeEvents knows of no failover. A password that RDS makes is in moto's own Secrets Manager,
 * where the functions do not look. A replica says nothing of its replication, and stays one when it is promoted; here it
 * is a real one, of `replication`. Everything else is moto's own answer.
 */
export type RdsBridge = {
  url: string;
  /** Whether a failover was forced: then, and not before, the database takes writes again. */
  failedOver(): boolean;
  /** Calls that came, such as `RebootDBInstance`, in their order. */
  calls: string[];
  /** ARN of the secret that takes the place of each password that RDS makes. */
  masterSecretArn?: string;
  stop(): Promise<void>;
};

const zones = { primary: 'a', secondary: 'b' };

export async function startRdsBridge(moto: string, replication: Replication): Promise<RdsBridge> {
  const calls: string[] = [];
  const failovers: Date[] = [];
  const server = http.createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks).toString('utf8');
    const form = new URLSearchParams(body);
    const action = form.get('Action') ?? '';
    calls.push(action);
    const xml = (text: string, status = 200) =>
      response.writeHead(status, { 'content-type': 'text/xml' }).end(text);
    if (action === 'DescribeEvents')
      return void xml(eventsXml(form.get('SourceIdentifier') ?? '', failovers));
    const { host: _, 'content-length': __, ...headers } = request.headers as Record<string, string>;
    const answer = await fetch(`${moto}${request.url}`, {
      method: request.method ?? 'POST',
      headers,
      body,
    });
    if (action === 'RebootDBInstance' && form.get('ForceFailover') === 'true' && answer.ok)
      failovers.push(new Date());
    if (answer.ok) await replicate(replication, action, form);
    const text = withReplication(replication, withZones(await answer.text(), failovers.length % 2 === 1));
    xml(text.replaceAll(/(<SecretArn>)[^<]+/g, `$1${bridge.masterSecretArn ?? ''}`), answer.status);
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const bridge: RdsBridge = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    failedOver: () => failovers.length > 0,
    calls,
    stop: () =>
      new Promise(resolve => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
  return bridge;
}

/** Does to the real replica what RDS was asked for. */
async function replicate(replication: Replication, action: string, form: URLSearchParams): Promise<void> {
  const identifier = form.get('DBInstanceIdentifier') ?? '';
  if (action === 'CreateDBInstanceReadReplica') await replication.make(identifier);
  if (action === 'PromoteReadReplica') await replication.promote(identifier);
  const renamed = form.get('NewDBInstanceIdentifier');
  if (action === 'ModifyDBInstance' && renamed) replication.rename(identifier, renamed);
}

const replicating =
  '<StatusInfos><DBInstanceStatusInfo><StatusType>read replication</StatusType><Normal>true</Normal>' +
  '<Status>replicating</Status></DBInstanceStatusInfo></StatusInfos>';

function withReplication(replication: Replication, text: string): string {
  const source = /<ReadReplicaSourceDBInstanceIdentifier>[^<]+<\/ReadReplicaSourceDBInstanceIdentifier>/;
  return text.replaceAll(/<DBInstance>.*?<\/DBInstance>/gs, instance => {
    if (!source.test(instance)) return instance;
    const identifier = instance.match(/<DBInstanceIdentifier>([^<]+)/)?.[1] ?? '';
    if (replication.promoted(identifier)) return instance.replace(source, '');
    const silent = instance.replace(/<StatusInfos>.*?<\/StatusInfos>|<StatusInfos ?\/>/s, '');
    return silent.replace('</DBInstance>', `${replicating}</DBInstance>`);
  });
}

/** moto puts every instance into zone a of its region. */
function withZones(text: string, moved: boolean): string {
  const [now, other] = moved ? [zones.secondary, zones.primary] : [zones.primary, zones.secondary];
  return text.replaceAll(
    /<AvailabilityZone>([a-z0-9-]+)a<\/AvailabilityZone>/g,
    `<AvailabilityZone>$1${now}</AvailabilityZone><SecondaryAvailabilityZone>$1${other}</SecondaryAvailabilityZone>`,
  );
}

function eventsXml(instance: string, failovers: readonly Date[]): string {
  const event = (id: 'RDS-EVENT-0013' | 'RDS-EVENT-0049', at: Date) =>
    `<Event><SourceIdentifier>${instance}</SourceIdentifier><SourceType>db-instance</SourceType>` +
    `<Message>${rdsEventMessages[id]}</Message><Date>${at.toISOString()}</Date></Event>`;
  const events = failovers.flatMap(at => [event('RDS-EVENT-0013', at), event('RDS-EVENT-0049', at)]);
  return (
    '<DescribeEventsResponse xmlns="http://rds.amazonaws.com/doc/2014-10-31/"><DescribeEventsResult>' +
    `<Events>${events.join('')}</Events></DescribeEventsResult></DescribeEventsResponse>`
  );
}

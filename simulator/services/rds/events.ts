import { type RdsEventId, rdsEventMessages } from '../../../shared/aws/rds-events.ts';
import type { World } from '../../world/world.ts';
import { accountId, rdsState } from './state.ts';

const categories: Record<RdsEventId, string> = {
  'RDS-EVENT-0003': 'deletion',
  'RDS-EVENT-0006': 'availability',
  'RDS-EVENT-0013': 'failover',
  'RDS-EVENT-0015': 'failover',
  'RDS-EVENT-0034': 'failover',
  'RDS-EVENT-0049': 'failover',
  'RDS-EVENT-0050': 'failover',
  'RDS-EVENT-0051': 'failover',
};

/**
 * An RDS event: kept for DescribeEvents and put on the region's bus, in the form of the RDS User Guide, "Overview of
 * events for Amazon RDS". Nothing is said by a region that is lost.
 */
export function emitRdsEvent(world: World, region: string, identifier: string, id: RdsEventId): void {
  emit(world, region, identifier, {
    id,
    kind: 'Instance',
    arn: instanceArn(region, identifier),
    message: rdsEventMessages[id],
    category: categories[id],
  });
}

/** Events of DB clusters that Lifeboat looks at. Source: Aurora User Guide, "Amazon RDS event categories and messages". */
const clusterMessages = {
  'RDS-EVENT-0071': 'Completed failover to DB instance: ',
  'RDS-EVENT-0073': 'Started cross AZ failover to DB instance: ',
  'RDS-EVENT-0185': 'Global switchover finished to DB cluster ',
  'RDS-EVENT-0238': 'Global failover completed to DB cluster ',
} as const;

/** An event of a DB cluster: kept for DescribeEvents and put on the region's bus. */
export function emitClusterEvent(
  world: World,
  region: string,
  identifier: string,
  id: keyof typeof clusterMessages,
  about: string,
): void {
  emit(world, region, identifier, {
    id,
    kind: 'Cluster',
    arn: `arn:aws:rds:${region}:${accountId}:cluster:${identifier}`,
    message: `${clusterMessages[id]}${about}`,
    category: id === 'RDS-EVENT-0071' || id === 'RDS-EVENT-0073' ? 'failover' : 'global-failover',
  });
}

type Said = { id: string; kind: 'Instance' | 'Cluster'; arn: string; message: string; category: string };

function emit(
  world: World,
  region: string,
  identifier: string,
  { id, kind, arn, message, category }: Said,
): void {
  if (world.isLost(region)) return;
  const date = world.now().toISOString();
  rdsState(world).events.push({ region, identifier, message, atMs: world.nowMs() });
  world.emit({
    region,
    event: {
      version: '0',
      id: uuid(world, `${identifier}/${id}/${date}`),
      'detail-type': `RDS DB ${kind} Event`,
      source: 'aws.rds',
      account: accountId,
      time: date.replace(/\.\d+Z$/, 'Z'),
      region,
      resources: [arn],
      detail: {
        EventCategories: [category],
        SourceType: kind === 'Instance' ? 'DB_INSTANCE' : 'CLUSTER',
        SourceArn: arn,
        Date: date,
        Message: message,
        SourceIdentifier: identifier,
        EventID: id,
      },
    },
  });
}

export function instanceArn(region: string, identifier: string): string {
  return `arn:aws:rds:${region}:${accountId}:db:${identifier}`;
}

/** A UUID-shaped id that follows from the seed and the key alone. */
function uuid(world: World, key: string): string {
  const hex = Array.from({ length: 4 }, (_, part) =>
    Math.floor(world.random(`rds-event/${key}/${part}`) * 2 ** 32)
      .toString(16)
      .padStart(8, '0'),
  ).join('');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

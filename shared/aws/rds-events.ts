/**
 * RDS events as `DescribeEvents` gives them: a message and a time, no id (the id is only in the EventBridge and SNS
 * forms). Messages are those of the RDS User Guide, "Amazon RDS event categories and event messages"; earlier wordings
 * are kept because RDS still answers with them for some engines.
 */
export const rdsEventMessages = {
  'RDS-EVENT-0003': 'DB instance deleted',
  'RDS-EVENT-0006': 'DB instance restarted',
  'RDS-EVENT-0013': 'Multi-AZ instance failover started',
  'RDS-EVENT-0015': 'Multi-AZ failover to standby complete - DNS propagation may take a few minutes',
  'RDS-EVENT-0034':
    'Abandoning user requested failover since a failover recently occurred on the database instance',
  'RDS-EVENT-0049': 'Multi-AZ instance failover completed',
  'RDS-EVENT-0050': 'Multi-AZ instance activation started',
  'RDS-EVENT-0051': 'Multi-AZ instance activation completed',
} as const;
export type RdsEventId = keyof typeof rdsEventMessages;

const patterns: readonly [RdsEventId, RegExp][] = [
  ['RDS-EVENT-0003', /db instance deleted/i],
  ['RDS-EVENT-0034', /abandoning user requested failover/i],
  ['RDS-EVENT-0015', /multi-az failover to standby complete/i],
  ['RDS-EVENT-0049', /multi-az (instance )?failover (has )?completed/i],
  ['RDS-EVENT-0013', /multi-az (instance )?failover (has )?started/i],
  ['RDS-EVENT-0051', /multi-az (instance )?activation completed/i],
  ['RDS-EVENT-0050', /multi-az (instance )?activation started/i],
  ['RDS-EVENT-0006', /db instance restarted/i],
];

/** The event id that a message belongs to, if it is one that Lifeboat looks at. */
export function rdsEventId(message: string): RdsEventId | undefined {
  return patterns.find(([, pattern]) => pattern.test(message))?.[0];
}

export type RdsEvent = { id: RdsEventId; at: Date };

/** The last event with this id at or after `sinceMs`; RDS doesn't promise any order. */
export function lastEvent(
  events: readonly RdsEvent[],
  id: RdsEventId,
  sinceMs: number,
): RdsEvent | undefined {
  const found = events.filter(event => event.id === id && event.at.getTime() >= sinceMs);
  return found.reduce<RdsEvent | undefined>(
    (latest, event) => (latest === undefined || event.at > latest.at ? event : latest),
    undefined,
  );
}

/** A failover that RDS began by itself and has not finished after this time is taken for stuck, and forced. */
const stuckAfterMs = 10 * 60_000;

/** The failover that has begun and has neither ended nor taken too long. */
export function failoverUnderWay(events: readonly RdsEvent[], now: Date): RdsEvent | undefined {
  const started = lastEvent(events, 'RDS-EVENT-0013', 0);
  if (started === undefined || now.getTime() - started.at.getTime() > stuckAfterMs) return undefined;
  const since = started.at.getTime();
  const ended = lastEvent(events, 'RDS-EVENT-0049', since) ?? lastEvent(events, 'RDS-EVENT-0051', since);
  return ended === undefined ? started : undefined;
}

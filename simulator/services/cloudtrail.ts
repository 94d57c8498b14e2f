import type { Call, SimulatedService, World, WorldChange } from '../world/world.ts';

/** Events are delivered within about five minutes of the call. Source: CloudTrail user guide. */
const deliveredAfterMs = 5 * 60_000;
const pageSize = 50;

/** CloudTrail: what Lifeboat and people have changed in the simulated account, a few minutes later. */
export const service: SimulatedService = {
  name: 'cloudtrail',
  operations: { LookupEvents: lookUp },
};

function lookUp(world: World, { input, region }: Call): unknown {
  const from = input.StartTime instanceof Date ? input.StartTime.getTime() : 0;
  const to = input.EndTime instanceof Date ? input.EndTime.getTime() : world.nowMs();
  const newest = Math.min(to, world.nowMs() - deliveredAfterMs);
  const found = world.changes.filter(({ by, atMs }) => by !== 'aws' && atMs >= from && atMs <= newest);
  const start = Number(input.NextToken ?? 0);
  const Events = [...found]
    .reverse()
    .slice(start, start + pageSize)
    .map((change, index) => eventOf(region, change, start + index));
  return { Events, ...(found.length > start + pageSize && { NextToken: String(start + pageSize) }) };
}

function eventOf(region: string, { atMs, resource, what, by }: WorldChange, index: number): unknown {
  const EventTime = new Date(atMs);
  const EventSource = `${resource.split('/')[0]}.amazonaws.com`;
  const detail = {
    eventTime: EventTime.toISOString(),
    eventSource: EventSource,
    awsRegion: region,
    resource,
    what,
  };
  return {
    EventId: `${atMs}-${index}`,
    EventTime,
    EventSource,
    Username: by,
    CloudTrailEvent: JSON.stringify({ ...detail, userIdentity: { userName: by } }),
  };
}

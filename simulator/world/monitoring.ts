import { buildAlarmName } from '../../shared/aws/names.ts';
import { type Json, type JsonObject, objectOrEmpty } from '../../shared/json.ts';
import type { SignalPlan } from '../../shared/plan/schema.ts';
import { silencedBy } from '../../shared/plan/silent-metrics.ts';
import { alarmsOf } from './alarms.ts';
import type { World } from './world.ts';

/** CloudWatch evaluates a one-minute alarm once a minute, some seconds after the minute. */
const evaluationSeconds = { minSeconds: 5, likelySeconds: 30, maxSeconds: 65 };
/** AWS announced regional events between some minutes and half an hour after they began (its own summaries). */
const healthNoticeSeconds = { minSeconds: 300, likelySeconds: 720, maxSeconds: 1800 };
/**
 * GuardDuty sends a new finding within five minutes (its user guide, "Responding to findings with EventBridge"); other
 * services send a change of state within seconds, which is the least.
 */
const eventSeconds = { minSeconds: 5, likelySeconds: 60, maxSeconds: 300 };
/** Failures show in a metric within its period of one minute, and an alarm needs two of them. */
const alarmSeconds = { minSeconds: 120, likelySeconds: 150, maxSeconds: 240 };

/**
 * What watches the system from the recovery region, and what AWS says by itself: turns a disaster into the event
 * documents that EventBridge would deliver there. The probes are not here: they are Lifeboat's own function.
 */
export function watch(world: World, scenario: string, holds: () => boolean): void {
  for (const [id, signal] of Object.entries(world.plan.signals)) {
    const seconds = noticeSeconds(world, id, signal, scenario);
    if (seconds === undefined) continue;
    setTimeout(
      () => {
        // Two periods of failures are an alarm; what came back in between leaves too few.
        if ((signal.type === 'alarm' || signal.type === 'metric') && !holds()) return;
        if (signal.type === 'alarm') alarmsOf(world).set(signal.alarmName, holds);
        if (signal.type === 'metric') alarmsOf(world).set(buildAlarmName(world.plan.system.id, id), holds);
        world.changed(`signal/${id}`, `The signal "${signal.title}" fires`);
        // An alarm or an event of a region that is gone never leaves it.
        const region = 'region' in signal && signal.type !== 'health' ? signal.region : undefined;
        const at = region ?? world.plan.regions.recovery;
        world.emit({ region: at, event: eventOf(world, id, signal) });
        if (signal.type === 'alarm' || signal.type === 'metric') sayWhenOver(world, id, signal, at, holds);
      },
      Math.round(seconds * 1000),
    );
  }
}

/** CloudWatch tells of the way back as well: the alarm is OK at its next evaluation after the damage is mended. */
function sayWhenOver(
  world: World,
  id: string,
  signal: SignalPlan,
  region: string,
  holds: () => boolean,
): void {
  let over = false;
  world.onChange(() => {
    if (over || holds()) return;
    over = true;
    const seconds = world.duration(evaluationSeconds, `ok/${id}`);
    setTimeout(
      () => world.emit({ region, event: eventOf(world, id, signal, 'OK') }),
      Math.round(seconds * 1000),
    );
  });
}

/** Seconds from the outage until this observer says so; undefined when this disaster does not show there. */
function noticeSeconds(world: World, id: string, signal: SignalPlan, scenario: string): number | undefined {
  const regional = world.isLost(world.plan.regions.primary);
  switch (signal.type) {
    case 'heartbeat':
      return regional ? signal.missing + world.duration(evaluationSeconds, `heartbeat/${id}`) : undefined;
    case 'health':
      return regional ? world.duration(healthNoticeSeconds, `health/${id}`) : undefined;
    case 'alarm':
      return opens(world, scenario, id) ? world.duration(alarmSeconds, `alarm/${id}`) : undefined;
    case 'metric':
      return opens(world, scenario, id) &&
        silencedBy(world.plan, world.plan.scenarios[scenario]?.disaster, signal) === undefined
        ? signal.period * signal.periods + world.duration(evaluationSeconds, `metric/${id}`)
        : undefined;
    case 'event':
      // What RDS says, the simulated RDS says by itself.
      if (signal.source === 'aws.rds') return undefined;
      if (!opens(world, scenario, id)) return undefined;
      return world.duration(
        signal.source === 'aws.health' ? healthNoticeSeconds : eventSeconds,
        `event/${id}`,
      );
    case 'probe':
    case 'rds-event':
      return undefined;
  }
}

/** Whether this signal is one that the scenario is opened by: an alarm shows the disaster that it was made for. */
function opens(world: World, scenario: string, signal: string): boolean {
  return world.plan.scenarios[scenario]?.trigger?.signals.includes(signal) ?? false;
}

function eventOf(world: World, id: string, signal: SignalPlan, state: 'ALARM' | 'OK' = 'ALARM'): JsonObject {
  const { plan } = world;
  const time = world
    .now()
    .toISOString()
    .replace(/\.\d+Z$/, 'Z');
  const common = {
    version: '0',
    id: eventId(world, state === 'OK' ? `${id}/ok` : id),
    account: '123456789012',
    time,
    resources: [],
  };
  if (signal.type === 'health') {
    return {
      ...common,
      'detail-type': 'AWS Health Event',
      source: 'aws.health',
      region: signal.region,
      detail: healthDetail(world, id, signal.region, signal.services[0] ?? 'EC2'),
    };
  }
  if (signal.type === 'event') {
    return {
      ...common,
      'detail-type': signal.detailType,
      source: signal.source,
      region: signal.region,
      // AWS Health sends all of its fields, and triage reads them; what the signal waits for is among them.
      detail: {
        ...(signal.source === 'aws.health' && healthDetail(world, id, signal.region, 'EC2')),
        ...exampleOf(signal),
      },
    };
  }
  const name = alarmNameOf(plan.system.id, id, signal);
  const region = signal.type === 'metric' ? signal.region : plan.regions.recovery;
  return {
    ...common,
    'detail-type': 'CloudWatch Alarm State Change',
    source: 'aws.cloudwatch',
    region,
    resources: [`arn:aws:cloudwatch:${region}:123456789012:alarm:${name}`],
    detail: {
      alarmName: name,
      state: {
        value: state,
        reason:
          state === 'OK' ? 'Threshold Crossed: 1 datapoint was not over the threshold.' : crossed(signal),
        timestamp: world.now().toISOString().replace('Z', '+0000'),
      },
      previousState: {
        value: state === 'OK' ? 'ALARM' : 'OK',
        reason: 'Threshold Crossed: 1 datapoint was not less than the threshold.',
        timestamp: new Date(world.outageStartedAtMs - 3_600_000).toISOString().replace('Z', '+0000'),
      },
      configuration: { metrics: [] },
    },
  };
}

/** `detail` of an open event. Source: AWS Health user guide, "AWS Health events Amazon EventBridge schema". */
function healthDetail(world: World, id: string, region: string, service: string): JsonObject {
  return {
    eventArn: `arn:aws:health:${region}::event/MULTIPLE_SERVICES/AWS_MULTIPLE_SERVICES_OPERATIONAL_ISSUE/${eventId(world, id)}`,
    service,
    eventTypeCode: `AWS_${service}_OPERATIONAL_ISSUE`,
    eventTypeCategory: 'issue',
    eventScopeCode: 'PUBLIC',
    communicationId: eventId(world, `${id}/communication`),
    startTime: httpDate(world.outageStartedAtMs),
    lastUpdatedTime: httpDate(world.nowMs()),
    statusCode: 'open',
    eventRegion: region,
    eventDescription: [{ language: 'en_US', latestDescription: 'We are investigating connectivity issues.' }],
  };
}

/** In CloudWatch's words. An alarm that the plan only names is taken for one that fires on silence. */
function crossed(signal: SignalPlan): string {
  if (signal.type === 'metric' && signal.missing !== 'breaching') {
    return `Threshold Crossed: ${signal.periods} out of the last ${signal.periods} datapoints were over the threshold.`;
  }
  return 'Threshold Crossed: no datapoints were received for 3 periods and 3 missing datapoints were treated as [Breaching].';
}

/** A detail that says what the signal waits for, with the least that does. */
function exampleOf({ firing, subject }: Extract<SignalPlan, { type: 'event' }>): JsonObject {
  const detail: JsonObject = {};
  const put = (path: string, value: Json) => {
    const keys = path.split('.');
    const last = keys.pop() ?? '';
    const group = keys.reduce<JsonObject>((inner, key) => {
      const child = objectOrEmpty(inner[key]);
      inner[key] = child;
      return child;
    }, detail);
    group[last] ??= value;
  };
  for (const [path, wanted] of Object.entries(firing)) {
    if (Array.isArray(wanted)) put(path, wanted[0] ?? '');
    else if (typeof wanted !== 'object') put(path, wanted);
    else put(path, 'atLeast' in wanted ? wanted.atLeast : wanted.startsWith);
  }
  if (subject !== undefined) put(subject, 'simulated');
  return detail;
}

function alarmNameOf(system: string, id: string, signal: SignalPlan): string {
  return signal.type === 'alarm' ? signal.alarmName : buildAlarmName(system, id);
}

/** A UUID-shaped id that depends on the seed and the key alone. */
function eventId(world: World, key: string): string {
  const hex = [1, 2, 3, 4]
    .map(part =>
      Math.floor(world.random(`event/${key}/${part}`) * 2 ** 32)
        .toString(16)
        .padStart(8, '0'),
    )
    .join('');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

function httpDate(ms: number): string {
  return new Date(ms).toUTCString();
}

import { buildAlarmName } from '../../shared/aws/names.ts';
import type { JsonObject } from '../../shared/json.ts';
import type { SignalPlan } from '../../shared/plan/schema.ts';
import type { World } from './world.ts';

/** CloudWatch evaluates a one-minute alarm once a minute, some seconds after the minute. */
const evaluationSeconds = { minSeconds: 5, likelySeconds: 30, maxSeconds: 65 };
/** AWS announced regional events between some minutes and half an hour after they began (its own summaries). */
const healthNoticeSeconds = { minSeconds: 300, likelySeconds: 720, maxSeconds: 1800 };
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
        if (signal.type === 'alarm' && !holds()) return;
        world.changed(`signal/${id}`, `The signal "${signal.title}" fires`);
        world.emit({ region: world.plan.regions.recovery, event: eventOf(world, id, signal) });
      },
      Math.round(seconds * 1000),
    );
  }
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
    case 'probe':
    case 'rds-event':
      return undefined;
  }
}

/** Whether this signal is one that the scenario is opened by: an alarm shows the disaster that it was made for. */
function opens(world: World, scenario: string, signal: string): boolean {
  return world.plan.scenarios[scenario]?.trigger?.signals.includes(signal) ?? false;
}

function eventOf(world: World, id: string, signal: SignalPlan): JsonObject {
  const { plan } = world;
  const time = world
    .now()
    .toISOString()
    .replace(/\.\d+Z$/, 'Z');
  const common = { version: '0', id: eventId(world, id), account: '123456789012', time, resources: [] };
  if (signal.type === 'health') {
    return {
      ...common,
      'detail-type': 'AWS Health Event',
      source: 'aws.health',
      region: signal.region,
      detail: {
        eventArn: `arn:aws:health:${signal.region}::event/MULTIPLE_SERVICES/AWS_MULTIPLE_SERVICES_OPERATIONAL_ISSUE/${eventId(world, id)}`,
        service: signal.services[0] ?? 'EC2',
        eventTypeCode: `AWS_${signal.services[0] ?? 'EC2'}_OPERATIONAL_ISSUE`,
        eventTypeCategory: 'issue',
        eventScopeCode: 'PUBLIC',
        communicationId: eventId(world, `${id}/communication`),
        startTime: httpDate(world.outageStartedAtMs),
        lastUpdatedTime: httpDate(world.nowMs()),
        statusCode: 'open',
        eventRegion: signal.region,
        eventDescription: [
          { language: 'en_US', latestDescription: 'We are investigating connectivity issues.' },
        ],
      },
    };
  }
  const name = alarmNameOf(plan.system.id, id, signal);
  return {
    ...common,
    'detail-type': 'CloudWatch Alarm State Change',
    source: 'aws.cloudwatch',
    region: plan.regions.recovery,
    resources: [`arn:aws:cloudwatch:${plan.regions.recovery}:123456789012:alarm:${name}`],
    detail: {
      alarmName: name,
      state: {
        value: 'ALARM',
        reason:
          'Threshold Crossed: no datapoints were received for 3 periods and 3 missing datapoints were treated as [Breaching].',
        timestamp: world.now().toISOString().replace('Z', '+0000'),
      },
      previousState: {
        value: 'OK',
        reason: 'Threshold Crossed: 1 datapoint was not less than the threshold.',
        timestamp: new Date(world.outageStartedAtMs - 3_600_000).toISOString().replace('Z', '+0000'),
      },
      configuration: { metrics: [] },
    },
  };
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

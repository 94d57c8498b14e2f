import * as z from 'zod';
import { InvalidInputError } from '../errors.ts';
import { type Json, parseJson } from '../json.ts';
import type { Plan } from '../plan/schema.ts';
import { awsTime, type Envelope, envelopeSchema, parseAs, show } from './event-bridge.ts';
import { ownSource, parseOwnEvent } from './own-events.ts';
import {
  alarmDetailSchema,
  alarmMessageSchema,
  alarmSignals,
  fromDetail,
  fromMessage,
} from './parse-alarm.ts';
import { eventSignals } from './parse-custom.ts';
import { healthDetailSchema, healthSignals } from './parse-health.ts';
import { rdsDetailSchema, rdsSignals } from './parse-rds.ts';
import type { ParsedEvent, Signal } from './signal.ts';

/** What SNS calls a Lambda function with. Source: Lambda developer guide, "Process Amazon SNS notifications". */
const snsSchema = z.looseObject({
  Records: z
    .array(z.looseObject({ Sns: z.looseObject({ MessageId: z.string(), Message: z.string() }) }))
    .min(1),
});

/**
 * Turns an event document into what it means for this plan. Events that are well-formed and concern none of the
 * plan's signals come back without signals; throws InvalidInputError, saying what came, for everything else.
 */
export function parseEvent(plan: Plan, event: unknown): ParsedEvent {
  if (typeof event === 'object' && event !== null && 'Records' in event) return parseSns(plan, event);
  const known = envelopeSchema.safeParse(event);
  if (!known.success) throw unknownEvent(event);
  return parseEnvelope(plan, known.data);
}

function parseSns(plan: Plan, event: object): ParsedEvent {
  const signals: Signal[] = [];
  let eventId = '';
  for (const { Sns } of parseAs(snsSchema, event, 'SNS event').Records) {
    eventId ||= Sns.MessageId;
    const message = parseMessage(Sns.Message);
    const bus = envelopeSchema.safeParse(message);
    if (bus.success) {
      const inner = parseEnvelope(plan, bus.data);
      if (inner.kind !== 'signals') throw unknownEvent(message);
      signals.push(...inner.signals);
    } else {
      const alarm = parseAs(alarmMessageSchema, message, 'SNS message');
      signals.push(...alarmSignals(plan, fromMessage(alarm, Sns.MessageId)));
    }
  }
  return asSignals(eventId, signals, 'the alarm is no signal of the plan');
}

function parseMessage(text: string): Json {
  const message = parseJson(text);
  if (message === undefined) throw unknownEvent(text);
  return message;
}

/** What AWS is known to send, or what the plan's signals of the type `event` wait for; one event may be both. */
function parseEnvelope(plan: Plan, event: Envelope): ParsedEvent {
  const custom = eventSignals(plan, event);
  if (custom === undefined) return parseKnown(plan, event);
  const known = isKnown(event) ? parseKnown(plan, event) : undefined;
  const signals = [...(known?.kind === 'signals' ? known.signals : []), ...custom];
  return asSignals(event.id, signals, `no signal of the plan waits for this ${event['detail-type']}`);
}

const knownTypes = [
  'aws.cloudwatch / CloudWatch Alarm State Change',
  'aws.rds / RDS DB Instance Event',
  'aws.health / AWS Health Event',
];
const isKnown = (event: Envelope) => knownTypes.includes(`${event.source} / ${event['detail-type']}`);

function parseKnown(plan: Plan, event: Envelope): ParsedEvent {
  const eventId = event.id;
  switch (`${event.source} / ${event['detail-type']}`) {
    case 'aws.cloudwatch / CloudWatch Alarm State Change': {
      const detail = parseAs(alarmDetailSchema, event.detail, 'alarm state change');
      const aside = `the alarm "${detail.alarmName}" is no signal of the plan`;
      return asSignals(eventId, alarmSignals(plan, fromDetail(detail, eventId)), aside);
    }
    case 'aws.rds / RDS DB Instance Event':
    case 'aws.rds / RDS DB Cluster Event': {
      const detail = parseAs(rdsDetailSchema, event.detail, 'RDS event');
      const aside = `no signal of the plan waits for ${detail.EventID} of ${detail.SourceIdentifier} in ${event.region}`;
      return asSignals(eventId, rdsSignals(plan, detail, { region: event.region, eventId }), aside);
    }
    case 'aws.health / AWS Health Event': {
      const detail = parseAs(healthDetailSchema, event.detail, 'AWS Health event');
      const at = parseAs(awsTime, event.time, 'event time');
      const aside = `no signal of the plan waits for ${detail.eventTypeCategory} of ${detail.service} in ${detail.eventRegion ?? 'that region'}`;
      return asSignals(eventId, healthSignals(plan, detail, { at, eventId }), aside);
    }
    case 'aws.events / Scheduled Event':
      return { kind: 'tick', eventId };
    default: {
      const own = event.source === ownSource ? parseOwnEvent(plan, event) : undefined;
      if (own) return own;
      throw unknownEvent(event);
    }
  }
}

function asSignals(eventId: string, signals: Signal[], aside: string): ParsedEvent {
  return signals.length > 0
    ? { kind: 'signals', eventId, signals }
    : { kind: 'signals', eventId, signals, aside };
}

function unknownEvent(event: unknown): InvalidInputError {
  return new InvalidInputError(`This is no event that triage knows: ${show(event)}`, {
    nextStep:
      'Look at the EventBridge rules and topics that call this function: one of them sends something else.',
  });
}

import * as z from 'zod';
import type { Plan } from '../plan/schema.ts';
import { awsTime } from './event-bridge.ts';
import { earlier, type Signal } from './signal.ts';

/**
 * `detail` of "AWS Health Event". Source: AWS Health user guide, "AWS Health events Amazon EventBridge schema". The
 * region that is concerned is `eventRegion`; the envelope's is where the event was delivered, which may be the backup
 * region. The guide says to recognise copies by eventArn and communicationId.
 */
export const healthDetailSchema = z.looseObject({
  eventArn: z.string(),
  service: z.string(),
  eventTypeCode: z.string(),
  eventTypeCategory: z.string(),
  communicationId: z.string().optional(),
  statusCode: z.string().optional(),
  eventRegion: z.string().optional(),
  startTime: awsTime,
  endTime: awsTime.optional(),
  lastUpdatedTime: awsTime.optional(),
  eventDescription: z.array(z.looseObject({ latestDescription: z.string() })).default([]),
});
type HealthDetail = z.output<typeof healthDetailSchema>;

/** The signals that watch this service in this region; none for anything but an issue, or one that is to come. */
export function healthSignals(
  plan: Plan,
  detail: HealthDetail,
  from: { at: string; eventId: string },
): Signal[] {
  if (detail.eventTypeCategory !== 'issue' || detail.statusCode === 'upcoming') return [];
  const at = detail.lastUpdatedTime ?? from.at;
  const over = detail.statusCode === 'closed' || (detail.endTime !== undefined && detail.endTime <= at);
  const region = detail.eventRegion ?? detail.eventArn.split(':')[3];
  const signals: Signal[] = [];
  for (const [id, signal] of Object.entries(plan.signals)) {
    if (signal.type !== 'health' || signal.region !== region) continue;
    if (!signal.services.includes(detail.service)) continue;
    const since = over ? (detail.endTime ?? at) : detail.startTime;
    signals.push({
      signal: id,
      observer: signal.observer,
      state: over ? 'clear' : 'firing',
      at,
      since: earlier(since, at),
      eventId: detail.communicationId ? `${detail.eventArn}/${detail.communicationId}` : from.eventId,
      subject: detail.eventArn,
      what: describe(detail, over),
    });
  }
  return signals;
}

function describe(detail: HealthDetail, over: boolean): string {
  const text = detail.eventDescription[0]?.latestDescription.replaceAll(/\s+/g, ' ').trim() ?? '';
  const head = `AWS Health: ${detail.eventTypeCode} is ${over ? 'over' : 'open'}`;
  return text ? `${head}: ${text.slice(0, 300)}` : head;
}

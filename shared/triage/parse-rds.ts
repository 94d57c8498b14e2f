import * as z from 'zod';
import type { Plan } from '../plan/schema.ts';
import { awsTime } from './event-bridge.ts';
import type { Signal } from './signal.ts';

/**
 * `detail` of "RDS DB Instance Event" and "RDS DB Cluster Event". Source: RDS user guide, "Overview of events for Amazon RDS"; the event ids are
 * in "Amazon RDS event categories and event messages". Delivery is best effort: events may be late or missing.
 */
export const rdsDetailSchema = z.looseObject({
  EventID: z.string(),
  /** The identifier; some documented samples have `rds:` before it. */
  SourceIdentifier: z.string().transform(text => text.replace(/^rds:/, '')),
  Date: awsTime,
  Message: z.string().default(''),
});

/** The signals that watch this instance or cluster, in this region, for this event id. */
export function rdsSignals(
  plan: Plan,
  detail: z.output<typeof rdsDetailSchema>,
  from: { region: string; eventId: string },
): Signal[] {
  const signals: Signal[] = [];
  for (const [id, signal] of Object.entries(plan.signals)) {
    if (signal.type !== 'rds-event') continue;
    const component = plan.components[signal.component];
    if (component?.type !== 'rds-instance' && component?.type !== 'rds-cluster') continue;
    if (component.identifier !== detail.SourceIdentifier) continue;
    if (component.region !== from.region) continue;
    const firing = signal.firing.includes(detail.EventID);
    if (!firing && !signal.clear.includes(detail.EventID)) continue;
    signals.push({
      signal: id,
      observer: signal.observer,
      state: firing ? 'firing' : 'clear',
      at: detail.Date,
      since: detail.Date,
      eventId: from.eventId,
      subject: '',
      what: `${detail.EventID} of ${detail.SourceIdentifier}: ${detail.Message}`,
    });
  }
  return signals;
}

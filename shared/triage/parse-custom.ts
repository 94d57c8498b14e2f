import { type Json, type JsonObject, objectOrEmpty } from '../json.ts';
import type { EventFieldMatch, Plan, SignalPlan } from '../plan/schema.ts';
import { awsTime, type Envelope, parseAs } from './event-bridge.ts';
import type { Signal } from './signal.ts';

type EventSignal = Extract<SignalPlan, { type: 'event' }>;
type Match = EventSignal['firing'];

/**
 * What an event says about the plan's signals of the type `event`: none of them when its fields are others, undefined
 * when no such signal is about this source and detail-type at all.
 */
export function eventSignals(plan: Plan, event: Envelope): Signal[] | undefined {
  const about = Object.entries(plan.signals).filter(
    (entry): entry is [string, EventSignal] =>
      entry[1].type === 'event' &&
      entry[1].source === event.source &&
      entry[1].detailType === event['detail-type'],
  );
  if (about.length === 0) return undefined;
  const at = parseAs(awsTime, event.time, 'event time');
  return about.flatMap(([id, signal]): Signal[] => {
    // What was forwarded keeps the region that it came from.
    if (event.region !== signal.region) return [];
    const firing = matches(event.detail, signal.firing);
    if (!firing && !(signal.clear && matches(event.detail, signal.clear))) return [];
    const subject = signal.subject === undefined ? undefined : fieldOf(event.detail, signal.subject);
    return [
      {
        signal: id,
        observer: signal.observer,
        state: firing ? 'firing' : 'clear',
        at,
        since: at,
        eventId: event.id,
        subject: subject === undefined ? '' : String(subject),
        what: describe(event, firing ? signal.firing : (signal.clear ?? {})),
      },
    ];
  });
}

/** Whether every field is what it must be, as EventBridge itself would decide. */
export function matches(detail: unknown, match: Match): boolean {
  return Object.entries(match).every(([path, wanted]) => {
    const value = fieldOf(detail, path);
    const values = Array.isArray(value) ? value : [value];
    return values.some(each => fits(each, wanted));
  });
}

function fits(value: unknown, wanted: EventFieldMatch): boolean {
  if (Array.isArray(wanted)) return wanted.some(each => each === value);
  if (typeof wanted !== 'object') return wanted === value;
  if ('atLeast' in wanted) return typeof value === 'number' && value >= wanted.atLeast;
  return typeof value === 'string' && value.startsWith(wanted.startsWith);
}

function fieldOf(detail: unknown, path: string): unknown {
  return path
    .split('.')
    .reduce<unknown>(
      (value, key) =>
        typeof value === 'object' && value !== null && Object.hasOwn(value, key)
          ? (value as Record<string, unknown>)[key]
          : undefined,
      detail,
    );
}

function describe(event: Envelope, match: Match): string {
  const fields = Object.keys(match).map(path => `${path} ${show(fieldOf(event.detail, path))}`);
  return `${event['detail-type']} of ${event.source}: ${fields.join(', ')}`.slice(0, 300);
}

function show(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? 'missing');
}

/** The `detail` of an EventBridge pattern that lets through what a match wants. */
export function patternOf(match: Match): JsonObject {
  const pattern: JsonObject = {};
  for (const [path, wanted] of Object.entries(match)) {
    const keys = path.split('.');
    const last = keys.pop() ?? '';
    let inner = pattern;
    for (const key of keys) {
      const group = objectOrEmpty(inner[key]);
      inner[key] = group;
      inner = group;
    }
    inner[last] = contentFilter(wanted);
  }
  return pattern;
}

function contentFilter(wanted: EventFieldMatch): Json[] {
  if (Array.isArray(wanted)) return [...wanted];
  if (typeof wanted !== 'object') return [wanted];
  if ('atLeast' in wanted) return [{ numeric: ['>=', wanted.atLeast] }];
  return [{ prefix: wanted.startsWith }];
}

import * as z from 'zod';

export const signalStates = ['firing', 'clear', 'unknown'] as const;

/**
 * What one event says about one signal of the plan. Times are ISO-8601 UTC with milliseconds, so that comparing texts
 * compares times.
 */
export const signalReportSchema = z.object({
  /** Id of the signal in the plan. */
  signal: z.string(),
  observer: z.string(),
  state: z.enum(signalStates),
  /** When the observer saw it; an older report never overwrites a newer one. */
  at: z.string(),
  /** Since when it holds in the world, as far as the observer can tell; at most `at`. */
  since: z.string(),
  /** The same for every delivery of the same report. */
  eventId: z.string(),
  /** What it is about when a signal has several things to watch, such as one of many AWS Health events. */
  subject: z.string().default(''),
  what: z.string(),
});
export type Signal = z.output<typeof signalReportSchema>;

/** What all reports of one signal come to. */
export type SignalState = Omit<Signal, 'subject'> & {
  /** When the newest unbroken stretch of this state was first reported. */
  changedAt: string;
};

/** A person's wish to start a scenario. */
export type ManualStart = {
  scenario: string;
  mode: 'recover' | 'planned' | 'drill' | 'dry-run';
  by: string;
  reason: string;
  at: string;
  eventId: string;
  parameters: Record<string, string | number | boolean>;
};

/** What an event turned out to be. `aside` says why an understood event concerns no signal of the plan. */
export type ParsedEvent =
  | { kind: 'signals'; eventId: string; signals: Signal[]; aside?: string }
  | { kind: 'tick'; eventId: string }
  | { kind: 'start'; eventId: string; start: ManualStart }
  | { kind: 'automation'; eventId: string; wanted: { state: 'on' | 'off'; by: string; reason: string } };

/** The earlier of two ISO-8601 times in UTC with milliseconds. */
export function earlier(a: string, b: string): string {
  return a < b ? a : b;
}

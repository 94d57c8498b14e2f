import { earlier, type Signal, type SignalState } from './signal.ts';

/** How many reports of a signal are kept. Older ones can't change what the newest come to. */
const keptReports = 30;

/**
 * Adds a report to those that are kept. The result depends on which reports came, never on their order or on how
 * often each one came.
 */
export function addReport(reports: readonly Signal[], report: Signal): Signal[] {
  const others = reports.filter(
    other => other.eventId !== report.eventId || other.subject !== report.subject,
  );
  const same = reports.find(other => other.eventId === report.eventId && other.subject === report.subject);
  // The same event with two contents can't be told which is right; the later one, then the text, decides.
  const kept = same && byTime(same, report) > 0 ? same : report;
  return [...others, kept].sort(byTime).slice(-keptReports);
}

/**
 * What the reports of one signal come to. Each subject is as its newest report says; the signal fires while any
 * subject does, and is unknown while none fires and one is unknown. Undefined without reports.
 */
export function foldReports(reports: readonly Signal[]): SignalState | undefined {
  const bySubject = Map.groupBy([...reports].sort(byTime), report => report.subject);
  const stretches = [...bySubject.values()].flatMap(ofSubject => lastStretch(ofSubject));
  const newest = reports.toSorted(byTime).at(-1);
  if (!newest) return undefined;
  const state =
    (['firing', 'unknown', 'clear'] as const).find(wanted =>
      stretches.some(stretch => stretch.state === wanted),
    ) ?? 'unknown';
  const holding = stretches.filter(stretch => stretch.state === state);
  const said = holding.toSorted((a, b) => byTime(a.newest, b.newest)).at(-1)?.newest ?? newest;
  return {
    signal: newest.signal,
    observer: newest.observer,
    state,
    at: newest.at,
    changedAt: holding.map(stretch => stretch.changedAt).reduce(earlier, said.at),
    since: holding.map(stretch => stretch.since).reduce(earlier, said.since),
    eventId: said.eventId,
    what: said.what,
  };
}

type Stretch = { state: Signal['state']; changedAt: string; since: string; newest: Signal };

/** The unbroken run of equal states that ends with the newest report; reports are in order. */
function lastStretch(reports: readonly Signal[]): Stretch[] {
  const newest = reports.at(-1);
  if (!newest) return [];
  const start = reports.findLastIndex(report => report.state !== newest.state) + 1;
  const stretch = reports.slice(start);
  return [
    {
      state: newest.state,
      newest,
      changedAt: stretch.map(report => report.at).reduce(earlier),
      since: stretch.map(report => report.since).reduce(earlier),
    },
  ];
}

/** By time; reports of one instant by event, so that the order is the same whatever order they came in. */
function byTime(a: Signal, b: Signal): number {
  for (const field of ['at', 'eventId', 'subject', 'state', 'since', 'what'] as const) {
    if (a[field] !== b[field]) return a[field] < b[field] ? -1 : 1;
  }
  return 0;
}

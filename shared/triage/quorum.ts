import type { Plan, SignalPlan, Trigger } from '../plan/schema.ts';
import { earlier, type SignalState } from './signal.ts';

/**
 * Delivery of RDS events is best effort, so the event that ends a failure may never come. One that is older than this
 * counts as unknown, and can't make up a quorum with something unrelated days later.
 */
const eventLifetimeSeconds = 3600;

type Observer = { observer: string; signals: string[]; firingAt: string; since: string };

/**
 * How far a scenario's trigger is. quiet: nobody fires. partial: too few observers. pending: enough, not for long
 * enough. sustained: all that it asks. handled: it is what the last incident of this scenario was about.
 */
export type QuorumView = {
  stage: 'quiet' | 'partial' | 'pending' | 'sustained' | 'handled';
  observers: Observer[];
  /** When the last observer that was needed began to fire. */
  completeAt?: string;
  /** When it has held for as long as the trigger asks. */
  sustainedAt?: string;
  /** When the outage began, by the observers that fire. */
  outageStartedAt?: string;
};

export type QuorumInput = {
  signals: Record<string, Pick<SignalPlan, 'type'>>;
  trigger: Trigger;
  states: readonly SignalState[];
  /** ISO-8601 UTC with milliseconds, as all times here. */
  now: string;
  /** End of the last incident of the same scenario. */
  handledUntil?: string;
};

/**
 * Looks at one trigger. Signals of one observer are one voice, which fires from the first of them. The quorum is
 * complete from the moment when the n-th observer joined, because all of them have fired without a break since.
 */
export function viewQuorum({ signals, trigger, states, now, handledUntil }: QuorumInput): QuorumView {
  const firing = states.filter(
    state =>
      state.state === 'firing' &&
      trigger.signals.includes(state.signal) &&
      !hasExpired(signals[state.signal], state, now),
  );
  const observers = toObservers(firing);
  if (observers.length === 0) return { stage: 'quiet', observers };
  const completeAt = observers[trigger.quorum - 1]?.firingAt;
  if (completeAt === undefined) return { stage: 'partial', observers };
  const view = {
    observers,
    completeAt,
    sustainedAt: new Date(Date.parse(completeAt) + trigger.sustained * 1000).toISOString(),
    outageStartedAt: observers.map(({ since }) => since).reduce(earlier),
  };
  if (handledUntil !== undefined && completeAt <= handledUntil) return { stage: 'handled', ...view };
  return { stage: now < view.sustainedAt ? 'pending' : 'sustained', ...view };
}

/** By when they began to fire, then by name. */
function toObservers(firing: readonly SignalState[]): Observer[] {
  const groups = Map.groupBy(firing, state => state.observer);
  const observers = [...groups].map(([observer, states]) => ({
    observer,
    signals: states.map(state => state.signal).sort(),
    firingAt: states.map(state => state.changedAt).reduce(earlier),
    since: states.map(state => state.since).reduce(earlier),
  }));
  return observers.sort((a, b) => compare(a.firingAt, b.firingAt) || compare(a.observer, b.observer));
}

function hasExpired(signal: Pick<SignalPlan, 'type'> | undefined, state: SignalState, now: string): boolean {
  if (signal?.type !== 'rds-event' && signal?.type !== 'event') return false;
  return Date.parse(now) - Date.parse(state.at) > eventLifetimeSeconds * 1000;
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** The parts of a plan that triage decides by. */
export type TriagePlan = {
  signals: Record<string, Pick<SignalPlan, 'type' | 'observer'>>;
  scenarios: Record<string, Pick<Plan['scenarios'][string], 'trigger' | 'manualOnly' | 'severity' | 'modes'>>;
  /** From the worst down. */
  severities: Record<string, unknown>;
};

/**
 * Scenarios in the order in which they take precedence, best evidence first: the one that asks for more independent
 * observers, then the one that more of them speak for, then the worse severity, then the plan's order.
 */
export function byPrecedence(
  plan: TriagePlan,
  views: ReadonlyMap<string, QuorumView>,
): (a: string, b: string) => number {
  const severities = Object.keys(plan.severities);
  const order = Object.keys(plan.scenarios);
  const rank = (id: string) => {
    const scenario = plan.scenarios[id];
    const severity = severities.indexOf(scenario?.severity ?? '');
    return [
      -(scenario?.trigger?.quorum ?? 0),
      -(views.get(id)?.observers.length ?? 0),
      severity < 0 ? severities.length : severity,
      order.indexOf(id),
    ];
  };
  return (a, b) => {
    const left = rank(a);
    const right = rank(b);
    for (const [index, value] of left.entries()) {
      const difference = value - (right[index] ?? 0);
      if (difference !== 0) return difference;
    }
    return 0;
  };
}

import { isExercise } from '../incident/incident-record.ts';
import { isLive } from '../incident/lock.ts';
import type { DecideInput, Decision } from './decision.ts';
import { viewQuorum } from './quorum.ts';
import { earlier, type ManualStart } from './signal.ts';
import { occupied, unread } from './wording.ts';

/**
 * A person asks to start a scenario. No evidence is needed and neither switch nor cool-down stand in the way; one run
 * at a time does, and so does a real incident in the way of an exercise.
 */
export function decideStart(input: DecideInput, start: ManualStart): Decision {
  const { incident, lock } = input;
  const { scenario, mode } = start;
  const asked = `${start.by} starts ${scenario} as ${mode}: ${start.reason}`;
  // The person who asks sees the refusal; nobody else is woken.
  const refuse = (reason: string): Decision => ({
    decision: 'refuse',
    scenario,
    page: false,
    reasons: [asked, reason],
  });
  if ('unreadable' in incident) return refuse(unread('the incident', incident));
  if ('unreadable' in lock) return refuse(unread('the lock', lock));
  const open = incident.value?.status === 'open' ? incident.value : undefined;
  const busy = lock.value && isLive(lock.value, input.now) ? lock.value : undefined;
  if (isExercise(start)) {
    if (open) return refuse(`the incident ${open.id} is open: resolve it first`);
    if (busy) return refuse(occupied(busy));
  }
  if (busy && busy.incidentId !== open?.id) return refuse(occupied(busy));
  if (open) {
    const reason = busy ? `run ${busy.runId} is under way` : `it belongs to the open incident ${open.id}`;
    return {
      decision: 'attach',
      scenario,
      mode,
      incidentId: open.id,
      startRun: !busy,
      page: false,
      reasons: [asked, reason],
    };
  }
  return {
    decision: 'open',
    scenario,
    mode,
    startRun: true,
    outageStartedAt: outageStart(input, start),
    page: false,
    reasons: [asked],
  };
}

/** What the scenario's signals say, if any fires; otherwise the outage is taken to begin with the request. */
function outageStart({ plan, signals, now }: DecideInput, start: ManualStart): string {
  const trigger = plan.scenarios[start.scenario]?.trigger;
  if (!trigger || 'unreadable' in signals || isExercise(start)) return start.at;
  const { observers } = viewQuorum({ signals: plan.signals, trigger, states: signals.value, now });
  return observers.map(({ since }) => since).reduce(earlier, start.at);
}

import type { Problem } from '../finding.ts';
import type { CheckContext } from '../lint-rule.ts';
import type { ScenarioView } from '../scenario-view.ts';
import type { Trigger } from '../schema.ts';

/** What opens a scenario: a trigger that can fire, or a person; never nothing. */
export function checkTriggers(context: CheckContext): Problem[] {
  return context.scenarios.flatMap(view => {
    const { trigger, manualOnly } = view.scenario;
    if (trigger === undefined) return manualOnly ? [] : [withoutTrigger(view)];
    return [...(manualOnly ? [both(view)] : []), ...checkQuorum(context, view, trigger)];
  });
}

function withoutTrigger({ id, path }: ScenarioView): Problem {
  return {
    rule: 'scenario-without-trigger',
    severity: 'error',
    path,
    at: 'key',
    message: `Nothing starts the scenario "${id}"`,
    mend: 'Add "trigger" with the signals that open it, or "manualOnly: true" if only a person does.',
  };
}

function both({ path }: ScenarioView): Problem {
  return {
    rule: 'trigger-and-manual-only',
    severity: 'error',
    path: [...path, 'manualOnly'],
    message: 'A scenario that only a person starts has a trigger',
    mend: 'Remove "manualOnly" or "trigger".',
  };
}

/** Two signals of one observer are one opinion: a quorum counts observers. */
function checkQuorum({ plan }: CheckContext, view: ScenarioView, trigger: Trigger): Problem[] {
  const path = [...view.path, 'trigger'];
  const signals = trigger.signals.flatMap(id => (Object.hasOwn(plan.signals, id) ? [plan.signals[id]] : []));
  if (signals.length < trigger.signals.length) return [];
  const observers = new Set(signals.map(signal => signal?.observer));
  if (trigger.quorum > observers.size) {
    const message = `${trigger.quorum} observers must agree, and the signals have ${observers.size}`;
    const mend = `Lower the quorum to ${observers.size}, or add a signal of another observer.`;
    return [{ rule: 'quorum-unreachable', severity: 'error', path: [...path, 'quorum'], message, mend }];
  }
  if (trigger.start === 'automatic' && trigger.quorum < 2) {
    const message = 'The run starts by itself on the word of a single observer';
    const mend = 'Raise the quorum to 2, or write "start: manual" so that a person is asked.';
    return [
      { rule: 'automatic-on-one-observer', severity: 'warning', path: [...path, 'quorum'], message, mend },
    ];
  }
  return [];
}

import { peopleFor } from '../../communication/people.ts';
import type { Problem } from '../finding.ts';
import type { LintRule } from '../lint-rule.ts';
import type { PlacedStep } from '../scenario-view.ts';
import type { Plan } from '../schema.ts';

export const decidersShareTopic: LintRule = {
  id: 'deciders-share-topic',
  severity: 'warning',
  reason:
    'Everybody on a topic reads what is sent to it, the personal links included: two that have to agree could be one.',
  check: ({ plan, scenarios }) =>
    scenarios.flatMap(({ steps }) =>
      steps.filter(({ step }) => step.do === 'people.approval').flatMap(placed => sharing(plan, placed)),
    ),
};

function sharing(plan: Plan, { step, path }: PlacedStep): Problem[] {
  const from = step.with.from;
  if (!Array.isArray(from)) return [];
  const asked = peopleFor(plan, from.map(String));
  const byTopic = new Map<string, string[]>();
  for (const person of asked) {
    const channel = plan.people[person]?.channel ?? '';
    const found = plan.channels[channel];
    const topic = found?.type === 'sns' ? found.topic : found && channel;
    if (topic !== undefined) byTopic.set(topic, [...(byTopic.get(topic) ?? []), person]);
  }
  return [...byTopic].flatMap(([topic, people]) => {
    if (people.length < 2) return [];
    return [
      {
        rule: decidersShareTopic.id,
        severity: 'warning' as const,
        path: [...path, 'with', 'from'],
        message: `The step "${step.id}" asks ${people.join(' and ')} through one place, "${topic}"`,
        mend: 'Give each of them a channel, and on SNS a topic, of their own.',
      },
    ];
  });
}

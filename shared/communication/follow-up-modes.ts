import type { FollowUpPlan } from '../plan/schema.ts';
import type { Mode } from '../runbook/contract.ts';

/** What is given as evidence of such a follow-up is the cause that later messages and the post-mortem name. */
export const isRootCause = (followUp: string) => followUp.startsWith('root-cause');

/**
 * Modes after which a follow-up is due. What the plan asks for after every incident is about an outage: a planned move has
 * no cause to find and nobody to explain it to. What a scenario asks for itself is due whenever it has moved something.
 */
export function followUpModes(
  id: string,
  { modes }: Pick<FollowUpPlan, 'modes'>,
  { ofScenario }: { ofScenario: boolean },
): readonly Mode[] {
  if (modes) return modes;
  return ofScenario && !isRootCause(id) ? ['recover', 'planned'] : ['recover'];
}

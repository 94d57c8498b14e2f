import type { Stage } from './channels/contract.ts';
import { allOf, ending, resolvedByHand, type Situation } from './situation.ts';

/**
 * Where the incident stands: investigating until something is done about it, identified while it is, monitoring while
 * the service is checked, and resolved only after a run that recovered, or when a person says so.
 */
export function stageOf(situation: Situation): Stage {
  const { plan, run } = situation;
  if (ending(situation)?.entry.outcome === 'recovered' || resolvedByHand(situation)) return 'resolved';
  if (ending(situation)) return 'identified';
  const phases = plan.scenarios[run.scenario]?.phases ?? [];
  const begun = allOf(situation, 'phase-started').map(({ entry }) => entry.phase);
  const stages = phases.filter(({ id }) => begun.includes(id)).map(({ stage }) => stage);
  if (stages.at(-1) === 'verify') return 'monitoring';
  return stages.includes('execute') ? 'identified' : 'investigating';
}

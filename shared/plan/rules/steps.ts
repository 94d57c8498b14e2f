import { didYouMean, type Problem } from '../finding.ts';
import type { CheckContext } from '../lint-rule.ts';
import { nearest } from '../nearest.ts';
import type { PlacedStep, ScenarioView } from '../scenario-view.ts';
import { checkRestored } from './components.ts';
import { withheldKinds } from './withheld-kinds.ts';

/** Kinds exist, ids are unique in their scenario, and modes are modes that the scenario has. */
export function checkSteps(context: CheckContext): Problem[] {
  return context.scenarios.flatMap(view => [
    ...duplicatePhases(view),
    ...view.steps.flatMap(placed => [
      ...unknownKind(context, placed),
      ...duplicateStep(view, placed),
      ...otherModes(view, placed),
      ...restoredBy(context, placed),
    ]),
  ]);
}

function unknownKind({ actions, kinds }: CheckContext, { step, path }: PlacedStep): Problem[] {
  if (Object.hasOwn(actions, step.do)) return [];
  const withheld = withheldKinds.find(({ named }) => named.test(step.do));
  if (withheld) {
    const message = `There is no action of the kind "${step.do}", on purpose: ${withheld.why}`;
    return [
      { rule: 'unknown-kind', severity: 'error', path: [...path, 'do'], message, mend: withheld.instead },
    ];
  }
  // What AWS or kubectl call it often begins with ours, such as rds.failover-db-cluster.
  const near = kinds.find(kind => step.do.startsWith(`${kind}-`)) ?? nearest(step.do, kinds);
  const family = kinds.filter(kind => kind.startsWith(`${step.do.split('.')[0]}.`));
  return [
    {
      rule: 'unknown-kind',
      severity: 'error',
      path: [...path, 'do'],
      message: `There is no action of the kind "${step.do}"`,
      mend: didYouMean(near, family.length > 0 ? family : kinds, 'Use another kind.'),
      near,
    },
  ];
}

function duplicateStep({ byId }: ScenarioView, placed: PlacedStep): Problem[] {
  const first = byId.get(placed.step.id);
  if (first === undefined || first === placed) return [];
  return [
    {
      rule: 'duplicate-step',
      severity: 'error',
      path: [...placed.path, 'id'],
      message: `The step "${placed.step.id}" exists already in this scenario, in the phase "${first.phase}"`,
      mend: 'Give each step of a scenario its own id.',
    },
  ];
}

function duplicatePhases({ scenario, path }: ScenarioView): Problem[] {
  const seen = new Set<string>();
  return scenario.phases.flatMap((phase, index) => {
    if (!seen.has(phase.id)) {
      seen.add(phase.id);
      return [];
    }
    const message = `The phase "${phase.id}" exists already in this scenario`;
    const mend = 'Give each phase of a scenario its own id.';
    return [
      { rule: 'duplicate-phase', severity: 'error', path: [...path, 'phases', index, 'id'], message, mend },
    ];
  });
}

function otherModes({ scenario }: ScenarioView, { step, path }: PlacedStep): Problem[] {
  return (step.modes ?? []).flatMap((mode, index) => {
    if (scenario.modes.includes(mode)) return [];
    const message = `The step "${step.id}" is for the mode "${mode}", which the scenario does not have`;
    const mend = `Remove it, or add it to the scenario's modes: ${scenario.modes.join(', ')}.`;
    return [
      { rule: 'mode-not-in-scenario', severity: 'error', path: [...path, 'modes', index], message, mend },
    ];
  });
}

/** What a person or a request mends has to be something whose failure a rehearsal can play as mended. */
function restoredBy(context: CheckContext, { step, path }: PlacedStep): Problem[] {
  const { restores } = step.with;
  if (!Array.isArray(restores) || !['people.task', 'http.request'].includes(step.do)) return [];
  return restores.flatMap((other, at) =>
    typeof other === 'string'
      ? checkRestored(context, step.id, other, [...path, 'with', 'restores', at])
      : [],
  );
}

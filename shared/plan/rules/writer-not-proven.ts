import type { Problem } from '../finding.ts';
import type { LintRule } from '../lint-rule.ts';
import { isBefore, type PlacedStep, type ScenarioView } from '../scenario-view.ts';
import { isTakenWith, sendsUsersAway, sendsUsersBack } from './step-facts.ts';

/** Kinds that move a writer and can't write to it themselves. */
export const movesUnproven = /^(?:docdb|neptune)\.(?:failover|switchover)-global-cluster$/;

export const writerNotProven: LintRule = {
  id: 'writer-not-proven',
  severity: 'warning',
  reason:
    'The kinds of DocumentDB and Neptune see the role of a cluster and make no write. Whether one works is seen by the first user, unless a step looks before.',
  check: ({ scenarios }) =>
    scenarios.flatMap(view =>
      view.steps.filter(({ step }) => movesUnproven.test(step.do)).flatMap(moved => unproven(view, moved)),
    ),
};

function unproven({ steps }: ScenarioView, moved: PlacedStep): Problem[] {
  const proofs = steps.filter(
    placed => writes(placed) && isBefore(moved, placed) && isTakenWith(placed, moved),
  );
  const switches = steps.filter(
    placed => (sendsUsersAway(placed) || sendsUsersBack(placed)) && isBefore(moved, placed),
  );
  const open = moved.modes.filter(
    mode =>
      (mode === 'recover' || mode === 'planned') &&
      !proofs.some(
        proof =>
          proof.modes.includes(mode) &&
          switches.every(traffic => !traffic.modes.includes(mode) || isBefore(proof, traffic)),
      ),
  );
  if (open.length === 0) return [];
  const before = switches[0] ? ` before "${switches[0].step.id}" moves users` : '';
  return [
    {
      rule: writerNotProven.id,
      severity: 'warning',
      path: [...moved.path, 'do'],
      message: `Nothing shows that a write works after "${moved.step.id}"${before} (mode ${open.join(', ')})`,
      mend: 'Put a step between them that writes: an http.request that changes something, a lambda.invoke; or an http.check with expectJson of an address that tries a write.',
    },
  ];
}

/** An answer shows that a write works if the request is one, or if the plan says what it has to tell. */
function writes({ step, traits }: PlacedStep): boolean {
  if (step.onFailure === 'continue') return false;
  const { method, expectJson, expectBody } = step.with;
  if (step.do === 'http.request')
    return method === 'POST' || method === 'PUT' || method === 'PATCH' || expectJson !== undefined;
  if (step.do === 'http.check') return expectJson !== undefined || expectBody !== undefined;
  return traits.includes('own-code');
}

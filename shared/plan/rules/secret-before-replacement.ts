import type { LintRule } from '../lint-rule.ts';
import { isBefore, type PlacedStep } from '../scenario-view.ts';
import { commandsIn } from './commands.ts';

const replacing = new Set(['secrets.rotate', 'secrets.put-value', 'k8s.create-secret', 'k8s.apply']);

export const secretBeforeReplacement: LintRule = {
  id: 'secret-before-replacement',
  severity: 'error',
  reason:
    'Between the deletion and the new value no pod starts, and the old credential still works at its issuer.',
  check: context => {
    const typed = commandsIn(context).flatMap(({ text, plain, path, placed, view }) => {
      const match =
        /\bkubectl\s+delete\s+secrets?[\s/]+(?!\S*--all)[\w-]+|\baws\s+secretsmanager\s+delete-secret\b/.exec(
          plain,
        )?.[0];
      const found = match !== undefined && !text.includes(match) ? 'delete' : match;
      const all = /\bdelete\b[^|;&]*\s--all\b/.test(plain);
      if (found === undefined || all || !placed || !view) return [];
      return isReplacedBefore(view.steps, placed) ? [] : [{ path, find: found }];
    });
    const done = context.scenarios.flatMap(view =>
      view.steps
        .filter(({ step }) => step.do === 'k8s.delete-secret')
        .filter(placed => !isReplacedBefore(view.steps, placed))
        .map(({ path }) => ({ path: [...path, 'do'] })),
    );
    return [...typed, ...done].map(place => ({
      rule: secretBeforeReplacement.id,
      severity: 'error',
      ...place,
      message: 'A secret is deleted before there is a new one',
      mend: 'New value at the issuer, new version, consumers restarted, old one proven to fail: then delete. secrets.rotate does it in this order.',
    }));
  },
};

function isReplacedBefore(steps: readonly PlacedStep[], deletion: PlacedStep): boolean {
  return steps.some(placed => replacing.has(placed.step.do) && isBefore(placed, deletion));
}

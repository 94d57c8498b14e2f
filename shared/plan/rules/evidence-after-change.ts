import type { LintRule } from '../lint-rule.ts';
import { isBefore, type PlacedStep } from '../scenario-view.ts';
import { isBreach, isTakenWith } from './step-facts.ts';

const evidence = /^(?:evidence\.|k8s\.(?:logs|events)$|ec2\.snapshot-volumes$|rds\.create-snapshot$)/;
/** Telling and asking people disturbs nothing. */
const harmless = /^(?:people|notify|wait)\./;

export const evidenceAfterChange: LintRule = {
  id: 'evidence-after-change',
  severity: 'warning',
  reason:
    'A restarted pod has lost its logs, a replaced instance its disk: what an intruder did can not be found out any more.',
  check: ({ scenarios, actions }) =>
    scenarios.flatMap(view => {
      const { steps } = view;
      if (!isBreach(view)) return [];
      const isChange = ({ step }: PlacedStep) =>
        actions[step.do]?.mutates === true && !evidence.test(step.do) && !harmless.test(step.do);
      const collecting = steps.filter(
        ({ step, modes }) => evidence.test(step.do) && modes.includes('recover'),
      );
      const early = steps.find(
        placed =>
          isChange(placed) &&
          placed.modes.includes('recover') &&
          !collecting.some(collected => isBefore(collected, placed) && isTakenWith(collected, placed)),
      );
      if (!early) return [];
      return [
        {
          rule: evidenceAfterChange.id,
          severity: 'warning',
          path: [...early.path, 'do'],
          message: `The step "${early.step.id}" changes something before any evidence has been kept`,
          mend: 'Begin with the logs of all pods, snapshots of volumes and databases, and the audit trail.',
        },
      ];
    }),
};

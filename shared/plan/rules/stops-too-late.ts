import type { LintRule } from '../lint-rule.ts';
import { isBefore, type PlacedStep } from '../scenario-view.ts';
import { setsException } from './setting-left-behind.ts';
import { switchesOff } from './switch-without-undo.ts';

/** Kinds that find out how much is wrong, besides asking the damaged database itself. */
const assesses = new Set(['k8s.run', 'codebuild.run']);

export const stopsTooLate: LintRule = {
  id: 'stops-too-late',
  severity: 'warning',
  reason: 'As long as what does the damage runs, it grows, and what was counted is wrong when it is read.',
  check: ({ scenarios, actions }) =>
    scenarios.flatMap(({ scenario: { disaster }, steps }) => {
      if (disaster?.type !== 'corruption') return [];
      const real = steps.filter(({ modes }) => modes.includes('recover'));
      const stop = real.find(isStop);
      // A command or a patch may be a stop as well, in words that only the application knows.
      const changed = real.find(
        ({ step }) => actions[step.do]?.mutates && !/^(?:people|notify|wait)\./.test(step.do),
      );
      const early = real.find(
        placed =>
          (assesses.has(placed.step.do) ||
            (placed.step.do === 'sql.query' && placed.step.with.database === disaster.component)) &&
          (changed === placed || (changed !== undefined && isBefore(placed, changed))) &&
          stop !== undefined &&
          isBefore(placed, stop),
      );
      if (!stop || !early) return [];
      return [
        {
          rule: stopsTooLate.id,
          severity: 'warning' as const,
          path: [...stop.path, 'do'],
          message: `The step "${stop.step.id}" stops what writes, and "${early.step.id}" has looked for damage before`,
          mend: 'Stop first, then look: what is stopped can be started again.',
        },
      ];
    }),
};

const isStop = (placed: PlacedStep) => switchesOff(placed) || setsException(placed);

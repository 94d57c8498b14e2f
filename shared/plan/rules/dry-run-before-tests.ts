import type { LintRule } from '../lint-rule.ts';
import { isBefore } from '../scenario-view.ts';
import { commandsIn } from './commands.ts';

export const dryRunBeforeTests: LintRule = {
  id: 'dry-run-before-tests',
  severity: 'warning',
  reason: 'A dry run deploys nothing: the tests behind it look at what was there before, and pass.',
  check: context => {
    const commands = commandsIn(context);
    return commands.flatMap(({ line, path, view, placed }) => {
      const found = /--dry-run(?:=\w+)?\b/.exec(line)?.[0];
      if (found === undefined || !placed) return [];
      const rest = line.slice(line.indexOf(found) + found.length);
      const later = commands.filter(
        other => other.view === view && other.placed !== undefined && isBefore(placed, other.placed),
      );
      const tests = [rest, ...later.map(other => other.line)].some(text =>
        /\b(?:npm\s+(?:run\s+)?test|k6\s+run|pytest|test:[a-z]+)\b/.test(text),
      );
      if (!tests) return [];
      return [
        {
          rule: dryRunBeforeTests.id,
          severity: 'warning' as const,
          path,
          find: found,
          message: 'Tests follow this, and it deploys nothing that they could test',
          mend: 'Deploy to the test environment for real, or leave out the tests.',
        },
      ];
    });
  },
};

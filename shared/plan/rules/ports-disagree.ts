import type { LintRule } from '../lint-rule.ts';
import { workingTexts } from './texts.ts';

export const portsDisagree: LintRule = {
  id: 'ports-disagree',
  severity: 'warning',
  reason: 'Of two ports for the same address one is wrong, and the check that asks there fails on the day.',
  check: ({ plan }) => {
    const first = new Map<string, string>();
    return workingTexts(plan).flatMap(({ text, path }) =>
      [...text.matchAll(/\bhttps?:\/\/([\w.-]+):(\d{2,5})(\/[\w./-]*)/g)].flatMap(
        ([found, host = '', port = '', rest]) => {
          const key = `${host}${rest}`;
          const other = first.get(key);
          if (other === undefined) first.set(key, port);
          // On one machine every service has a port of its own.
          if (other === undefined || other === port || /^(?:localhost|127\.)/.test(host)) return [];
          return [
            {
              rule: portsDisagree.id,
              severity: 'warning' as const,
              path,
              find: found,
              message: `${host} is asked for ${rest} at port ${port} here, and at port ${other} elsewhere in the plan`,
              mend: 'Declare it once as a component of type endpoint, and write ${components.<id>.url}.',
            },
          ];
        },
      ),
    );
  },
};

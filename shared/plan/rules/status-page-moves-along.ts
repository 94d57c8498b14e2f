import type { LintRule } from '../lint-rule.ts';

const mend = 'Have it served by a provider, and under a domain, that share nothing with the product.';

export const statusPageMovesAlong: LintRule = {
  id: 'status-page-moves-along',
  severity: 'warning',
  reason: 'A status page that is served by what has failed tells nobody that it has failed.',
  check: ({ plan }) => {
    const page = plan.response?.statusPage;
    if (page === undefined) return [];
    const { hostname } = new URL(page);
    return Object.entries(plan.components).flatMap(([id, component]) => {
      if (component.type === 'endpoint') {
        if (component.servedBy === undefined || hostOf(component.url) !== hostname) return [];
        return [
          {
            rule: statusPageMovesAlong.id,
            severity: 'warning' as const,
            path: ['components', id],
            at: 'key' as const,
            message: `The status page ${hostname} is served by the system itself: "${component.servedBy}" answers there`,
            mend,
          },
        ];
      }
      const moves = component.type === 'dns-name' || component.type === 'dns-record';
      if (!moves || component.name.replace(/\.$/, '') !== hostname) return [];
      return [
        {
          rule: statusPageMovesAlong.id,
          severity: 'warning' as const,
          path: ['components', id],
          at: 'key' as const,
          message: `The status page ${hostname} is served by the system itself: "${id}" moves it from ${component.primaryTarget} to ${component.recoveryTarget}`,
          mend,
        },
      ];
    });
  },
};

/** Undefined for what is no address, which has a finding of its own or is an expression. */
function hostOf(url: string): string | undefined {
  return URL.canParse(url) ? new URL(url).hostname : undefined;
}

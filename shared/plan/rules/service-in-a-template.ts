import type { LintRule } from '../lint-rule.ts';
import { isSentAlways } from './severity-in-a-template.ts';
import { textsIn } from './texts.ts';

export const serviceInATemplate: LintRule = {
  id: 'service-in-a-template',
  severity: 'warning',
  reason:
    'A template is sent whatever has failed: one that names a service says so when another one is down.',
  check: ({ plan, scenarios }) => {
    const all = Object.values(plan.tiers).flatMap(({ services }) => services);
    const services = [...new Set([...all, ...scenarios.flatMap(({ scenario }) => scenario.services)])];
    // Where there is one service only, it is always that one.
    if (services.length < 2) return [];
    return textsIn(plan.templates, ['templates']).flatMap(({ text, path }) => {
      if (!isSentAlways(String(path[1]))) return [];
      const named = services.filter(service => text.toLowerCase().includes(service.toLowerCase()));
      const [service] = named;
      if (service === undefined || named.length === services.length) return [];
      const at = text.toLowerCase().indexOf(service.toLowerCase());
      return [
        {
          rule: serviceInATemplate.id,
          severity: 'warning' as const,
          path,
          find: text.slice(at, at + service.length),
          message: `"${service}" is named in every incident that this template is sent in`,
          mend: 'Write ${message.services} or ${message.impact}, which are those of the scenario.',
        },
      ];
    });
  },
};

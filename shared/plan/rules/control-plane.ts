import type { Problem } from '../finding.ts';
import type { CheckContext, LintRule } from '../lint-rule.ts';
import type { ScenarioView } from '../scenario-view.ts';
import type { Plan } from '../schema.ts';
import { commandsIn } from './commands.ts';
import { lostRegion } from './step-facts.ts';

/** A fallback is a warning; what has no other way is an error. */
export type Advice = { severity: 'warning' | 'error'; what: string; mend: string };

/** Services of the AWS CLI whose control plane it is, and how else it is done. */
export type Typed = { services: readonly string[]; mend: string };

/** A rule about steps, by kind, and commands that call a control plane which is in one region only. */
export function controlPlaneRule(
  id: string,
  region: string,
  reason: string,
  advices: Record<string, Advice>,
  typed: Typed,
): LintRule {
  return {
    id,
    severity: 'warning',
    reason,
    check: context => {
      const { plan, scenarios } = context;
      const done = scenarios.flatMap(view =>
        view.steps.flatMap(({ step, path, modes }) => {
          const advice = Object.hasOwn(advices, step.do) ? advices[step.do] : undefined;
          if (!advice || !modes.includes('recover')) return [];
          const { what, mend } = advice;
          const found = (severity: 'warning' | 'error', message: string) => [
            { rule: id, severity, path: [...path, 'do'], message, mend },
          ];
          if (regionAtRisk(plan, view) === region) {
            const message = `The step "${step.id}" ${what}, which needs ${region}, the region that is lost then`;
            return found(advice.severity, message);
          }
          // Where another region is lost, this one most likely answers; what has no other way depends on it all the same.
          if (advice.severity !== 'error' || lostRegion(plan, view) === undefined) return [];
          if (plan.regions.recovery === region) return [];
          const message = `The step "${step.id}" ${what}, which needs ${region} beside the region that is recovered to`;
          return found('warning', message);
        }),
      );
      return [...done, ...commands(context, id, region, typed)];
    },
  };
}

function commands(context: CheckContext, rule: string, region: string, { services, mend }: Typed): Problem[] {
  const changes = new RegExp(
    String.raw`\baws\s+(${services.join('|')})\s+(?!get-|list-|describe-|test-|wait\b)[a-z][\w-]+`,
  );
  return commandsIn(context).flatMap(({ plain, text, path, view, placed }): Problem[] => {
    if (!view || !placed?.modes.includes('recover') || regionAtRisk(context.plan, view) !== region) return [];
    const [find, service] = changes.exec(plain) ?? [];
    if (find === undefined) return [];
    const message = `The control plane of ${service} is in ${region}, the region that is lost then`;
    return [{ rule, severity: 'error', path, ...(text.includes(find) && { find }), message, mend }];
  });
}

/**
 * The region that may be gone while a scenario runs. One that says nothing of its disaster is taken for the worst; in a
 * failback, and beside wrong data or a bad release, all regions answer.
 */
function regionAtRisk(plan: Plan, view: ScenarioView): string | undefined {
  const { disaster, failbackOf } = view.scenario;
  if (disaster) return lostRegion(plan, view);
  return failbackOf === undefined ? plan.regions.primary : undefined;
}

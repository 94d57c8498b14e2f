import type { CheckContext, LintRule } from '../lint-rule.ts';
import type { SignalPlan } from '../schema.ts';
import { lostRegion } from './step-facts.ts';

export const signalInTheLostRegion: LintRule = {
  id: 'signal-in-the-lost-region',
  severity: 'warning',
  reason: 'An alarm that is in the region that fails does not fire when it fails: nobody is called.',
  check: context =>
    context.scenarios.flatMap(view => {
      const lost = lostRegion(context.plan, view);
      const { trigger } = view.scenario;
      if (lost === undefined || trigger === undefined) return [];
      const signals = trigger.signals.flatMap(id =>
        Object.hasOwn(context.plan.signals, id) ? (context.plan.signals[id] ?? []) : [],
      );
      const left = new Set(
        signals.filter(signal => regionOf(context, signal) !== lost).map(each => each.observer),
      );
      if (signals.length < trigger.signals.length || left.size >= trigger.quorum) return [];
      return [
        {
          rule: signalInTheLostRegion.id,
          severity: 'warning' as const,
          path: [...view.path, 'trigger', 'signals'],
          message: `When ${lost} is lost, ${left.size} of the ${trigger.quorum} observers that "${view.id}" needs can still tell of it`,
          mend: 'Add a heartbeat, a probe from outside, or an alarm of the recovery region, until the quorum holds without those of the lost one.',
        },
      ];
    }),
};

/** Where a signal comes from; undefined for what is seen from outside, and for AWS Health, which tells from elsewhere too. */
function regionOf({ plan: { components } }: CheckContext, signal: SignalPlan): string | undefined {
  switch (signal.type) {
    case 'metric':
    case 'event':
      return signal.region;
    case 'rds-event':
      return Object.hasOwn(components, signal.component) ? components[signal.component]?.region : undefined;
    default:
      return undefined;
  }
}

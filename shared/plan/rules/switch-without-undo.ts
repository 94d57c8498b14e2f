import { isJsonObject, type Json } from '../../json.ts';
import type { LintRule } from '../lint-rule.ts';
import { isBefore, type PlacedStep, type ScenarioView } from '../scenario-view.ts';
import { isTakenWith } from './step-facts.ts';

/** A kind that takes something out of service: when it does, what it is about, and which step brings it back. */
type Switch = {
  isOff(parameters: Record<string, Json>): boolean;
  about: string;
  back: { kind: string; isOn(parameters: Record<string, Json>): boolean };
};

const always = () => true;
const switches: Record<string, Switch> = {
  'k8s.scale': {
    isOff: ({ replicas }) => replicas === 0,
    about: 'deployment',
    back: { kind: 'k8s.scale', isOn: ({ replicas }) => replicas !== 0 },
  },
  'k8s.suspend-cronjobs': {
    isOff: ({ suspend }) => suspend !== false,
    about: 'namespace',
    back: { kind: 'k8s.suspend-cronjobs', isOn: ({ suspend }) => suspend === false },
  },
  'events.switch-rule': {
    isOff: ({ enabled }) => enabled === false,
    about: 'rule',
    back: { kind: 'events.switch-rule', isOn: ({ enabled }) => enabled === true },
  },
  'lambda.switch-event-source': {
    isOff: ({ enabled }) => enabled === false,
    about: 'mapping',
    back: { kind: 'lambda.switch-event-source', isOn: ({ enabled }) => enabled === true },
  },
  'lambda.set-concurrency': {
    isOff: ({ reserved }) => reserved === 0,
    about: 'function',
    back: { kind: 'lambda.set-concurrency', isOn: ({ reserved }) => reserved !== 0 },
  },
  'ecs.scale-service': {
    isOff: ({ count }) => count === 0,
    about: 'service',
    back: { kind: 'ecs.scale-service', isOn: ({ count }) => count !== 0 },
  },
  'autoscaling.set-desired': {
    isOff: ({ desired }) => desired === 0,
    about: 'group',
    back: { kind: 'autoscaling.set-desired', isOn: ({ desired }) => desired !== 0 },
  },
  'ec2.revoke-ingress': {
    isOff: always,
    about: 'group',
    back: { kind: 'ec2.restore-ingress', isOn: always },
  },
  // Deleting keeps users out, and so does a Service that leads nowhere.
  'k8s.delete': {
    isOff: ({ objects }) =>
      kindsIn(objects).some(kind => /^(?:Ingress|Service|Deployment|StatefulSet)$/.test(kind)),
    about: 'cluster',
    back: { kind: 'k8s.apply', isOn: always },
  },
  'k8s.patch': {
    isOff: ({ object, patch }) =>
      kindsIn([object ?? null]).includes('Service') && JSON.stringify(patch ?? null).includes('"selector"'),
    about: 'object',
    back: { kind: 'k8s.patch', isOn: always },
  },
};

function kindsIn(objects: Json | undefined): string[] {
  if (!Array.isArray(objects)) return [];
  return objects.flatMap(each => (isJsonObject(each) && typeof each.kind === 'string' ? [each.kind] : []));
}

export const switchWithoutUndo: LintRule = {
  id: 'switch-without-undo',
  severity: 'warning',
  reason:
    'What was switched off in a hurry stays off: the recovered system has no workers, no schedule, no way in.',
  check: ({ scenarios }) =>
    scenarios.flatMap(view => {
      // What a failover and its way back switch off at one side is switched on again by the other one of the two.
      const others = scenarios.filter(
        ({ id, scenario }) => scenario.failbackOf === view.id || id === view.scenario.failbackOf,
      );
      const failbacks = others.filter(({ scenario }) => scenario.failbackOf === view.id);
      return view.steps.flatMap(placed => {
        const known = Object.hasOwn(switches, placed.step.do) ? switches[placed.step.do] : undefined;
        if (!known?.isOff(placed.step.with) || !placed.modes.includes('recover')) return [];
        const inLostRegion = view.scenario.disaster?.type === 'region-loss' && failbacks.length === 0;
        if (inLostRegion || broughtBack(known, placed, view, others)) return [];
        return [
          {
            rule: switchWithoutUndo.id,
            severity: 'warning' as const,
            path: [...placed.path, 'do'],
            message: `The step "${placed.step.id}" switches something off, and no later step switches it on again`,
            mend: `Add a ${known.back.kind} for the same ${known.about} where it is safe again.`,
          },
        ];
      });
    }),
};

function broughtBack(
  { about, back }: Switch,
  off: PlacedStep,
  view: ScenarioView,
  others: readonly ScenarioView[],
): boolean {
  const isBack = ({ step }: PlacedStep) =>
    step.do === back.kind &&
    JSON.stringify(step.with[about]) === JSON.stringify(off.step.with[about]) &&
    back.isOn(step.with);
  // Of two patches of the same object the second one is the way back.
  if (back.kind === 'k8s.patch' && view.steps.some(placed => isBack(placed) && isBefore(placed, off)))
    return true;
  return (
    view.steps.some(placed => isBack(placed) && isBefore(off, placed) && isTakenWith(placed, off)) ||
    others.some(({ steps }) => steps.some(isBack))
  );
}

/** Whether a step takes something out of service. */
export function switchesOff({ step }: PlacedStep): boolean {
  const known = Object.hasOwn(switches, step.do) ? switches[step.do] : undefined;
  return known?.isOff(step.with) ?? false;
}

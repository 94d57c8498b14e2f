import type { Json } from '../../json.ts';
import type { LintRule } from '../lint-rule.ts';
import { isBefore, type PlacedStep, type ScenarioView } from '../scenario-view.ts';

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
  'ec2.revoke-ingress': {
    isOff: always,
    about: 'group',
    back: { kind: 'ec2.restore-ingress', isOn: always },
  },
};

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
    step.do === back.kind && step.with[about] === off.step.with[about] && back.isOn(step.with);
  return (
    view.steps.some(placed => isBack(placed) && isBefore(off, placed)) ||
    others.some(({ steps }) => steps.some(isBack))
  );
}

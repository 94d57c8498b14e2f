import type { Json } from '../../json.ts';
import { parseDuration } from '../duration.ts';
import type { ScenarioView } from '../scenario-view.ts';
import type { Scenario, StepPlan } from '../schema.ts';

/**
 * A scenario as it runs when nobody sets its parameters: whoever starts it at 3 a.m. does so with `{}`. Only what decides
 * something is filled in: numbers, true and false, durations and words such as `recovery`; texts stay as they are written.
 */
export function viewByDefault(view: ScenarioView): ScenarioView {
  const { scenario } = view;
  if (Object.keys(scenario.parameters).length === 0) return view;
  const steps = view.steps.map(placed => ({ ...placed, step: stepByDefault(scenario, placed.step) }));
  const byId = new Map(steps.toReversed().map(placed => [placed.step.id, placed]));
  return { ...view, steps, byId };
}

export function stepByDefault(scenario: Scenario, step: StepPlan): StepPlan {
  const entries = Object.entries(step.with).map(([name, value]) => [name, valueByDefault(scenario, value)]);
  return { ...step, with: Object.fromEntries(entries) };
}

function valueByDefault({ parameters }: Scenario, value: Json): Json {
  const [, name] = (typeof value === 'string' && /^\$\{\s*parameters\.([\w-]+)\s*\}$/.exec(value)) || [];
  const usual = name !== undefined && Object.hasOwn(parameters, name) ? parameters[name]?.default : undefined;
  if (usual === undefined) return value;
  const decides =
    typeof usual !== 'string' || parseDuration(usual) !== undefined || /^[a-z][a-z0-9-]*$/.test(usual);
  return decides ? usual : value;
}

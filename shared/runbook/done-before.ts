import * as z from 'zod';
import type { JsonObject } from '../json.ts';
import type { Plan } from '../plan/schema.ts';
import { stepsOf } from './phases.ts';
import type { StepWork } from './step-work.ts';

/**
 * Why a dry run, in which nothing was done before, may meet what a run does not: what the step works on is made or mended
 * by an earlier step. In words that follow "a run"; undefined when the step has to find things as they are.
 */
export function whatARunDoesFirst(
  { runtime: { plan }, run, step }: Pick<StepWork, 'runtime' | 'run' | 'step'>,
  parameters: JsonObject,
): string | undefined {
  const made = madeByRun(plan, parameters);
  if (made !== undefined) return `makes ${made}`;
  const mended = mendedBefore(plan, run.scenario, step.id, parameters);
  return mended && `mends ${mended}`;
}

/** A component of the step that an earlier step of the scenario mends by the word of the plan. */
function mendedBefore(
  { components, scenarios }: Plan,
  scenario: string,
  step: string,
  parameters: JsonObject,
): string | undefined {
  const all = stepsOf(scenarios[scenario]?.phases.flatMap(({ steps }) => steps) ?? []);
  const earlier = all.slice(
    0,
    Math.max(
      0,
      all.findIndex(({ id }) => id === step),
    ),
  );
  const mended = new Set(
    earlier.flatMap(({ with: given }) => [
      ...listed(given.restores),
      ...Object.values(given).flatMap(id => {
        const component =
          typeof id === 'string' && Object.hasOwn(components, id) ? components[id] : undefined;
        return component && 'restores' in component ? listed(component.restores) : [];
      }),
    ]),
  );
  return Object.values(parameters).flatMap(value => {
    const component = z.object({ id: z.string(), type: z.string() }).safeParse(value);
    return component.success && mended.has(component.data.id) ? [component.data.id] : [];
  })[0];
}

const listed = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter(one => typeof one === 'string') : [];

/** A cluster that the step works in and that no plan finds before a run has made it, so that a dry run meets nothing. */
function madeByRun(plan: Plan, parameters: JsonObject): string | undefined {
  const places = Object.values(parameters).flatMap(value => {
    const place = placeSchema.safeParse(value);
    return place.success ? [{ ...place.data, name: place.data.cluster ?? place.data.name }] : [];
  });
  return Object.values(plan.components).find(
    component =>
      component.type === 'eks-cluster' &&
      component.onDemand &&
      places.some(({ name, region }) => name === component.name && region === component.region),
  )?.id;
}

/** A cluster, or something inside of one. */
const placeSchema = z.union([
  z.object({
    type: z.literal('eks-cluster'),
    name: z.string(),
    region: z.string(),
    cluster: z.undefined().optional(),
  }),
  z.object({ cluster: z.string(), name: z.string(), region: z.string() }),
]);

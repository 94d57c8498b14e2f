import type { LedgerEntry } from '../../shared/incident/entries.ts';
import type { Component, ComponentType } from '../../shared/plan/components.ts';
import type { World } from './world.ts';

/** Takes the failure of a component back, as if somebody had mended it. */
type Mend = (component: Component & { id: string }) => void;

/** How the services take failures back, by the type of component; each registers its own in `arrange`. */
export const menders = (world: World) => world.state('menders', () => new Map<ComponentType, Mend>());

/**
 * Plays what the plan says that a runbook, function or build of the user's brings about, after it has really been called
 * and has ended well. A call that names components by what it is given is about those; one that names none, such as a
 * runbook that is told the id of a snapshot, is about all that it `restores`.
 */
export function playAssumedRepairs(
  world: World,
  { id, restores = [] }: { id: string; restores?: string[] | undefined },
  given: unknown,
): void {
  const { components } = world.plan;
  const texts = textsIn(given);
  const named = Object.entries(components).flatMap(([other, component]) =>
    menders(world).has(component.type) && namesOf(other, component).some(name => texts.includes(name))
      ? [other]
      : [],
  );
  for (const other of named.length > 0 ? restores.filter(one => named.includes(one)) : restores) {
    const component = components[other];
    const mend = component && menders(world).get(component.type);
    if (!component || !mend || world.isLost(component.region)) continue;
    mend({ ...component, id: other });
    world.changed(`assumed/${other}`, `${other} is mended by ${id}, as the plan assumes`);
  }
}

/** Kinds of steps that say themselves what they mend: no call of AWS stands behind it that could play it. */
const saidByStep = new Set(['people.task', 'http.request']);

/** Plays what a step mends by the word of the plan, when it is written down as done. */
export function playStepRepairs(world: World, { entry }: LedgerEntry): void {
  if (entry.type !== 'step' || entry.status !== 'done' || !saidByStep.has(entry.action)) return;
  const assumed = (entry.evidence ?? []).flatMap(({ data }) => data?.assumed ?? []);
  const restores = assumed.filter(one => typeof one === 'string');
  if (restores.length > 0) playAssumedRepairs(world, { id: entry.step, restores }, undefined);
}

/** How a call may name a component: by its id in the plan, or by what AWS or Kubernetes calls it. */
function namesOf(id: string, component: Component): string[] {
  const fields: Record<string, unknown> = { ...component };
  const own = ['name', 'arn', 'identifier', 'host', 'ids'].flatMap(key => textsIn(fields[key]));
  const tag = component.type === 'ec2-instances' ? component.tag : undefined;
  return [id, ...own, ...(tag ? [tag.value] : [])];
}

function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsIn) : [];
}

import { afterAll, beforeAll, describe, inject, test } from 'vitest';
import { listKinds, loadActions } from '../../../shared/actions/load-actions.ts';
import { loadPlan } from '../../../shared/plan/load.ts';
import type { Plan } from '../../../shared/plan/schema.ts';
import { compileRunbook } from '../../../state-machines/compile-runbook.ts';
import { type MotoEngine, startMotoEngine } from './moto-engine.ts';
import { type Rehearsed, recordRehearsal } from './recording.ts';
import { phaseShapes } from './shape.ts';
import { playSimulated } from './simulated.ts';
import type { Play, Trace } from './trace.ts';

/** A rehearsal by the name of its plan, and the state that the execution must end in. */
export type Path = Omit<Rehearsed, 'plan'> & { system: string; ends: 'SUCCEEDED' | 'FAILED' };

/** The plan of a system. Throws if it does not load. */
export async function planOf(system: string): Promise<Plan> {
  const { plan } = await loadPlan(`plans/${system}/plan.yml`);
  if (!plan) throw new Error(`the plan of ${system} does not load`);
  return plan;
}

/**
 * The good way through each scenario of a plan, in the first of its modes. With `known`, only through those that have a
 * phase of a new shape.
 */
export async function goodWays(system: string, known?: Set<string>): Promise<Path[]> {
  const plan = await planOf(system);
  const actions = await loadActions(listKinds());
  return Object.entries(plan.scenarios).flatMap(
    ([
      scenario,
      {
        modes: [mode = 'recover'],
      },
    ]) => {
      const shapes = phaseShapes(compileRunbook(plan, scenario, actions));
      if (known && shapes.every(shape => known.has(shape))) return [];
      for (const shape of shapes) known?.add(shape);
      return [{ system, scenario, mode, ends: 'SUCCEEDED' as const }];
    },
  );
}

/**
 * Plays each path from end to end, with all nested executions, on the simulator's engine and on moto's. The functions
 * say on both what the handlers said in a rehearsal.
 */
export function playRunbooks(paths: readonly Path[]): void {
  describe.skipIf(!inject('servers').moto.up)(
    'the same runbooks on two engines',
    { concurrent: true },
    () => {
      const ready = new Map<Path, { play: Play; simulated: Trace }>();
      let second: MotoEngine;

      // Virtual time stands in the way of everything real, so all of it comes first.
      beforeAll(async () => {
        for (const path of paths) {
          const play = await recordRehearsal({ ...path, plan: await planOf(path.system) });
          ready.set(path, { play, simulated: await playSimulated(play) });
        }
        second = await startMotoEngine();
      });
      afterAll(() => second?.stop());

      for (const path of paths) {
        const { system, scenario, mode, faults = [], instead = {} } = path;
        const told = [
          ...faults,
          ...Object.entries(instead).map(
            ([key, said]) =>
              `${key} says ${said.map(item => (item instanceof Error ? item.name : JSON.stringify(item)))}`,
          ),
        ];
        test(`${system} ${scenario}, ${[mode, ...told].join(', ')}`, async ({ expect }) => {
          const { play, simulated } = ready.get(path) as { play: Play; simulated: Trace };
          const first = { machine: play.start, status: path.ends };
          expect(simulated.executions).toContainEqual(expect.objectContaining(first));
          expect(await second.play(play)).toEqual(simulated);
        });
      }
    },
  );
}

import type { Invariant } from '../../shared/report/report.ts';
import type { Mode } from '../../shared/runbook/contract.ts';
import type { World } from '../world/world.ts';
import { watchDestruction } from './destruction.ts';
import { type Check, checkClaims, checkEnding, checkLeftovers, type Ending } from './endings.ts';
import { lastingState } from './lasting-state.ts';
import { checkLeaks } from './leaks.ts';
import { trafficSides, writersByData } from './truths.ts';

/**
 * What must hold in every run, whatever goes wrong. The first four are looked at whenever the world changes, the
 * others when the run has ended. `checks` says how often, so that a rule that never looked is seen.
 */
export function watchInvariants(world: World, firstMode: Mode) {
  let mode = firstMode;
  const rules = new Map<string, { checks: number; violations: string[] }>();
  const check: Check = (name, violation) => {
    const rule = rules.get(name) ?? { checks: 0, violations: [] };
    rules.set(name, rule);
    rule.checks += 1;
    if (violation && !rule.violations.includes(violation)) rule.violations.push(violation);
  };
  let before = lastingState(world);
  const written = [...writersByData(world, firstMode).keys()];
  let sides = trafficSides(world);

  watchDestruction(world, violation => check('only-own-destroyed', violation));
  check('only-own-destroyed', undefined);
  const look = () => {
    const two = [...writersByData(world, mode).values()].find(writers => writers.length > 1);
    check('never-two-writers', two && `two databases take writes: ${two.join(' and ')}`);
    const now = trafficSides(world);
    for (const [name, side] of now) {
      // A name that falls back by itself, since its gate was lost with its region, was moved by nobody.
      const arrived = side.goes === 'recovery' || (side.goes === 'primary' && mode === 'planned');
      const moved = arrived && sides.get(name)?.goes !== side.goes;
      check(
        'traffic-after-readiness',
        moved && !side.ready ? `users of ${name} were sent where nothing is ready` : undefined,
      );
    }
    sides = now;
  };
  world.onChange(look);
  look();

  return {
    /** What is rehearsed begins now, in this mode; what led up to it was not part of it. */
    begin(of: Mode) {
      mode = of;
      before = lastingState(world);
    },
    finish(ending: Ending): Invariant[] {
      look();
      checkEnding(ending, check);
      checkLeftovers(world, mode, before, ending, check);
      checkClaims(world, mode, written, ending, check);
      checkLeaks(world, ending, check);
      return [...rules].map(([name, { checks, violations }]) => ({
        name,
        held: violations.length === 0,
        checks,
        ...(violations.length > 0 && { violations }),
      }));
    },
  };
}

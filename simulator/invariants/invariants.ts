import type { LedgerEntry } from '../../shared/incident/entries.ts';
import type { Verification } from '../../shared/incident/ledger.ts';
import type { Invariant } from '../../shared/report/report.ts';
import type { Mode, Run } from '../../shared/runbook/contract.ts';
import type { Engine } from '../engine/engine.ts';
import type { World } from '../world/world.ts';
import { watchDestruction } from './destruction.ts';
import { lastingState } from './lasting-state.ts';
import { trafficSides, writersOf } from './truths.ts';

/** What is only known when everything has ended. */
export type Ending = {
  ledger: readonly LedgerEntry[];
  engine: Engine;
  run: Run | undefined;
  chain: Verification;
  /** Messages that were due by now and that nobody was sent. */
  unsent: readonly string[];
  /** Ledger entries of all incidents, in the order in which they were written. */
  entries: readonly LedgerEntry[];
};

/**
 * What must hold in every run, whatever goes wrong. The first four are looked at whenever the world changes, the
 * others when the run has ended. `checks` says how often, so that a rule that never looked is seen.
 */
export function watchInvariants(world: World, mode: Mode) {
  const rules = new Map<string, { checks: number; violations: string[] }>();
  const check = (name: string, violation: string | undefined) => {
    const rule = rules.get(name) ?? { checks: 0, violations: [] };
    rules.set(name, rule);
    rule.checks += 1;
    if (violation && !rule.violations.includes(violation)) rule.violations.push(violation);
  };
  const before = lastingState(world);
  let sides = trafficSides(world);

  watchDestruction(world, violation => check('only-own-destroyed', violation));
  check('only-own-destroyed', undefined);
  const look = () => {
    const writers = writersOf(world, mode);
    check(
      'never-two-writers',
      writers.length > 1 ? `two databases take writes: ${writers.join(' and ')}` : undefined,
    );
    const now = trafficSides(world);
    for (const [name, side] of now) {
      const moved = side.goes === 'recovery' && sides.get(name)?.goes !== 'recovery';
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
    finish(ending: Ending): Invariant[] {
      look();
      endings(ending, check);
      leftovers(world, mode, before, ending, check);
      claims(world, mode, ending, check);
      return [...rules].map(([name, { checks, violations }]) => ({
        name,
        held: violations.length === 0,
        checks,
        ...(violations.length > 0 && { violations }),
      }));
    },
  };
}

type Check = (name: string, violation: string | undefined) => void;

function endings({ ledger, engine, run, chain, unsent, entries }: Ending, check: Check): void {
  for (const { name, status } of engine.listExecutions()) {
    check('every-path-ends', status === 'RUNNING' ? `the execution ${name} never ended` : undefined);
  }
  const ended = ledger.some(({ entry }) => entry.type === 'run-ended' && entry.run === run?.id);
  check('every-path-ends', run && !ended ? `the run ${run.id} was never closed` : undefined);
  check('one-run-at-a-time', overlap(entries));
  check('due-messages-sent', unsent.length > 0 ? `due and not sent: ${unsent.join(', ')}` : undefined);
  check('ledger-intact', chain.ok ? undefined : `the chain breaks at entry ${chain.seq}: ${chain.what}`);
}

/** An exercise leaves the world as it was; a run that was refused, and a dry run, changed nothing at all. */
function leftovers(world: World, mode: Mode, before: string[], ending: Ending, check: Check): void {
  const end = ending.ledger.find(({ entry }) => entry.type === 'run-ended')?.entry;
  const refused = end?.type === 'run-ended' && end.outcome === 'refused';
  const changed = ending.ledger.filter(({ entry }) => entry.type === 'change');
  if (mode === 'dry-run' || refused) {
    for (const { entry } of changed) {
      check(
        'nothing-left-behind',
        entry.type === 'change' ? `${entry.call} on ${entry.resource}` : undefined,
      );
    }
    check('nothing-left-behind', undefined);
  }
  if (mode === 'drill' || mode === 'dry-run') {
    const after = lastingState(world);
    const known = new Set(before);
    for (const line of after)
      check('nothing-left-behind', known.has(line) ? undefined : `left behind: ${line}`);
    const now = new Set(after);
    for (const line of before) check('nothing-left-behind', now.has(line) ? undefined : `missing: ${line}`);
  }
}

/** The first run that began while another one had not ended. */
function overlap(entries: readonly LedgerEntry[]): string | undefined {
  const open = new Set<string>();
  for (const { entry } of entries) {
    if (entry.type === 'run-ended') open.delete(entry.run);
    if (entry.type !== 'run-started') continue;
    const [other] = open;
    if (other !== undefined) return `the run ${entry.run} began while ${other} went on`;
    open.add(entry.run);
  }
  return undefined;
}

/** Who says "recovered" says that users are served and that their data is written, in the place that they reach. */
function claims(world: World, mode: Mode, { ledger, run }: Ending, check: Check): void {
  const end = ledger.findLast(({ entry }) => entry.type === 'run-ended' && entry.run === run?.id)?.entry;
  if (end?.type !== 'run-ended' || end.outcome !== 'recovered') return;
  if (mode !== 'recover' && mode !== 'planned') return;
  for (const [name, { goes, ready }] of trafficSides(world)) {
    const served = goes === 'recovery' ? ready : !world.isLost(world.plan.regions.primary);
    check('recovered-means-served', served ? undefined : `recovered, but users of ${name} reach nothing`);
  }
  const writers = writersOf(world, mode).length;
  check(
    'recovered-means-served',
    writers === 1 ? undefined : `recovered, with ${writers} databases written to`,
  );
}

import type { LedgerEntry } from '../../shared/incident/entries.ts';
import type { Verification } from '../../shared/incident/ledger.ts';
import type { Mode, Run } from '../../shared/runbook/contract.ts';
import type { Engine } from '../engine/engine.ts';
import { clustersOf } from '../kubernetes/cluster.ts';
import { regionsWithApplications } from '../world/applications.ts';
import type { World } from '../world/world.ts';
import { lastingState } from './lasting-state.ts';
import { damagedData, trafficSides, writersByData } from './truths.ts';

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

/** Counts a look at a rule; a text is a violation of it. */
export type Check = (name: string, violation: string | undefined) => void;

/** Rules about how everything ended. */
export function checkEnding({ ledger, engine, run, chain, unsent, entries }: Ending, check: Check): void {
  for (const { name, status } of engine.listExecutions()) {
    check('every-path-ends', status === 'RUNNING' ? `the execution ${name} never ended` : undefined);
  }
  const ended = ledger.some(({ entry }) => entry.type === 'run-ended' && entry.run === run?.id);
  check('every-path-ends', run && !ended ? `the run ${run.id} was never closed` : undefined);
  check('one-run-at-a-time', overlap(entries));
  check('due-messages-sent', unsent.length > 0 ? `due and not sent: ${unsent.join(', ')}` : undefined);
  const unheard = unheardOf(ledger);
  check(
    'due-messages-sent',
    unheard.length > 0 ? `not delivered, and nobody was told: ${unheard.join(', ')}` : undefined,
  );
  check('ledger-intact', chain.ok ? undefined : `the chain breaks at entry ${chain.seq}: ${chain.what}`);
}

/** An exercise leaves the world as it was; a run that was refused, and a dry run, changed nothing at all. */
export function checkLeftovers(
  world: World,
  mode: Mode,
  before: string[],
  ending: Ending,
  check: Check,
): void {
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

/**
 * Who says "recovered" says that users are served, that no data is wrong which they are served, and that their data is
 * written, in the place that they reach: all of `written`, the data that applications wrote to before anything happened, each in exactly one database.
 */
export function checkClaims(
  world: World,
  mode: Mode,
  written: readonly string[],
  { ledger, run }: Ending,
  check: Check,
): void {
  const end = ledger.findLast(({ entry }) => entry.type === 'run-ended' && entry.run === run?.id)?.entry;
  if (end?.type !== 'run-ended' || end.outcome !== 'recovered') return;
  if (mode !== 'recover' && mode !== 'planned') return;
  for (const [name, { ready }] of trafficSides(world)) {
    check('recovered-means-served', ready ? undefined : `recovered, but users of ${name} reach nothing`);
  }
  for (const one of damagedData(world, mode)) {
    check('recovered-means-served', `recovered, but applications go on with damaged data: ${one}`);
  }
  // Who writes is told by pods, tasks and instances; of a system without any, nothing is known of its writers.
  const hasPods = clustersOf(world).some(cluster => cluster.deployments.length > 0);
  if (!hasPods && (written.length === 0 || regionsWithApplications(world).size === 0)) return;
  const writers = writersByData(world, mode);
  const data = written.length > 0 ? written : ['the data'];
  for (const one of data) {
    const found = (written.length > 0 ? writers.get(one) : [...writers.values()].flat()) ?? [];
    const of = data.length > 1 ? ` of ${one}` : '';
    check(
      'recovered-means-served',
      found.length === 1 ? undefined : `recovered, with ${found.length} databases${of} written to`,
    );
  }
}

/** Messages that no channel took and that nobody of a higher level heard of either. */
function unheardOf(ledger: readonly LedgerEntry[]): string[] {
  const heard = new Map<string, boolean>();
  for (const { entry } of ledger) {
    if (entry.type !== 'message') continue;
    const about = /^undelivered\/level-\d+\/(.*)\/person:[^/]+$/.exec(entry.key)?.[1] ?? entry.key;
    heard.set(about, heard.get(about) === true || entry.status === 'sent');
  }
  return [...heard].filter(([, sent]) => !sent).map(([key]) => key);
}

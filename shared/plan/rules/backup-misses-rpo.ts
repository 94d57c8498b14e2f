import { formatDuration } from '../duration.ts';
import type { Problem } from '../finding.ts';
import type { CheckContext, LintRule } from '../lint-rule.ts';
import { objectivesOf, tierObjectivesOf, tiersOf } from '../objectives.ts';
import type { ScenarioView } from '../scenario-view.ts';
import type { Backup } from '../schema.ts';
import { clusterLogs, databaseOf, longestGapSeconds, type WorstLoss, worstLoss } from './backup-loss.ts';
import { lostRegion } from './step-facts.ts';

export const backupMissesRpo: LintRule = {
  id: 'backup-misses-rpo',
  severity: 'error',
  reason:
    'What is backed up once a day can not be lost for an hour only: interval, duration and copying add up.',
  check: context => {
    if (Object.keys(context.plan.backups).length === 0)
      return context.partial ? [] : withoutCatalogue(context);
    return [
      ...Object.entries(context.plan.backups).flatMap(([id, backup]) => judgeItself(id, backup)),
      ...context.scenarios.flatMap(view => [
        ...restoredDatabases(context, view).flatMap(each => judge(context, view, each)),
        ...restoredFiles(context, view),
      ]),
    ];
  },
};

/** Where nothing says how often anything is backed up, nobody knows what a restore loses. */
function withoutCatalogue(context: CheckContext): Problem[] {
  return context.scenarios.flatMap(view => {
    const [restored] = restoredDatabases(context, view).filter(({ from }) => from !== 'cluster-logs');
    if (!restored) return [];
    const message = `"${view.id}" restores "${restored.database}", and the plan does not say how often it is backed up`;
    return [
      problem(
        view,
        'warning',
        message,
        'Add it to "backups", with its schedule: what may be lost is computed from there.',
      ),
    ];
  });
}

/** What a class promises by its own "rpo" its own schedule has to keep. */
function judgeItself(id: string, { schedule, rpo }: Backup): Problem[] {
  const gap = schedule && longestGapSeconds(schedule.when);
  if (gap === undefined || rpo === undefined || gap <= rpo) return [];
  return [
    {
      rule: backupMissesRpo.id,
      severity: 'error',
      path: ['backups', id, 'rpo'],
      message: Number.isFinite(gap)
        ? `"${id}" may be ${formatDuration(rpo)} old, and between two of them are up to ${formatDuration(gap)}`
        : `"${id}" may be ${formatDuration(rpo)} old, and is made once`,
      mend: 'Back up more often, or correct the RPO: the daily check would find it too old every time.',
    },
  ];
}

/** Files that a scenario brings back come from the backup that the step names, as its region has it. */
function restoredFiles({ plan }: CheckContext, view: ScenarioView): Problem[] {
  return view.steps.flatMap(({ step, modes, phase }) => {
    const { backup: id, into } = step.with;
    const named = step.do === 'backup.restore-files' && typeof id === 'string' && typeof into === 'string';
    if (!named || !modes.includes('recover')) return [];
    const backup = Object.hasOwn(plan.backups, id) ? plan.backups[id] : undefined;
    const target = Object.hasOwn(plan.components, into) ? plan.components[into] : undefined;
    const loss = backup && target && worstLoss(plan, backup, target.region);
    return loss ? compare(plan, view, phase, into, loss) : [];
  });
}

type Restored = { database: string; from: 'dump' | 'rds' | 'cluster-logs'; phase: string };

/** Databases that a scenario brings back from a backup, and from which sort of backup. */
function restoredDatabases({ plan }: CheckContext, { steps }: ScenarioView): Restored[] {
  const found = steps.flatMap(({ step, modes, phase }): Restored[] => {
    const logs = step.do === 'rds.restore-cluster' && step.with.method === 'point-in-time';
    const from = logs ? 'cluster-logs' : kinds[step.do];
    if (from === undefined || !modes.includes('recover')) return [];
    // A dump is loaded beside the live database, which is what was backed up.
    const target = step.with.target ?? step.with.database;
    const component =
      typeof target === 'string' && Object.hasOwn(plan.components, target)
        ? plan.components[target]
        : undefined;
    if (!component || typeof target !== 'string') return [];
    const restored = 'source' in component && typeof component.source === 'string';
    return [{ database: restored ? component.source : dumpedInto(plan, target), from, phase }];
  });
  return [...new Map(found.map(each => [JSON.stringify(each), each])).values()];
}

/** A server that the system runs itself in the recovery region gets the dumps of its namesake in the primary one. */
function dumpedInto(plan: CheckContext['plan'], target: string): string {
  const own = plan.components[target];
  const isDumped = (id: string) =>
    Object.values(plan.backups).some(backup => databaseOf(plan, backup) === id);
  if (own?.type !== 'postgres-server' && own?.type !== 'mysql-server') return target;
  if (isDumped(target)) return target;
  const namesake = Object.entries(plan.components).find(
    ([id, other]) => other.type === own.type && other.database === own.database && isDumped(id),
  );
  return namesake?.[0] ?? target;
}

const kinds: Record<string, Restored['from'] | undefined> = {
  'rds.restore': 'rds',
  'rds.restore-cluster': 'rds',
  'sql.restore-dump': 'dump',
};

function judge(
  { plan, lacksPartOf }: CheckContext,
  view: ScenarioView,
  { database, from, phase }: Restored,
): Problem[] {
  const lost = lostRegion(plan, view);
  const home = Object.hasOwn(plan.components, database) ? plan.components[database]?.region : undefined;
  // A component with errors of its own is told by them.
  if (home === undefined) return [];
  // So is a class of backups, and it may be the very one that would do.
  if (lacksPartOf?.('backups')) return [];
  const regions = [plan.regions.recovery, ...(home === lost ? [] : [home])];
  const losses = Object.values(plan.backups).flatMap(backup =>
    databaseOf(plan, backup) === database && (backup.type === 'dump') === (from === 'dump')
      ? regions.flatMap(region => worstLoss(plan, backup, region) ?? [])
      : [],
  );
  if (from === 'cluster-logs' && home !== lost) losses.push(clusterLogs);
  const least = losses.reduce<WorstLoss | undefined>(
    (best, loss) => (best && best.likely <= loss.likely ? best : loss),
    undefined,
  );
  if (least) return compare(plan, view, phase, database, least);
  const where = lost === undefined ? '' : `, and none is outside of ${lost}`;
  const message = `"${view.id}" restores "${database}", and "backups" has nothing that it could be restored from${where}`;
  return [problem(view, 'error', message, 'Replicate or copy its backups to the recovery region.')];
}

function compare(
  plan: CheckContext['plan'],
  view: ScenarioView,
  phase: string,
  restored: string,
  { certain, likely }: WorstLoss,
): Problem[] {
  return targetsOf(plan, view, phase).flatMap(({ rpo, what }): Problem[] => {
    if (likely <= rpo) return [];
    const loss = formatDuration(certain > rpo ? certain : likely);
    const message = `"${view.id}" may lose ${loss} of "${restored}" with the backups that there are, and ${what} is ${formatDuration(rpo)}`;
    const mend = 'Back up more often, replicate automated backups, or correct the RPO.';
    return [problem(view, certain > rpo ? 'error' : 'warning', message, mend)];
  });
}

const problem = (
  { path }: ScenarioView,
  severity: Problem['severity'],
  message: string,
  mend: string,
): Problem => ({ rule: backupMissesRpo.id, severity, path, at: 'key', message, mend });

/** The strictest objective that a restore in this phase counts for, with whose it is. */
function targetsOf(
  plan: CheckContext['plan'],
  { id: scenario, scenario: { phases } }: ScenarioView,
  phase: string,
): { rpo: number; what: string }[] {
  const own = { rpo: objectivesOf(plan, scenario).rpo, what: 'the RPO' };
  const at = phases.findIndex(({ id }) => id === phase);
  const tiers = tiersOf(plan, scenario).flatMap(id => {
    const { rpo } = tierObjectivesOf(plan, scenario, id);
    // A tier that is back before has none of its data here.
    const back = phases.findLastIndex(one => one.tiers?.includes(id));
    return rpo === undefined || (back >= 0 && back < at)
      ? []
      : [{ rpo, what: `the RPO of the tier "${id}"` }];
  });
  const all = [own, ...tiers];
  const strictest = Math.min(...all.map(({ rpo }) => rpo));
  return all.filter(({ rpo }) => rpo === strictest).slice(0, 1);
}

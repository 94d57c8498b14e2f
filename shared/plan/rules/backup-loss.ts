import { copyEverySeconds } from '../../backups/copy-every.ts';
import type { Component } from '../components.ts';
import { parseSchedule } from '../schedule.ts';
import type { Backup, Plan } from '../schema.ts';

/** In seconds: `certain` is what the schedule alone costs at the worst moment, `likely` with making and copying it. */
export type WorstLoss = { certain: number; likely: number };

/**
 * What making and copying takes, in seconds, where no schedule says it. RDS uploads transaction logs every five minutes
 * (RDS user guide, "Restoring a DB instance to a specified time"); the rest is experience with databases of some 100 GB.
 */
const takes = {
  logs: 300,
  replicatedLogs: 900,
  snapshot: 1800,
  snapshotCopy: 7200,
  awsBackup: 3600,
  awsBackupCopy: 3600,
  dump: 1800,
  objectReplication: 900,
} as const;

const same = (seconds: number): WorstLoss => ({ certain: seconds, likely: seconds });

/** What is lost at the worst when this backup is restored after a disaster that leaves only `region`; undefined if it is not there. */
export function worstLoss(
  plan: Pick<Plan, 'backups' | 'components'>,
  backup: Backup,
  region: string,
): WorstLoss | undefined {
  const gap = backup.schedule ? longestGapSeconds(backup.schedule.when) : undefined;
  const plus = (seconds: number): WorstLoss | undefined =>
    gap === undefined ? undefined : { certain: gap, likely: gap + seconds };
  switch (backup.type) {
    case 'rds-automated':
      return regionOf(plan, backup.component) === region ? same(takes.logs) : undefined;
    case 'rds-replicated-backups':
      return backup.region === region ? same(takes.replicatedLogs) : undefined;
    case 'rds-snapshot':
      return regionOf(plan, backup.component) === region ? plus(takes.snapshot) : undefined;
    case 'rds-snapshot-copy': {
      const source = plan.backups[backup.of];
      if (backup.region !== region || gap === undefined) return undefined;
      // An automated snapshot is made once a day.
      const age = source?.schedule ? longestGapSeconds(source.schedule.when) : 86_400;
      return { certain: gap + age, likely: gap + age + takes.snapshotCopy };
    }
    case 'aws-backup':
      if (backup.region === region) return plus(takes.awsBackup);
      // What is finished is looked for and copied some time later.
      return backup.copyTo?.region === region
        ? plus(takes.awsBackup + copyEverySeconds + takes.awsBackupCopy)
        : undefined;
    case 'dump':
      if (backup.region === region) return plus(dumpTakes(gap));
      return backup.copy?.region === region ? plus(dumpTakes(gap) + takes.objectReplication) : undefined;
    default:
      return undefined;
  }
}

/** A dump that is made more often than that takes less: the next one would come before it is done. */
const dumpTakes = (gap: number = takes.dump) => Math.min(takes.dump, gap);

function regionOf({ components }: Pick<Plan, 'components'>, id: string): string | undefined {
  return Object.hasOwn(components, id) ? components[id]?.region : undefined;
}

/**
 * What a cluster that stands can always be brought back to: automated backups of a cluster can not be switched off, and
 * are five minutes behind at the most (Aurora user guide, "Overview of backing up and restoring an Aurora DB cluster").
 */
export const clusterLogs: WorstLoss = same(takes.logs);

/** The database that a backup is of; undefined for what is no single database. */
export function databaseOf(plan: Pick<Plan, 'backups' | 'components'>, backup: Backup): string | undefined {
  if (backup.type === 'rds-snapshot-copy') {
    const source = Object.hasOwn(plan.backups, backup.of) ? plan.backups[backup.of] : undefined;
    return source && source.type !== 'rds-snapshot-copy' ? databaseOf(plan, source) : undefined;
  }
  if (backup.type === 'aws-backup') {
    return Object.entries(plan.components).find(([, one]) => isResource(one, backup.resource))?.[0];
  }
  return 'component' in backup ? backup.component : undefined;
}

/** Whether an ARN is that of an instance or a cluster of the plan. */
function isResource(component: Component, arn: string): boolean {
  if (component.type !== 'rds-instance' && component.type !== 'rds-cluster') return false;
  const [, , service, region, , sort, name] = arn.split(':');
  const wanted = component.type === 'rds-cluster' ? 'cluster' : 'db';
  return service === 'rds' && region === component.region && sort === wanted && name === component.identifier;
}

/** The longest time between two runs of a schedule within a year, in seconds; infinite for a single one. */
export function longestGapSeconds(when: string): number {
  const schedule = parseSchedule(when);
  if (typeof schedule === 'string' || schedule.kind === 'at') return Number.POSITIVE_INFINITY;
  if (schedule.kind === 'rate') return schedule.seconds;
  const ofDay = schedule.hours
    .flatMap(hour => schedule.minutes.map(minute => hour * 3600 + minute * 60))
    .sort((a, b) => a - b);
  let longest = 0;
  let last: number | undefined;
  // A year that is no leap year, and a bit more, so that the gap over New Year is among them.
  for (let day = 0; day < 400; day++) {
    const date = new Date(Date.UTC(2027, 0, 1 + day));
    const year = date.getUTCFullYear();
    if (!schedule.runsOn({ year, month: date.getUTCMonth() + 1, day: date.getUTCDate() })) continue;
    for (const second of ofDay) {
      const at = day * 86_400 + second;
      if (last !== undefined) longest = Math.max(longest, at - last);
      last = at;
    }
  }
  return longest === 0 ? Number.POSITIVE_INFINITY : longest;
}

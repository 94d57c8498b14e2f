import * as z from 'zod';
import { type KeyState, readKey } from '../../aws/kms-keys.ts';
import { kmsKeyArn, rdsArn } from '../../aws/rds-arns.ts';
import { readReplicatedBackups, readSnapshots } from '../../aws/rds-reader.ts';
import { noRestorePoint } from '../../aws/rds-restore-choice.ts';
import { type RestorePoint, restorePoints } from '../../aws/rds-restore-points.ts';
import { rdsRestoreTarget } from '../../plan/components.ts';
import { durationSchema, formatDuration } from '../../plan/duration.ts';
import { defineAction, type Reason } from '../contract.ts';

const parameters = z.object({
  /** Of which database, and in which region. */
  target: rdsRestoreTarget,
  /** Only data that is not younger than this, ISO-8601: the moment before the data went wrong. */
  before: z.iso.datetime({ offset: true }).optional(),
  /** Seconds that the newest one may be old; an older one is refused. */
  maxAge: durationSchema.optional(),
});

/** So many are shown; a person who reads a report looks at the newest ones. */
const shownPoints = 20;

/**
 * Lists what a database can be restored from in a region, the newest first, and says of each whether its key can be
 * used; refuses where nothing can be. It chooses nothing: rds.find-restore-point does, with all else that a restore
 * needs.
 */
export const action = defineAction({
  kind: 'rds.list-snapshots',
  summary:
    'Lists the restore points of a database in a region, with their age and whether their key can be used',
  parameters,
  components: { target: 'rds-restore-target' },
  outputs: {
    count: 'how many there are',
    usable: 'how many of them have a key that can be used',
    newest: 'the newest usable one: method, from, pointTime, ageSeconds',
    points: 'the newest twenty, each with method, from, pointTime, ageSeconds, usable',
  },
  drill: 'same',
  mutates: false,
  typical: { minSeconds: 0.5, likelySeconds: 2, maxSeconds: 10, source: 'a few reads, with paging' },
  failureModes: [
    'There are none in this region: automated snapshots stay where they were taken',
    'Their KMS key is missing, disabled or waiting to be deleted',
    'Unfinished copies do not count',
  ],
  permissions: ({ target: { region } }) => [
    {
      actions: ['rds:DescribeDBInstanceAutomatedBackups'],
      resources: [rdsArn('db', region, '*'), rdsArn('auto-backup', region, '*')],
      reason: 'Lists backups; which ones there are is what is to be found out',
    },
    {
      actions: ['rds:DescribeDBSnapshots'],
      resources: [rdsArn('db', region, '*'), rdsArn('snapshot', region, '*')],
      reason: 'Lists snapshots; which ones there are is what is to be found out',
    },
    {
      actions: ['kms:DescribeKey'],
      resources: [kmsKeyArn(region, 'any')],
      reason: 'A backup names its key by an id that the plan does not know',
    },
  ],

  async prepare(context, { target, before, maxAge }) {
    const { region, sourceIdentifier: identifier, sourceRegion } = target;
    const source = { identifier, region: sourceRegion };
    const [backups, snapshots] = await Promise.all([
      readReplicatedBackups(context.aws, region, source),
      readSnapshots(context.aws, region, source),
    ]);
    const found = restorePoints(backups, snapshots, before === undefined ? undefined : new Date(before));
    const keys = new Map<string, KeyState>();
    for (const key of new Set(found.flatMap(({ kmsKey }) => kmsKey ?? []))) {
      keys.set(key, await readKey(context.aws, region, key));
    }
    const nowMs = context.clock.now().getTime();
    const points = found.map(point => shown(point, nowMs, keys));
    const usable = points.filter(point => point.usable === true);
    const newest = usable[0] ?? null;
    const limit = before === undefined ? '' : ` not younger than ${before}`;
    const what = newest
      ? `${points.length} restore points of ${identifier} in ${region}${limit}, the newest usable one of ${newest.pointTime} (${newest.method})`
      : `No usable restore point of ${identifier} in ${region}${limit}, of ${points.length} that are there`;
    const shownOnes = points.slice(0, shownPoints);
    const evidence = [{ what, data: { points: shownOnes } }];
    // What comes later refers to the newest one, and must not be the first to find that there is none.
    const reasons = newest ? tooOld(newest, maxAge) : whyNone(target, before, keys);
    if (reasons.length > 0) return { status: 'refused', reasons, evidence };
    const outputs = { count: points.length, usable: usable.length, newest, points: shownOnes };
    return { status: 'ready', baseline: { what, outputs }, evidence };
  },

  async observe(_context, _parameters, baseline) {
    const { what, outputs } = lookSchema.parse(baseline);
    return { status: 'done', outputs, evidence: [{ what }] };
  },
});

/** The look that prepare took: what is decided on is what is reported. */
const lookSchema = z.object({ what: z.string(), outputs: z.record(z.string(), z.json()) });

type Shown = { method: string; from: string; pointTime: string; ageSeconds: number; usable: boolean };

function shown(point: RestorePoint, nowMs: number, keys: ReadonlyMap<string, KeyState>): Shown {
  return {
    method: point.method,
    from: point.from,
    pointTime: point.at.toISOString(),
    ageSeconds: Math.round((nowMs - point.at.getTime()) / 1000),
    // What is not encrypted needs no key; whether the plan allows it, rds.find-restore-point says.
    usable: point.kmsKey === undefined || keys.get(point.kmsKey)?.usable === true,
  };
}

function tooOld({ ageSeconds }: Shown, maxAge = Number.POSITIVE_INFINITY): Reason[] {
  if (ageSeconds <= maxAge) return [];
  const mend =
    'Find out why no newer one arrives: the replication of the backups, the schedule of the copies, the keys.';
  const what = `The newest usable restore point is ${formatDuration(ageSeconds)} old, more than the allowed ${formatDuration(maxAge)}`;
  return [{ what, mend }];
}

/** Nothing is there, or the keys of all that is there can't be used. */
function whyNone(
  target: z.output<typeof parameters>['target'],
  before: string | undefined,
  keys: ReadonlyMap<string, KeyState>,
): Reason[] {
  const unusable = [...keys.values()].flatMap(key => (key.usable ? [] : key.reason));
  return unusable.length > 0 ? unusable : [noRestorePoint(target, before)];
}

import { formatDuration } from '../plan/duration.ts';
import type { Backup, Plan } from '../plan/schema.ts';
import { longestGapSeconds } from './occurrences.ts';
import type { FoundBackup, Survey } from './survey/found.ts';
import type { Surveyed } from './survey.ts';
import { whyMadeElsewhere } from './who-makes.ts';

/** Name of the finding that says what could not be asked. */
export const notChecked = 'not-checked';

/** Something that is not as the plan promises. `name` is stable, such as `missing` or `too-old`. */
export type BackupFinding = { name: string; what: string; mend: string };

export type CheckResult = {
  backup: string;
  title: string;
  type: Backup['type'];
  /** `unknown`: it could not be asked, which says nothing about the backups. */
  status: 'ok' | 'finding' | 'unknown';
  findings: BackupFinding[];
  count: number;
  newest?: { id: string; at: string; ageSeconds: number; bytes?: number };
  /** What would be lost if everything had to be restored from here now, in seconds; null when there is nothing. */
  lossSeconds: number | null;
  rpoSeconds: number;
  /** Sizes of the newest ones seen by earlier checks, oldest first. */
  sizes: number[];
  /** The region that does not answer, so that only the copies in the other one were judged. */
  unanswered?: string;
};

type Question = {
  id: string;
  backup: Backup;
  plan: Plan;
  surveyed: Surveyed;
  now: Date;
  /** Sizes that earlier checks have seen. */
  sizes?: readonly number[];
};

/** Sizes that are kept for comparison, and how many of them are needed before any is called unusual. */
const keptSizes = 30;
const neededSizes = 5;
/** A backup of less than half, or more than three times, the middle of its history is looked at by a person. */
const smallest = 0.5;
const largest = 3;
/** Services start a job some minutes late, and making a backup takes its time. */
const graceSeconds = 2 * 3600;

/** Judges one class of backups by what was found of it. Pure: a missing backup is a finding, never a skip. */
export function judgeBackup({ id, backup, plan, surveyed, now, sizes = [] }: Question): CheckResult {
  const rpoSeconds = backup.rpo ?? plan.objectives.rpo;
  const base = { backup: id, title: backup.title, type: backup.type, rpoSeconds };
  if (!surveyed.ok) {
    const finding = {
      name: notChecked,
      what: `Nothing could be found out: ${surveyed.why}`,
      mend: surveyed.mend,
    };
    return {
      ...base,
      status: 'unknown',
      findings: [finding],
      count: 0,
      lossSeconds: null,
      sizes: [...sizes],
    };
  }
  const { survey } = surveyed;
  const usable = survey.found.filter(found => found.usable === true);
  const [newest] = usable;
  const findings = newest
    ? [
        ...checkAge(id, backup, newest, rpoSeconds, now),
        ...checkEach(survey, usable, rpoSeconds, now),
        ...checkCadence(backup, usable, now),
        ...checkSafety(backup, survey, newest),
        ...checkCopies(survey, rpoSeconds, now),
        ...checkSize(newest, sizes),
        ...checkFile(survey, newest),
      ]
    : [nothingThere(survey, backup, id)];
  findings.push(...checkRetention(backup, survey), ...survey.faults);
  const { unanswered } = survey;
  // What is wrong with the copies is known; of the rest nothing is.
  const status = findings.length > 0 ? 'finding' : unanswered === undefined ? 'ok' : 'unknown';
  if (unanswered !== undefined) findings.push(onlyCopies(backup, unanswered));
  const lossSeconds = newest ? secondsBetween(newest.at, now) : null;
  return {
    ...base,
    status,
    findings,
    ...(unanswered !== undefined && { unanswered }),
    count: usable.length,
    ...(newest && {
      newest: {
        id: newest.id,
        at: newest.at.toISOString(),
        ageSeconds: secondsBetween(newest.at, now),
        ...(newest.bytes !== undefined && { bytes: newest.bytes }),
      },
    }),
    lossSeconds,
    sizes: (newest?.bytes === undefined || sizes.at(-1) === newest.bytes
      ? [...sizes]
      : [...sizes, newest.bytes]
    ).slice(-keptSizes),
  };
}

function onlyCopies({ title }: Backup, region: string): BackupFinding {
  return {
    name: notChecked,
    what: `${title}: ${region} does not answer, so only the copies in the other region were looked at`,
    mend: `Look at the AWS Health status of ${region}; restore from the copies meanwhile.`,
  };
}

const secondsBetween = (from: Date, to: Date) => Math.round((to.getTime() - from.getTime()) / 1000);

function nothingThere({ found }: Survey, backup: Backup, id: string): BackupFinding {
  const { title } = backup;
  const [other] = found;
  const rest = other ? `; the newest one, ${other.id}, is ${other.usable}` : '';
  return {
    name: 'missing',
    what: `${title}: there is none that can be restored from${rest}. Everything would be lost that no other backup has`,
    mend: makeOne(backup, id),
  };
}

/** How to come to a new one: not all of them are made by Lifeboat. */
function makeOne(backup: Backup, id: string): string {
  switch (backup.type) {
    case 'rds-replicated-backups':
      return `AWS makes these all the time once the replication runs: aws rds start-db-instance-automated-backups-replication --source-db-instance-arn ARN --kms-key-id ${backup.kmsKey} --region ${backup.region}. Look whether it was stopped, or whether the key is disabled.`;
    case 'rds-automated':
      return 'AWS makes these all the time while its retention is above 0 days. Look at the retention of the database, and whether it is there.';
    default:
      return whyMadeElsewhere(backup) === undefined
        ? `Make one now (lifeboat backups PLAN create --class ${id} --live --by YOU), and find out why the schedule made none.`
        : 'Start what makes them by hand, and find out why it made none: Lifeboat only looks at these.';
  }
}

function checkAge(
  id: string,
  backup: Backup,
  { at, id: name }: FoundBackup,
  rpoSeconds: number,
  now: Date,
): BackupFinding[] {
  const { title } = backup;
  const age = secondsBetween(at, now);
  if (age < -300) {
    return [
      {
        name: 'from-the-future',
        what: `${name} says that its data is of ${at.toISOString()}, which is to come`,
        mend: 'Look at the clock of what wrote it.',
      },
    ];
  }
  if (age <= rpoSeconds) return [];
  return [
    {
      name: 'too-old',
      what: `${title}: the newest one is ${formatDuration(age)} old, and ${formatDuration(rpoSeconds)} is allowed. As much would be lost now`,
      mend: makeOne(backup, id),
    },
  ];
}

/** Of many things that each have backups of their own, one without hides behind the others. */
function checkEach(
  survey: Survey,
  usable: readonly FoundBackup[],
  rpoSeconds: number,
  now: Date,
): BackupFinding[] {
  return (survey.expected ?? []).flatMap(of => {
    const newest = usable.find(found => found.of === of);
    if (!newest) {
      return [
        {
          name: 'missing',
          what: `${of} has no backup that can be restored from`,
          mend: `Back ${of} up now, and find out why the schedule left it out.`,
        },
      ];
    }
    const age = secondsBetween(newest.at, now);
    if (age <= rpoSeconds) return [];
    return [
      {
        name: 'too-old',
        what: `The newest backup of ${of} is ${formatDuration(age)} old, and ${formatDuration(rpoSeconds)} is allowed`,
        mend: `Back ${of} up now, and find out why the schedule left it out.`,
      },
    ];
  });
}

/** Gaps between those that are kept: a backup that was not made one night shows only here. */
function checkCadence(
  { schedule, retention, title }: Backup,
  usable: readonly FoundBackup[],
  now: Date,
): BackupFinding[] {
  if (!schedule || usable.some(found => found.of !== undefined)) return [];
  const gap = longestGapSeconds(schedule, now.getTime() - 400 * 86_400_000);
  if (gap === undefined) return [];
  const times = usable.map(({ at }) => at.getTime()).filter(time => time >= now.getTime() - retention * 1000);
  const findings: BackupFinding[] = [];
  for (const [index, time] of times.slice(1).entries()) {
    const next = times[index] ?? time;
    if ((next - time) / 1000 <= gap + graceSeconds) continue;
    findings.push({
      name: 'gap',
      what: `${title}: none was made between ${new Date(time).toISOString()} and ${new Date(next).toISOString()}, and one is due every ${formatDuration(gap)}`,
      mend: 'Find out what kept it from being made at that time. The gap itself can not be filled any more.',
    });
  }
  return findings;
}

function checkSafety(_: Backup, { key }: Survey, newest: FoundBackup): BackupFinding[] {
  return [
    ...(newest.encrypted === false
      ? [
          {
            name: 'unencrypted',
            what: `${newest.id} is not encrypted`,
            mend: 'Encrypt the source or the copy with a KMS key, and remove those that are in clear.',
          },
        ]
      : []),
    ...(key && !key.usable
      ? [
          {
            name: 'key-not-usable',
            what: `${key.reason.what}, so nothing that is encrypted with it can be restored`,
            mend: key.reason.mend,
          },
        ]
      : []),
  ];
}

/** Of many things that each have copies of their own, one without hides behind the others. */
function checkCopies({ copies, expected }: Survey, rpoSeconds: number, now: Date): BackupFinding[] {
  if (!copies) return [];
  if (!expected) return checkCopy('it', copies, rpoSeconds, now);
  return expected.flatMap(of =>
    checkCopy(
      of,
      copies.filter(copy => copy.of === of),
      rpoSeconds,
      now,
    ),
  );
}

function checkCopy(
  of: string,
  copies: readonly FoundBackup[],
  rpoSeconds: number,
  now: Date,
): BackupFinding[] {
  const newest = copies.find(copy => copy.usable === true);
  const mend = 'Look at the replication or the copy job, and copy the newest one now.';
  if (!newest) return [{ name: 'not-copied', what: `No copy of ${of} is in the other region`, mend }];
  const age = secondsBetween(newest.at, now);
  if (age <= rpoSeconds) return [];
  const whose = of === 'it' ? 'The newest copy' : `The newest copy of ${of}`;
  const what = `${whose} in the other region is ${formatDuration(age)} old, and ${formatDuration(rpoSeconds)} is allowed`;
  return [{ name: 'copy-too-old', what, mend }];
}

function checkSize({ bytes, id }: FoundBackup, sizes: readonly number[]): BackupFinding[] {
  if (bytes === undefined || sizes.length < neededSizes) return [];
  const sorted = [...sizes].sort((a, b) => a - b);
  const middle = sorted[Math.floor(sorted.length / 2)] ?? bytes;
  if (middle === 0 || (bytes >= middle * smallest && bytes <= middle * largest)) return [];
  return [
    {
      name: 'size-unusual',
      what: `${id} has ${bytes} bytes, and ${middle} were usual so far`,
      mend: 'Compare the row counts with the source: part of the data may be missing, or something else was backed up.',
    },
  ];
}

function checkFile({ newestFile }: Survey, { id }: FoundBackup): BackupFinding[] {
  if (!newestFile || newestFile.ok) return [];
  return [{ name: newestFile.problem, what: `${id}: ${newestFile.what}`, mend: newestFile.mend }];
}

function checkRetention({ retention }: Backup, { keptSeconds }: Survey): BackupFinding[] {
  if (keptSeconds === undefined || keptSeconds === 0 || keptSeconds >= retention) return [];
  return [
    {
      name: 'kept-too-short',
      what: `They are kept for ${formatDuration(keptSeconds)}, and the plan promises ${formatDuration(retention)}`,
      mend: 'Set the retention of the service to what the plan says, or correct the plan.',
    },
  ];
}

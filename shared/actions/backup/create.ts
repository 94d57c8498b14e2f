import * as z from 'zod';
import type { FoundBackup, Survey } from '../../backups/survey/found.ts';
import { whyMadeElsewhere } from '../../backups/who-makes.ts';
import type { JsonObject } from '../../json.ts';
import type { Backup, Plan } from '../../plan/schema.ts';
import { backupsOf, noSuchBackup } from '../backup-step.ts';
import { defineAction, type Observation } from '../contract.ts';
import { fail, finish, pending, ready, refuse } from '../outcomes.ts';

const parameters = z.strictObject({
  backup: z.string().meta({ description: 'Id of a backup of the plan that Lifeboat makes' }),
});
const baselineSchema = z.object({
  /** What its name is made of; fixed in prepare, so that a repeat makes nothing twice. */
  dueAt: z.string(),
  /** How its service names it; act finds it out. */
  made: z.string().optional(),
});

/** What services say of a backup that will never be usable. */
const hopeless = /fail|error|partial|aborted|expired|incompatible|incomplete/i;

/**
 * Makes a backup of the plan's catalogue now, before anything is changed, and waits until it can be restored from. It is
 * kept as long as its class says, and others of its class stay: a run deletes no backups.
 */
export const action = defineAction({
  kind: 'backup.create',
  summary: 'Makes one of the backups of the plan now, and waits until it can be restored from',
  parameters,
  components: {},
  outputs: {
    id: 'how its service names it: an identifier, an ARN, a key',
    at: 'the last moment whose data is in it, ISO-8601 UTC',
  },
  // It is made from production, and would be kept beyond the drill.
  drill: 'prepare-only',
  mutates: true,
  typical: {
    minSeconds: 15,
    likelySeconds: 420,
    maxSeconds: 3600,
    source:
      'RDS and EBS snapshots are incremental: minutes for 100 GB with a day of changes; exports of objects take seconds. Experience, to be replaced by measurement',
  },
  failureModes: [
    'The source is lost or stopped, so nothing can be copied out of it any more',
    'The quota of manual snapshots is reached; a run deletes none to make room',
    'The job that makes a dump fails, or writes nothing',
  ],
  // They depend on the class that is named; see stepPermissions in deploy/backup-statements/steps.ts.
  permissions: () => [],

  async prepare(context, { backup: id }) {
    const backup = backupsOf(context).find(id);
    if (!backup) return noSuchBackup(id);
    const elsewhere = whyMadeElsewhere(backup);
    if (elsewhere !== undefined) {
      return refuse(
        `Lifeboat can not make "${id}" (${backup.title}): ${elsewhere}.`,
        'Name a class in the plan that Lifeboat makes, such as rds-snapshot, or use backup.check to see how young the newest one is.',
      );
    }
    const surveyed = await backupsOf(context).survey(id);
    if (!surveyed.ok) return refuse(`${backup.title} can not be made: ${surveyed.why}`, surveyed.mend);
    const { key } = surveyed.survey;
    if (key && !key.usable) return refuse(key.reason.what, key.reason.mend);
    const newest = surveyed.survey.found.find(({ usable }) => usable === true);
    const dueAt = context.clock.now().toISOString();
    const before = newest ? `the newest one is of ${newest.at.toISOString()}` : 'there is none so far';
    return ready({ dueAt }, `${backup.title}: ${before}`, newest && { id: newest.id });
  },

  async act(context, { backup: id }, baseline) {
    const backup = backupsOf(context).find(id);
    if (!backup) return;
    const { dueAt, made } = baselineSchema.parse(baseline);
    if (made !== undefined) return;
    await context.changed({
      call: callOf(backup),
      region: 'region' in backup ? backup.region : context.regions.primary,
      resource: `${id} of ${dueAt}`,
      what: `${backup.title} made now`,
    });
    const reply = await backupsOf(context).make(id, dueAt, `run ${context.run.id}`);
    if (reply.status === 'made') await context.remember({ made: reply.id });
  },

  async observe(context, { backup: id }, baseline): Promise<Observation> {
    const { dueAt, made } = baselineSchema.parse(baseline);
    const surveyed = await backupsOf(context).survey(id);
    if (!surveyed.ok) return pending(surveyed.why);
    const own = ownOf(surveyed.survey, dueAt, made);
    const broken = own.find(({ usable }) => typeof usable === 'string' && hopeless.test(usable));
    if (broken) {
      return fail(
        `${broken.id} is ${broken.usable}, and will never be usable`,
        `Look at ${broken.id} in the console for the cause. Retry this step, which makes another one, or skip it and accept that there is no backup of this moment.`,
      );
    }
    const missing = (surveyed.survey.expected ?? []).filter(
      wanted => !own.some(({ of, usable }) => of === wanted && usable === true),
    );
    const usable = own.find(found => found.usable === true);
    if (!usable || missing.length > 0) return pending(waitingFor(own, missing));
    const outputs: JsonObject = { id: usable.id, at: usable.at.toISOString() };
    const others = own.length > 1 ? ` and ${own.length - 1} more` : '';
    return finish(`${usable.id}${others} can be restored from`, outputs, outputs);
  },
});

/** Those that this step has asked for: by their name where it is known, by their time where a job makes them. */
function ownOf({ found }: Survey, dueAt: string, made: string | undefined): FoundBackup[] {
  const named = found.filter(({ id }) => id === made);
  if (named.length > 0) return named;
  // Services tell whole seconds.
  const sinceMs = Math.floor(Date.parse(dueAt) / 1000) * 1000;
  return found.filter(({ at }) => at.getTime() >= sinceMs);
}

function waitingFor(own: readonly FoundBackup[], missing: readonly string[]): string {
  if (missing.length > 0) return `not complete yet for ${missing.join(', ')}`;
  const [first] = own;
  return first ? `${first.id} is ${first.usable}` : 'it does not show yet';
}

const calls: Record<Exclude<Backup['type'], 'dump'>, string> = {
  'rds-snapshot': 'rds.CreateDBSnapshot',
  'rds-snapshot-copy': 'rds.CopyDBSnapshot',
  'aws-backup': 'backup.StartBackupJob',
  'kubernetes-export': 's3.PutObject',
  'secrets-export': 's3.PutObject',
  velero: 'kubernetes.Create',
  volumes: 'ec2.CreateSnapshot',
  'rds-automated': 'rds.CreateDBSnapshot',
  'rds-replicated-backups': 'rds.CreateDBSnapshot',
  'rds-fleet': 'rds.CreateDBSnapshot',
  'terraform-state': 's3.PutObject',
};

function callOf(backup: Plan['backups'][string]): string {
  if (backup.type !== 'dump') return calls[backup.type];
  return backup.madeBy?.type === 'codebuild' ? 'codebuild.StartBuild' : 'kubernetes.Create';
}

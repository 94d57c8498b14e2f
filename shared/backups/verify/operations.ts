import { BackupClient, PutRestoreValidationResultCommand } from '@aws-sdk/client-backup';
import { request } from '../../aws/aws-errors.ts';
import { expiresTag, systemTag } from '../../aws/names.ts';
import { readInstance } from '../../aws/rds-reader.ts';
import { meaningOfStatus } from '../../aws/rds-status.ts';
import { InvalidInputError, LifeboatError, ServiceUnavailableError } from '../../errors.ts';
import { connectionUrl } from '../../network/connection-url.ts';
import type { ComponentOf } from '../../plan/components.ts';
import { formatDuration } from '../../plan/duration.ts';
import type { Backup, VerifyPlan } from '../../plan/schema.ts';
import type { Runtime } from '../../runtime.ts';
import { pageOnce, type SendPage } from '../../triage/page.ts';
import { addEvidence } from '../evidence.ts';
import { updateKnown } from '../known.ts';
import { verificationId } from '../names.ts';
import { type OpenScratch, proveFile } from './file.ts';
import {
  instanceName,
  isThrowAway,
  listInstances,
  removeThrowAway,
  startInstance,
  tagsOf,
} from './instance.ts';
import { choosePoint, type PointWish, pointsOf, whyNoPoint } from './points.ts';
import { askRestored } from './queries.ts';
import type { Verification } from './record.ts';
import { findVerification, openVerification, readVerification, updateVerification } from './state.ts';

/** What the machine is told after each operation: what comes next, and in how many seconds. */
export type VerifyReply = {
  id: string;
  next: 'restore' | 'wait' | 'again' | 'query' | 'teardown' | 'record' | 'proven' | 'not-proven';
  waitSeconds: number;
};

export type VerifyWish = { backup: string; of?: string; point?: PointWish; by: string; restoreJob?: string };

/** A restore that takes so many times longer than it may is given up; its time is recorded as too long before. */
const patience = 3;
const longestSeconds = 12 * 3600;
/** How long a read may lag behind the request that made the instance. */
const visibleAfterSeconds = 300;
/** After that the sweeper goes on. */
const longestTearDownSeconds = 2 * 3600;
const connectTimeoutMs = 5_000;
const statementTimeoutMs = 60_000;

/** Opens the verification and chooses what is restored; says so at once if there is nothing. */
export async function begin(
  runtime: Runtime,
  wish: VerifyWish,
  execution: string,
  startedAt: string,
): Promise<VerifyReply> {
  const { backup, verify, target } = planOf(runtime, wish.backup);
  const id = verificationId(execution, startedAt);
  const known = await findVerification(runtime, id);
  if (known) return reply(known.id, known.point ? 'restore' : 'record');
  const windows = await pointsOf(runtime, wish.backup, backup, wish.of);
  const point = choosePoint(windows, wish.point ?? verify.point, id);
  await openVerification(runtime, {
    id,
    backup: wish.backup,
    ...(wish.of !== undefined && { of: wish.of }),
    by: wish.by,
    execution,
    startedAt: runtime.clock.now().toISOString(),
    ...(point && { point }),
    ...(target && { instance: instanceName(target, id) }),
    parts: [],
    checks: [],
    rpoSeconds: null,
    rtoSeconds: null,
    withinSeconds: verify.within,
    reasons: point ? [] : [await whyNoPoint(runtime, backup, wish.point ?? verify.point)],
    tornDown: target === undefined || point === undefined,
    outcome: 'under-way',
    ...(wish.restoreJob !== undefined && { restoreJob: wish.restoreJob }),
  });
  return reply(id, point ? 'restore' : 'record');
}

/** Starts the restore. A dump that fits is restored and asked right here, into the embedded Postgres. */
export async function restore(runtime: Runtime, id: string, openScratch?: OpenScratch): Promise<VerifyReply> {
  const known = await readVerification(runtime, id);
  const { backup, verify, target } = planOf(runtime, known.backup);
  const { point, instance } = known;
  if (!point) return reply(id, 'record');
  const now = runtime.clock.now().toISOString();
  const { restoreStartedAt = now } = await updateVerification(runtime, id, current => ({
    restoreStartedAt: current.restoreStartedAt ?? now,
  }));
  if (!target || instance === undefined) {
    const proof = await proveFile(runtime, backup, verify, point, openScratch);
    await updateVerification(runtime, id, () => ({ ...proof, tornDown: true }));
    return reply(id, 'record');
  }
  const tags = tagsOf(runtime.plan.system.id, id, known.startedAt, verify.within);
  const started = await startInstance(runtime, target, instance, point, tags);
  if (started === 'started') return reply(id, 'wait', firstLook(verify));
  if (secondsSince(runtime, known.startedAt) > longestSeconds) {
    return fail(
      runtime,
      id,
      `The account may have no more DB instances in ${target.region}`,
      'Raise the quota "DB instances" of RDS, or prove fewer databases at the same time.',
    );
  }
  // Waiting for room is no part of the restore.
  if (restoreStartedAt) await updateVerification(runtime, id, () => ({ restoreStartedAt: undefined }));
  return reply(id, 'again', 300);
}

/** Looks whether the throw-away instance is there in its role: it answers as a database, not only by its status. */
export async function look(runtime: Runtime, id: string): Promise<VerifyReply> {
  const known = await readVerification(runtime, id);
  const { verify, target } = planOf(runtime, known.backup);
  const name = known.instance ?? '';
  if (!target) return reply(id, 'record');
  const since = secondsSince(runtime, known.restoreStartedAt ?? known.startedAt);
  const instance = await readInstance(runtime.aws, target.region, name);
  if (!instance) {
    if (since < visibleAfterSeconds) return reply(id, 'wait', 15);
    return fail(
      runtime,
      id,
      `${name} was asked for, and RDS does not know it`,
      'Look at the events of RDS and at CloudTrail in that region.',
    );
  }
  const meaning = meaningOfStatus(instance.DBInstanceStatus, name);
  if (meaning.kind === 'stuck') return fail(runtime, id, meaning.reason.what, meaning.reason.mend);
  const host = instance.Endpoint?.Address;
  if (meaning.kind === 'moving' || host === undefined) {
    return later(runtime, id, verify, since, instance.DBInstanceStatus === 'creating');
  }
  const endpoint = { host, port: instance.Endpoint?.Port ?? target.port };
  const answers = await answersAsPrimary(
    runtime,
    known,
    target,
    instance.MasterUserSecret?.SecretArn,
    endpoint,
  );
  if (answers !== true) {
    if (since < verify.within * patience) return later(runtime, id, verify, since);
    return fail(
      runtime,
      id,
      `${name} is available, and ${answers}`,
      'Look at the security groups of the target and at the functions that connect to it.',
    );
  }
  await updateVerification(runtime, id, current => ({
    endpoint,
    parts: withPart(current.parts, 'restore', since),
  }));
  return reply(id, 'query');
}

/** Asks the restored database what the plan wants to know. */
export async function query(runtime: Runtime, id: string): Promise<VerifyReply> {
  const known = await readVerification(runtime, id);
  const { verify, target } = planOf(runtime, known.backup);
  const { endpoint, point } = known;
  if (!target || !endpoint || !point) return reply(id, 'teardown');
  const began = runtime.clock.now().getTime();
  const instance = await readInstance(runtime.aws, target.region, known.instance ?? '');
  const connection = await connect(runtime, target, instance?.MasterUserSecret?.SecretArn, endpoint);
  try {
    const { checks, rpoSeconds } = await askRestored(connection, verify, new Date(point.at));
    const seconds = (runtime.clock.now().getTime() - began) / 1000;
    await updateVerification(runtime, id, current => ({
      checks,
      rpoSeconds,
      rtoSeconds: Math.round(secondsSince(runtime, current.restoreStartedAt ?? current.startedAt)),
      parts: withPart(current.parts, 'queries', seconds),
    }));
  } finally {
    await connection.end();
  }
  return reply(id, 'teardown');
}

/** Something went wrong on the way: it is kept as the reason, and the tear-down comes next. */
export async function noteFailure(
  runtime: Runtime,
  id: string,
  error: string,
  cause: string,
): Promise<VerifyReply> {
  const said = messageOf(cause);
  return fail(
    runtime,
    id,
    `${error}: ${said}`.slice(0, 600),
    'Read the message; mend it, then prove the backup again.',
  );
}

/** Removes the throw-away instance; called again until it is gone. Never anything without this verification's tag. */
export async function tearDown(runtime: Runtime, id: string): Promise<VerifyReply> {
  const known = await readVerification(runtime, id);
  const { target } = planOf(runtime, known.backup);
  if (!target || known.instance === undefined) return reply(id, 'record');
  const instance = await readInstance(runtime.aws, target.region, known.instance);
  if (instance && isThrowAway(instance, id)) {
    const state = await removeThrowAway(runtime, target.region, instance);
    const now = runtime.clock.now().toISOString();
    const { tearDownStartedAt = now } = await updateVerification(runtime, id, current => ({
      tearDownStartedAt: current.tearDownStartedAt ?? now,
    }));
    if (state === 'going') {
      const over = secondsSince(runtime, tearDownStartedAt) > longestTearDownSeconds;
      return over
        ? reply(id, 'record')
        : reply(id, 'wait', removalWait(secondsSince(runtime, tearDownStartedAt)));
    }
  }
  // A request whose reply was lost may make it visible a little later; the sweeper looks for that.
  await updateVerification(runtime, id, current => ({
    tornDown: true,
    parts: current.endpoint
      ? withPart(
          current.parts,
          'tear-down',
          secondsSince(runtime, current.restoreStartedAt ?? current.startedAt) - (current.rtoSeconds ?? 0),
        )
      : current.parts,
  }));
  return reply(id, 'record');
}

/** Judges, appends the result to the chain of evidence, and tells those who have to know. */
export async function record(runtime: Runtime, id: string, send: SendPage): Promise<VerifyReply> {
  const ended = await updateVerification(runtime, id, current => {
    if (current.outcome !== 'under-way') return {};
    const reasons = [...current.reasons, ...reasonsOf(current)];
    return {
      reasons,
      outcome: reasons.length === 0 ? 'proven' : 'not-proven',
      endedAt: runtime.clock.now().toISOString(),
    };
  });
  await addEvidence(runtime, { type: 'backup-verified', verification: ended }, `verification/${id}`);
  const at = ended.endedAt ?? ended.startedAt;
  const why = ended.reasons.map(({ what }) => what).join('; ');
  await updateKnown(runtime, ended.backup, known =>
    ended.outcome === 'proven'
      ? {
          proven: {
            at,
            verification: id,
            pointAt: ended.point?.at ?? at,
            rpoSeconds: ended.rpoSeconds,
            rtoSeconds: ended.rtoSeconds,
          },
          failed: known.failed && known.failed.at > at ? known.failed : undefined,
        }
      : { failed: { at, verification: id, why } },
  );
  await tellRestoreTesting(runtime, ended, why);
  if (ended.outcome !== 'proven') {
    const { title } = planOf(runtime, ended.backup).backup;
    await pageOnce(runtime, send, {
      key: `verification/${id}`,
      subject: `Backup not proven: ${title}`,
      lines: [
        `A restore of ${ended.of ?? title} did not prove that it can be used.`,
        ...ended.reasons.flatMap(({ what, mend }) => [what, mend]),
      ],
    });
  }
  return reply(id, ended.outcome === 'proven' ? 'proven' : 'not-proven');
}

/** Pure: what keeps a verification from being a proof. */
export function reasonsOf(known: Verification): Verification['reasons'] {
  const reasons = known.checks
    .filter(({ ok }) => !ok)
    .map(({ title, said }) => ({
      what: `${title}: ${said}`,
      mend: 'Compare with the source. If the data is wrong there too, restore to a time before; if not, this backup is of no use: make one now.',
    }));
  if (known.reasons.length === 0 && known.checks.length === 0) {
    reasons.push({
      what: 'No query was answered',
      mend: 'Look at the log of the verify function, then prove the backup again.',
    });
  }
  if (known.rtoSeconds !== null && known.rtoSeconds > known.withinSeconds) {
    reasons.push({
      what: `The restore took ${formatDuration(known.rtoSeconds)}, and ${formatDuration(known.withinSeconds)} are allowed`,
      mend: 'Raise the objective in the plan, or restore into a larger instance class.',
    });
  }
  return reasons;
}

/**
 * Removes what verifications of this system have left behind: instances that carry the tag of a verification and are
 * past their time, or whose verification has ended. Nothing without that tag is touched.
 */
export async function sweep(runtime: Runtime): Promise<{ removed: string[]; kept: string[] }> {
  const now = runtime.clock.now().toISOString();
  const removed: string[] = [];
  const kept: string[] = [];
  for (const region of regionsOf(runtime)) {
    for (const instance of await listInstances(runtime, region)) {
      const tag = (key: string) => instance.TagList?.find(({ Key }) => Key === key)?.Value;
      const name = instance.DBInstanceIdentifier ?? '';
      if (!isThrowAway(instance) || tag(systemTag) !== runtime.plan.system.id) continue;
      const known = await findVerification(runtime, tag('lifeboat:run') ?? '');
      const over = known?.outcome !== 'under-way' || (tag(expiresTag) ?? now) <= now;
      if (!over) kept.push(name);
      else if ((await removeThrowAway(runtime, region, instance)) === 'going') removed.push(name);
    }
  }
  return { removed, kept };
}

/** An execution that was stopped or timed out tears nothing down by itself: this does, as far as RDS lets it now. */
export async function endedBadly(
  runtime: Runtime,
  execution: string,
  startedAt: string,
  status: string,
  send: SendPage,
): Promise<VerifyReply | undefined> {
  const id = verificationId(execution, startedAt);
  const known = await findVerification(runtime, id);
  if (known?.outcome !== 'under-way') return undefined;
  await fail(runtime, id, `The execution ended as ${status}`, 'Prove the backup again.');
  await tearDown(runtime, id);
  return record(runtime, id, send);
}

async function tellRestoreTesting(runtime: Runtime, ended: Verification, why: string): Promise<void> {
  if (ended.restoreJob === undefined) return;
  const region = runtime.plan.regions.recovery;
  await request({ call: 'backup.PutRestoreValidationResult', region }, () =>
    runtime.aws.client(BackupClient, region).send(
      new PutRestoreValidationResultCommand({
        RestoreJobId: ended.restoreJob,
        ValidationStatus: ended.outcome === 'proven' ? 'SUCCESSFUL' : 'FAILED',
        ValidationStatusMessage: (why || `Proven by Lifeboat, verification ${ended.id}`).slice(0, 1000),
      }),
    ),
  );
}

type Planned = { backup: Backup; verify: VerifyPlan; target?: ComponentOf<'rds-restore-target'> };

function planOf({ plan }: Pick<Runtime, 'plan'>, id: string): Planned {
  const backup = Object.hasOwn(plan.backups, id) ? plan.backups[id] : undefined;
  if (!backup?.verify) {
    throw new InvalidInputError(`The plan does not say how a restore proves "${id}"`, {
      nextStep: 'Give the backup "verify" with a target and queries, and deploy again.',
    });
  }
  const { verify } = backup;
  const target = plan.components[verify.into];
  return { backup, verify, ...(target?.type === 'rds-restore-target' && { target }) };
}

/** Regions that verifications restore in. */
function regionsOf({ plan }: Pick<Runtime, 'plan'>): string[] {
  const targets = Object.values(plan.backups).flatMap(({ verify }) =>
    verify ? (plan.components[verify.into] ?? []) : [],
  );
  return [...new Set(targets.map(({ region }) => region))].sort();
}

async function connect(
  runtime: Runtime,
  target: ComponentOf<'rds-restore-target'>,
  secretArn: string | undefined,
  endpoint: { host: string; port: number },
) {
  const secret = await runtime.secret(secretArn ? `secret:${secretArn}` : target.credentials, target.region);
  const url = connectionUrl(secret, { ...endpoint, database: target.database });
  return runtime.network.sql({ url, connectTimeoutMs, statementTimeoutMs });
}

/** True, or what the database says instead. */
async function answersAsPrimary(
  runtime: Runtime,
  _: Verification,
  target: ComponentOf<'rds-restore-target'>,
  secretArn: string | undefined,
  endpoint: { host: string; port: number },
): Promise<true | string> {
  try {
    const connection = await connect(runtime, target, secretArn, endpoint);
    try {
      const { rows } = await connection.query('SELECT pg_is_in_recovery() AS in_recovery');
      return rows[0]?.in_recovery === false ? true : 'it is still in recovery';
    } finally {
      await connection.end();
    }
  } catch (error) {
    if (error instanceof ServiceUnavailableError || error instanceof LifeboatError) return error.message;
    throw error;
  }
}

function later(
  runtime: Runtime,
  id: string,
  verify: VerifyPlan,
  since: number,
  creating = false,
): Promise<VerifyReply> | VerifyReply {
  if (since > Math.min(longestSeconds, Math.max(verify.within * patience, 4 * 3600))) {
    return fail(
      runtime,
      id,
      `The restore was not done after ${formatDuration(since)}`,
      'Look at the events of the instance in RDS.',
    );
  }
  // While RDS creates it nothing can be asked for long. After that it is backed up once, and the end is near: an hour is
  // measured to a minute.
  const share = creating ? 0.08 : 0.02;
  return reply(id, 'wait', Math.min(300, Math.max(15, Math.round(since * share))));
}

/** No restore of RDS is done before five minutes are over. */
const firstLook = ({ within }: VerifyPlan) => Math.min(300, Math.round(within / 4));

async function fail(runtime: Runtime, id: string, what: string, mend: string): Promise<VerifyReply> {
  await updateVerification(runtime, id, current => ({ reasons: [...current.reasons, { what, mend }] }));
  return reply(id, 'teardown');
}

/** RDS needs three minutes at least to remove an instance; then it is looked again after 8 % of the time. */
const removalWait = (since: number) =>
  since < 150 ? 150 : Math.min(120, Math.max(20, Math.round(since * 0.08)));

const reply = (id: string, next: VerifyReply['next'], waitSeconds = 0): VerifyReply => ({
  id,
  next,
  waitSeconds,
});

const secondsSince = ({ clock }: Pick<Runtime, 'clock'>, since: string) =>
  (clock.now().getTime() - Date.parse(since)) / 1000;

function withPart(parts: Verification['parts'], name: string, seconds: number): Verification['parts'] {
  return [...parts.filter(part => part.name !== name), { name, seconds: Math.round(seconds) }];
}

/** Step Functions hands an error's cause over as text; that of a function is JSON with its message in it. */
function messageOf(cause: string): string {
  try {
    const parsed: unknown = JSON.parse(cause);
    const message =
      typeof parsed === 'object' && parsed !== null ? Reflect.get(parsed, 'errorMessage') : undefined;
    return typeof message === 'string' ? message : cause;
  } catch {
    return cause;
  }
}

import { formatDuration } from '../../plan/duration.ts';
import type { VerifyPlan } from '../../plan/schema.ts';
import { messageInCause } from '../../runbook/cause.ts';
import type { Runtime } from '../../runtime.ts';
import { verificationId } from '../names.ts';
import { answersAsPrimary, withRestored } from './connect.ts';
import { type OpenScratch, proveFile } from './file.ts';
import { loadIntoInstance, needsInstance, restoredDatabase } from './large-dump.ts';
import { choosePoint, type PointWish, pointsOf, whyNoPoint } from './points.ts';
import { askRestored } from './queries.ts';
import type { Verification } from './record.ts';
import { findVerification, openVerification, readVerification, updateVerification } from './state.ts';
import { fail, planOf, reply, secondsSince, type VerifyReply, withPart } from './steps.ts';
import { observeThrowAway, removeThrowAway, startThrowAway } from './throw-away.ts';
import { tagsOf, throwAwayName } from './throw-away-tags.ts';

export type VerifyWish = { backup: string; of?: string; point?: PointWish; by: string; restoreJob?: string };

/** A restore that takes so many times longer than it may is given up; its time is recorded as too long before. */
const patience = 3;
const longestSeconds = 12 * 3600;
/** How long a read may lag behind the request that made the instance. */
const visibleAfterSeconds = 300;
/** After that the sweeper goes on. */
const longestTearDownSeconds = 2 * 3600;

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
  const apart = target !== undefined && point !== undefined && needsInstance(verify, point);
  await openVerification(runtime, {
    id,
    backup: wish.backup,
    ...(wish.of !== undefined && { of: wish.of }),
    by: wish.by,
    execution,
    startedAt: runtime.clock.now().toISOString(),
    ...(point && { point }),
    ...(apart && target && { instance: throwAwayName(target, id) }),
    parts: [],
    checks: [],
    rpoSeconds: null,
    rtoSeconds: null,
    withinSeconds: verify.within,
    reasons: point ? [] : [await whyNoPoint(runtime, backup, wish.point ?? verify.point)],
    tornDown: !apart,
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
  const started = await startThrowAway(runtime, target, instance, point, tags);
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
  const tags = tagsOf(runtime.plan.system.id, id, known.startedAt, verify.within);
  const found = await observeThrowAway(runtime, target, name, tags);
  if (found.state === 'missing') {
    if (since < visibleAfterSeconds) return reply(id, 'wait', 15);
    return fail(
      runtime,
      id,
      `${name} was asked for, and RDS does not know it`,
      'Look at the events of RDS and at CloudTrail in that region.',
    );
  }
  if (found.state === 'stuck') return fail(runtime, id, found.reason.what, found.reason.mend);
  if (found.state === 'moving') {
    const why = `RDS ${found.creating ? 'still creates' : 'has made, and still changes,'} ${name}`;
    return later(runtime, known, verify, since, why, found.creating);
  }
  const { endpoint, secretArn } = found;
  const answers = await answersAsPrimary(runtime, { target, secretArn, endpoint });
  if (answers !== true) {
    const why = `${name} is available, and ${answers.why}`;
    if (since < verify.within * patience) return later(runtime, known, verify, since, why);
    return fail(runtime, id, why, answers.mend);
  }
  if (target.type === 'rds-new-instance') {
    const loaded = await loadIntoInstance(runtime, known, { endpoint, secretArn });
    if (loaded.status === 'failed') return fail(runtime, id, loaded.reason.what, loaded.reason.mend);
    if (loaded.status === 'pending')
      return later(runtime, known, verify, since, `The dump is being loaded into ${name}`);
  }
  await updateVerification(runtime, id, current => ({
    endpoint,
    ...(secretArn !== undefined && { secretArn }),
    parts: withPart(current.parts, 'restore', since),
    waitsFor: undefined,
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
  const database = target.type === 'rds-new-instance' ? restoredDatabase : target.database;
  const restored = { target, secretArn: known.secretArn, endpoint, database };
  const { checks, rpoSeconds } = await withRestored(runtime, restored, connection =>
    askRestored(connection, verify, new Date(point.at)),
  );
  const seconds = (runtime.clock.now().getTime() - began) / 1000;
  await updateVerification(runtime, id, current => ({
    checks,
    rpoSeconds,
    rtoSeconds: Math.round(secondsSince(runtime, current.restoreStartedAt ?? current.startedAt)),
    parts: withPart(current.parts, 'queries', seconds),
  }));
  return reply(id, 'teardown');
}

/** Something went wrong on the way: it is kept as the reason, and the tear-down comes next. */
export async function noteFailure(
  runtime: Runtime,
  id: string,
  error: string,
  cause: string,
): Promise<VerifyReply> {
  const said = messageInCause(cause);
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
  if ((await removeThrowAway(runtime, target, known.instance, id)) === 'going') {
    const since = secondsSince(runtime, await tearingDownSince(runtime, known));
    return since > longestTearDownSeconds ? reply(id, 'record') : reply(id, 'wait', removalWait(since));
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

/** When the first request to remove it was made; looked up in what was read, so that a look alone writes nothing. */
async function tearingDownSince(runtime: Runtime, known: Verification): Promise<string> {
  if (known.tearDownStartedAt !== undefined) return known.tearDownStartedAt;
  const now = runtime.clock.now().toISOString();
  const { tearDownStartedAt = now } = await updateVerification(runtime, known.id, current => ({
    tearDownStartedAt: current.tearDownStartedAt ?? now,
  }));
  return tearDownStartedAt;
}

/** Notes what it waits for, where that is something new, so that whoever asks meanwhile is told. */
async function later(
  runtime: Runtime,
  { id, waitsFor }: Verification,
  verify: VerifyPlan,
  since: number,
  why: string,
  creating = false,
): Promise<VerifyReply> {
  if (since > Math.min(longestSeconds, Math.max(verify.within * patience, 4 * 3600))) {
    return fail(
      runtime,
      id,
      `The restore was not done after ${formatDuration(since)}: ${why}`,
      'Look at the events of the instance in RDS.',
    );
  }
  if (why !== waitsFor) await updateVerification(runtime, id, () => ({ waitsFor: why }));
  // While RDS creates it nothing can be asked for long. After that it is backed up once, and the end is near: an hour is
  // measured to a minute.
  const share = creating ? 0.15 : 0.02;
  return reply(id, 'wait', Math.min(300, Math.max(15, Math.round(since * share))));
}

/** No restore of RDS is done before five minutes are over. */
const firstLook = ({ within }: VerifyPlan) => Math.min(300, Math.round(within / 4));

/** RDS needs three minutes at least to remove an instance; then it is looked again after 10 % of the time. */
const removalWait = (since: number) =>
  since < 170 ? 170 : Math.min(120, Math.max(20, Math.round(since * 0.1)));

import type { Reason } from '../../actions/contract.ts';
import { findBuild, outcomeOf, startBuild } from '../../aws/codebuild.ts';
import { shortHash } from '../../aws/names.ts';
import type { VerifyPlan } from '../../plan/schema.ts';
import type { Runtime } from '../../runtime.ts';
import { dialectOfDatabase } from '../../sql/dialects/dialects.ts';
import { restoreBuildspec } from '../../sql/restore/script.ts';
import { readManifest } from '../survey/files.ts';
import type { Point } from './points.ts';
import type { Verification } from './record.ts';
import { planOf } from './steps.ts';

/** The database that a dump is restored into, beside the empty one that RDS makes with the instance. */
export const restoredDatabase = 'lifeboat_proof';

/** A build of CodeBuild takes eight hours at the most here; the proof gives up by itself before. */
const buildTimeoutSeconds = 8 * 3600;

/** Whether a point is restored into an instance of its own: all but dumps are, and dumps that are too large. */
export function needsInstance({ larger }: VerifyPlan, { method, bytes }: Point): boolean {
  if (method !== 'file') return true;
  return larger !== undefined && (bytes === undefined || bytes > larger.above * 2 ** 20);
}

type Loaded = { status: 'done' } | { status: 'pending' } | { status: 'failed'; reason: Reason };

/**
 * Lets a build restore the dump into the throw-away instance, and says what has become of it. The build compares the file
 * with its manifest first; it is started once, whatever is repeated.
 */
export async function loadIntoInstance(
  runtime: Runtime,
  { id, backup: backupId, point }: Verification,
  { endpoint, secretArn }: { endpoint: { host: string; port: number }; secretArn: string | undefined },
): Promise<Loaded> {
  const { backup, verify, target } = planOf(runtime, backupId);
  const project = runtime.plan.components[verify.larger?.build ?? ''];
  const [, bucket = '', key = ''] = /^s3:\/\/([^/]+)\/(.+)$/.exec(point?.from ?? '') ?? [];
  if (backup.type !== 'dump' || project?.type !== 'codebuild-project' || !target || !point || !secretArn) {
    const what = 'The plan does not say which build restores this dump, or the instance has no password';
    return { status: 'failed', reason: { what, mend: 'Look at "larger" under "verify", and deploy again.' } };
  }
  const region = backup.bucket === bucket ? backup.region : (backup.copy?.region ?? backup.region);
  const context = {
    aws: runtime.aws,
    step: { timeoutSeconds: buildTimeoutSeconds },
    changed: async () => {},
  };
  const token = `proof-${shortHash(id, 24)}`;
  const build = await findBuild(context, { ...project, id: verify.larger?.build ?? '' }, token);
  if (!build) {
    const manifest = await readManifest(runtime, { bucket, region }, key);
    await startBuild(context, { ...project, id: verify.larger?.build ?? '' }, token, {
      buildspec: restoreBuildspec(dialectOfDatabase(target).name),
      secrets: { CREDENTIALS: `secret:${secretArn}` },
      environment: {
        DATABASE_HOST: endpoint.host,
        DATABASE_PORT: String(endpoint.port),
        LIVE_DATABASE: target.database,
        NEW_DATABASE: restoredDatabase,
        DUMP_REGION: region,
        DUMP_BUCKET: bucket,
        DUMP_KEY: key,
        DUMP_VERSION: '',
        DUMP_SHA256: manifest?.sha256 ?? '',
        DUMP_POINT_TIME: manifest?.sourceTime ?? point.at,
        COUNT_TABLES: '',
        LIFEBOAT_COMPONENT: backup.component,
      },
    });
    return { status: 'pending' };
  }
  const outcome = outcomeOf({ ...project, id: verify.larger?.build ?? '' }, build);
  if (outcome.status === 'done') return { status: 'done' };
  if (outcome.status === 'pending') return { status: 'pending' };
  const [reason = { what: `${key} could not be restored`, mend: 'Read the log of the build.' }] =
    outcome.reasons;
  return { status: 'failed', reason };
}

import { expiresTag, runTag, systemTag } from '../../aws/names.ts';
import type { Runtime } from '../../runtime.ts';
import type { SendPage } from '../../triage/page.ts';
import { verificationId } from '../names.ts';
import { tearDown } from './operations.ts';
import { record } from './result.ts';
import { findVerification, listVerifications } from './state.ts';
import { fail, type Target, targetOf, type VerifyReply } from './steps.ts';
import { listThrowAways } from './throw-away.ts';

/** The time-out of the verify machine, and an hour. */
const longestExecutionMs = 25 * 3_600_000;

/**
 * Removes what verifications of this system have left behind: instances and clusters that carry the tag of a verification and are
 * past their time, or whose verification has ended. Nothing without that tag is touched.
 */
export async function sweep(
  runtime: Runtime,
  send: SendPage,
): Promise<{ removed: string[]; kept: string[] }> {
  await closeForgotten(runtime, send);
  const now = runtime.clock.now().toISOString();
  const removed: string[] = [];
  const kept: string[] = [];
  for (const [region, kinds] of targetsOf(runtime)) {
    for (const { name, TagList, remove } of await listThrowAways(runtime, region, kinds)) {
      const tag = (key: string) => TagList?.find(({ Key }) => Key === key)?.Value;
      if (tag(systemTag) !== runtime.plan.system.id) continue;
      const known = await findVerification(runtime, tag(runTag) ?? '');
      const over = known?.outcome !== 'under-way' || (tag(expiresTag) ?? now) <= now;
      if (!over) kept.push(name);
      else if ((await remove()) === 'going') removed.push(name);
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

/** An execution ends after a day at the latest; its record may have been written after its end event was heard. */
async function closeForgotten(runtime: Runtime, send: SendPage): Promise<void> {
  const limit = new Date(runtime.clock.now().getTime() - longestExecutionMs).toISOString();
  for (const { id, outcome, startedAt } of await listVerifications(runtime)) {
    if (outcome !== 'under-way' || startedAt > limit) continue;
    await fail(runtime, id, 'The execution ended before it had begun to restore', 'Prove the backup again.');
    await record(runtime, id, send);
  }
}

/** Regions that verifications restore in, and into what there. */
function targetsOf({ plan }: Pick<Runtime, 'plan'>): Map<string, Target['type'][]> {
  const regions = new Map<string, Target['type'][]>();
  for (const { verify } of Object.values(plan.backups)) {
    const target = verify && targetOf(plan, verify);
    if (target) regions.set(target.region, [...(regions.get(target.region) ?? []), target.type]);
  }
  return regions;
}

import { BackupClient, PutRestoreValidationResultCommand } from '@aws-sdk/client-backup';
import { request } from '../../aws/aws-errors.ts';
import { formatDuration } from '../../plan/duration.ts';
import type { Runtime } from '../../runtime.ts';
import { pageOnce, type SendPage } from '../../triage/page.ts';
import { addEvidence } from '../evidence.ts';
import { updateKnown } from '../known.ts';
import type { Verification } from './record.ts';
import { updateVerification } from './state.ts';
import { planOf, reply, type VerifyReply } from './steps.ts';

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

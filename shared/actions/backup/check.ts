import * as z from 'zod';
import { type CheckResult, notChecked } from '../../backups/judge.ts';
import type { JsonObject } from '../../json.ts';
import { durationSchema, formatDuration } from '../../plan/duration.ts';
import { backupsOf, noSuchBackup } from '../backup-step.ts';
import { defineAction, type Reason } from '../contract.ts';
import { pending, ready } from '../outcomes.ts';

const parameters = z.strictObject({
  backup: z.string().meta({ description: 'Id of a backup of the plan' }),
  maxAge: durationSchema.optional().meta({
    description: "How old the newest one may be now, if that is less than its class's RPO",
  }),
});
const baselineSchema = z.object({ since: z.string() });

/** A service that does not answer is asked again for so long; then the step fails, since nothing was found out. */
const patienceSeconds = 180;

/** Looks at one class of backups as the daily check does, before something relies on it. Changes nothing. */
export const action = defineAction({
  kind: 'backup.check',
  summary: 'Checks that a backup of the plan is there, young enough and as the plan promises',
  parameters,
  components: {},
  outputs: {
    id: 'the newest one that can be restored from',
    at: 'the last moment whose data is in it, ISO-8601 UTC',
    ageSeconds: 'how old that is: what would be lost',
  },
  drill: 'same',
  mutates: false,
  typical: {
    minSeconds: 1,
    likelySeconds: 5,
    maxSeconds: 120,
    source: 'A few reads; a file in a bucket is read to its end',
  },
  failureModes: [
    'There is none, or the newest one is older than the plan promises',
    'The newest file is cut off or is not what its manifest says',
    'The region of the backups does not answer, so nothing can be said about them',
  ],
  // They depend on the class that is named; see stepPermissions in deploy/backup-statements/steps.ts.
  permissions: () => [],

  async prepare(context, { backup: id }) {
    const backup = backupsOf(context).find(id);
    if (!backup) return noSuchBackup(id);
    return ready({ since: context.clock.now().toISOString() }, `${backup.title} is checked`);
  },

  async observe(context, { backup: id, maxAge }, baseline) {
    const result = await backupsOf(context).check(id);
    const { since } = baselineSchema.parse(baseline);
    const waited = (context.clock.now().getTime() - Date.parse(since)) / 1000;
    // Its copies can be restored from whether or not its own region answers.
    const copiesOnly = result.unanswered !== undefined;
    if (result.status === 'unknown' && !copiesOnly && waited < patienceSeconds) {
      return pending(result.findings.map(({ what }) => what).join(' '));
    }
    const reasons = reasonsOf(result, maxAge);
    if (reasons.length > 0 || !result.newest) return { status: 'failed', reasons, evidence: [] };
    const { id: newest, at, ageSeconds } = result.newest;
    const outputs: JsonObject = { id: newest, at, ageSeconds };
    const each = copiesOnly ? `${result.count} copies (${result.unanswered} does not answer)` : result.count;
    const what = `${result.title}: the newest of ${each} is ${formatDuration(ageSeconds)} old and in order`;
    return { status: 'done', outputs, evidence: [{ what, data: outputs }] };
  },
});

function reasonsOf(result: CheckResult, maxAge: number | undefined): Reason[] {
  const { title, newest, unanswered } = result;
  const named = (what: string) => (what.startsWith(title) ? what : `${title}: ${what}`);
  const reasons: Reason[] = result.findings
    .filter(({ name }) => unanswered === undefined || name !== notChecked)
    .map(({ what, mend }) => ({ what: named(what), mend }));
  if (maxAge !== undefined && newest && newest.ageSeconds > maxAge) {
    reasons.push({
      what: `${title}: the newest one is ${formatDuration(newest.ageSeconds)} old, and this step allows ${formatDuration(maxAge)}`,
      mend: 'Make one now, or accept the loss and skip this step.',
    });
  }
  return reasons;
}

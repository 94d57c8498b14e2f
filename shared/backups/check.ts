import type { Runtime } from '../runtime.ts';
import { pageOnce, type SendPage } from '../triage/page.ts';
import { addEvidence } from './evidence.ts';
import { type CheckResult, judgeBackup } from './judge.ts';
import { readKnown, updateKnown } from './known.ts';
import { surveyBackup } from './survey.ts';

/** Services are asked about so many classes at the same time. */
const atOnce = 4;

/**
 * Checks classes of backups: what there is, judged by what the plan promises. Reads only, except for Lifeboat's own
 * records. One that can't be asked hides none of the others.
 */
export async function checkBackups(runtime: Runtime, ids: readonly string[]): Promise<CheckResult[]> {
  const known = await readKnown(runtime);
  const results: CheckResult[] = [];
  for (let start = 0; start < ids.length; start += atOnce) {
    const group = ids.slice(start, start + atOnce).map(async id => {
      const backup = runtime.plan.backups[id];
      if (!backup) return [];
      const surveyed = await surveyBackup(runtime, id, backup);
      return [
        judgeBackup({
          id,
          backup,
          plan: runtime.plan,
          surveyed,
          now: runtime.clock.now(),
          sizes: known.get(id)?.sizes,
        }),
      ];
    });
    results.push(...(await Promise.all(group)).flat());
  }
  return results;
}

/** Records what a check found: what is known of each class, and a fact in the evidence. Once for the same `once`. */
export async function recordChecks(
  runtime: Runtime,
  results: readonly CheckResult[],
  by: string,
  once: string,
): Promise<void> {
  const at = runtime.clock.now().toISOString();
  for (const result of results) {
    const { backup, status, findings, count, newest, lossSeconds, sizes } = result;
    await updateKnown(runtime, backup, () => ({
      check: { at, status, findings, count, ...(newest && { newestAt: newest.at }), lossSeconds },
      sizes,
    }));
    await addEvidence(
      runtime,
      { type: 'backup-checked', backup, verdict: status, findings, lossSeconds, by },
      `check/${backup}/${once}`,
    );
  }
}

/** Tells people of what is not in order: once a day for the same thing. */
export async function pageFindings(
  runtime: Runtime,
  results: readonly CheckResult[],
  send: SendPage,
): Promise<void> {
  const day = runtime.clock.now().toISOString().slice(0, 10);
  for (const { backup, title, findings } of results) {
    for (const { name, what, mend } of findings) {
      await pageOnce(runtime, send, {
        key: `backup/${backup}/${name}/${day}`,
        subject: `Backup ${title}: ${name}`,
        lines: [what, mend],
      });
    }
  }
}

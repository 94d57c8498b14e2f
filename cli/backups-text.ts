import type { Coverage } from '../shared/backups/coverage.ts';
import type { CheckResult } from '../shared/backups/judge.ts';
import type { Verification } from '../shared/backups/verify/record.ts';
import { formatDuration } from '../shared/plan/duration.ts';

/** What a check found: one line a class, and below it what is wrong and how to mend it. */
export function checkText(results: readonly CheckResult[]): string {
  const width = Math.max(...results.map(({ backup }) => backup.length), 6);
  const lines = results.map(({ backup, status, count, newest, findings, rpoSeconds }) => {
    const there = newest
      ? `newest ${newest.at}, ${formatDuration(newest.ageSeconds)} old (${formatDuration(rpoSeconds)} allowed), ${count} kept`
      : 'nothing that can be restored from';
    const below = findings
      .map(({ name, what, mend }) => `    ${name}: ${what}\n    mend: ${mend}\n`)
      .join('');
    return `${backup.padEnd(width)}  ${status.padEnd(7)}  ${there}\n${below}`;
  });
  const bad = results.filter(({ status }) => status !== 'ok').length;
  const verdict =
    bad === 0
      ? 'All of them are there and young enough'
      : `${bad} of ${results.length} ${bad === 1 ? 'is' : 'are'} not in order`;
  return `${lines.join('')}${verdict}. A check finds what is missing; only a restore proves a backup (lifeboat backups PLAN verify).\n`;
}

/** What became of restores: how long each took, how fresh its data is, and what every query said. */
export function verifyText(verifications: readonly Verification[]): string {
  return verifications.map(one).join('');
}

function one({
  backup,
  of,
  outcome,
  point,
  parts,
  checks,
  rpoSeconds,
  rtoSeconds,
  withinSeconds,
  reasons,
  tornDown,
}: Verification): string {
  const lines = [`${of ? `${backup} (${of})` : backup}  ${outcome}`];
  if (point) lines.push(`  restored  ${point.from} as of ${point.at}`);
  if (rtoSeconds !== null) {
    const split = parts.map(({ name, seconds }) => `${name} ${formatDuration(seconds)}`).join(', ');
    lines.push(`  RTO  ${formatDuration(rtoSeconds)} of ${formatDuration(withinSeconds)} (${split})`);
  }
  if (rpoSeconds !== null)
    lines.push(`  RPO  the newest row is ${formatDuration(rpoSeconds)} older than the recovery point`);
  for (const { ok, title, said } of checks) lines.push(`  ${ok ? 'ok ' : 'BAD'}  ${title}: ${said}`);
  for (const { what, mend } of reasons) lines.push(`  because  ${what}\n    mend: ${mend}`);
  if (!tornDown) lines.push('  The throw-away instance is not gone yet; the sweeper removes it.');
  return `${lines.join('\n')}\n`;
}

/** The coverage: gaps first. */
export function coverageText({ rows, evidence }: Coverage): string {
  const lines = rows.map(
    ({ backup, state, why, provenAt, rpoSeconds, rtoSeconds, nextProof }) =>
      `${state.padEnd(8)}  ${backup}  ${provenAt ? `proven ${provenAt}` : 'never proven'}` +
      `${rpoSeconds != null ? `, RPO ${formatDuration(rpoSeconds)}` : ''}${rtoSeconds != null ? `, RTO ${formatDuration(rtoSeconds)}` : ''}` +
      `${nextProof ? `, next ${nextProof}` : ''}\n${why.map(text => `    ${text}\n`).join('')}`,
  );
  const chain = evidence.intact
    ? `${evidence.entries} entries of evidence, the chain is intact (head ${evidence.head?.slice(0, 12) ?? 'none'})`
    : 'THE CHAIN OF EVIDENCE IS BROKEN: somebody changed or removed an entry';
  return `${lines.join('')}${chain}\n`;
}

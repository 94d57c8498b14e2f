import { checkPlan } from '../../shared/plan/check.ts';
import type { Finding } from '../../shared/plan/finding.ts';

export type ValidateArgs = { plans: string[]; json: boolean };
export type Output = { out(text: string): void; err(text: string): void };

/**
 * Checks plans and tells what is wrong with them: as lines `file:line:col  severity  rule  message` with how to mend
 * it below, or with `json` as one object `{ok, errors, warnings, waived, findings}`. Waived warnings are in the JSON
 * only. Returns the exit code: 0, 1 when a plan has errors, 2 when no plan was named.
 */
export async function validate({ plans, json }: ValidateArgs, io: Output): Promise<number> {
  if (plans.length === 0) {
    io.err('Name at least one plan: lifeboat validate plans/liquid-abt/plan.yml\n');
    return 2;
  }
  const findings: Finding[] = [];
  for (const plan of plans) {
    const found = (await checkPlan(plan)).findings;
    findings.push(...found);
    if (!json) io.out(describe(plan, found));
  }
  const { errors, warnings, waived } = count(findings);
  if (json)
    io.out(`${JSON.stringify({ ok: errors === 0, errors, warnings, waived, findings }, undefined, 2)}\n`);
  return errors === 0 ? 0 : 1;
}

/** Writes findings as `validate` shows them to the error stream, for commands that can't go on because of them. */
export function printFindings(findings: readonly Finding[], io: Pick<Output, 'err'>): void {
  io.err(findings.map(describeFinding).join(''));
}

function describe(plan: string, findings: readonly Finding[]): string {
  const { errors, warnings, waived } = count(findings);
  const lines = findings.filter(finding => finding.waived === undefined).map(describeFinding);
  const verdict = errors > 0 ? 'can not be used' : 'is in order';
  const counts = [`${plural(errors, 'error')}, ${plural(warnings, 'warning')}`];
  if (waived > 0) counts.push(`${waived} waived by the plan`);
  return `${lines.join('')}${plan} ${verdict}: ${counts.join(', ')}\n`;
}

function describeFinding({ file, line, col, severity, rule, message, mend }: Finding): string {
  return `${file}:${line}:${col}  ${severity}  ${rule}  ${printable(message)}\n    mend: ${printable(mend)}\n`;
}

function count(findings: readonly Finding[]): { errors: number; warnings: number; waived: number } {
  const waived = findings.filter(finding => finding.waived !== undefined).length;
  const errors = findings.filter(finding => finding.severity === 'error').length;
  return { errors, warnings: findings.length - errors - waived, waived };
}

function plural(amount: number, noun: string): string {
  return `${amount} ${noun}${amount === 1 ? '' : 's'}`;
}

/** What a file says may hold characters that move a terminal's cursor; none of them gets there. */
function printable(text: string): string {
  return text.replace(/[\p{Cc}\u2028\u2029]/gu, ' ');
}

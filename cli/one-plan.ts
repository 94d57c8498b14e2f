import { checkPlan } from '../shared/plan/check.ts';
import type { Finding } from '../shared/plan/finding.ts';
import type { Plan } from '../shared/plan/schema.ts';
import { printFindings } from './commands/validate.ts';
import type { Io } from './io.ts';

/**
 * Reads the one plan that a command takes. Undefined, after saying why, for none, for several, and for a plan with
 * errors.
 */
export async function readOnePlan(
  command: string,
  paths: readonly string[],
  io: Io,
): Promise<{ plan: Plan; path: string; findings: Finding[] } | undefined> {
  const [path, ...others] = paths;
  if (path === undefined || others.length > 0) {
    io.err(`${command} takes one plan: lifeboat ${command} plans/liquid-abt/plan.yml\n`);
    return undefined;
  }
  const { plan, findings } = await checkPlan(path);
  if (plan) return { plan, path, findings };
  printFindings(
    findings.filter(({ severity }) => severity === 'error'),
    io,
  );
  return undefined;
}

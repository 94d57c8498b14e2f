import { primarySignalsTemplate } from '../../deploy/primary-signals.ts';
import { checkPlan } from '../../shared/plan/check.ts';
import type { Io } from '../io.ts';
import { printFindings } from './validate.ts';

export type PrimarySignalsArguments = { plan: string[]; region?: string };

/**
 * `lifeboat primary-signals`: the CloudFormation template of what the plan's metric and event signals need in the
 * primary region, or in another one. Exit 0, or 2 when there is nothing to make or the plan can't be read.
 */
export async function primarySignals(
  { plan: paths, region }: PrimarySignalsArguments,
  io: Io,
): Promise<number> {
  const [path, ...others] = paths;
  if (path === undefined || others.length > 0) {
    io.err('primary-signals takes one plan: lifeboat primary-signals plans/liquid-abt/plan.yml\n');
    return 2;
  }
  const { plan, findings } = await checkPlan(path);
  if (!plan) {
    printFindings(
      findings.filter(({ severity }) => severity === 'error'),
      io,
    );
    return 2;
  }
  const where = region ?? plan.regions.primary;
  const template = primarySignalsTemplate(plan, where);
  if (!template) {
    io.err(`The plan has no metric and no event signal in ${where} that would have to be forwarded.\n`);
    return 2;
  }
  io.out(`${JSON.stringify(template, undefined, 2)}\n`);
  return 0;
}

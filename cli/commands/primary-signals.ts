import { primarySignalsTemplate } from '../../deploy/primary-signals.ts';
import type { Io } from '../io.ts';
import { readOnePlan } from '../one-plan.ts';

export type PrimarySignalsArguments = { plan: string[]; region?: string };

/**
 * `lifeboat primary-signals`: the CloudFormation template of what the plan's metric and event signals need in the
 * primary region, or in another one. Exit 0, or 2 when there is nothing to make or the plan can't be read.
 */
export async function primarySignals(
  { plan: paths, region }: PrimarySignalsArguments,
  io: Io,
): Promise<number> {
  const read = await readOnePlan('primary-signals', paths, io);
  if (!read) return 2;
  const { plan } = read;
  const where = region ?? plan.regions.primary;
  const template = primarySignalsTemplate(plan, where);
  if (!template) {
    io.err(`The plan has no metric and no event signal in ${where} that would have to be forwarded.\n`);
    return 2;
  }
  io.out(`${JSON.stringify(template, undefined, 2)}\n`);
  return 0;
}

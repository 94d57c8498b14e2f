import * as z from 'zod';
import type { Replayed } from '../aws/rds-replica.ts';
import { formatDuration } from '../plan/duration.ts';
import type { ActionContext, Evidence, Reason } from './contract.ts';
import { dataLoss } from './risks.ts';

/** Undefined when the lag could not be measured and the loss was accepted. `pointTime` is ISO-8601 UTC. */
export const measuredSchema = z.object({
  pointTime: z.string().optional(),
  lossSeconds: z.number().optional(),
});
type Baseline = z.infer<typeof measuredSchema>;
type Measured = { baseline: Baseline; reasons: Reason[]; evidence: Evidence[] };

/**
 * What is lost when a replica is promoted that has replayed so much. It counts from the outage; in a planned move, where
 * nothing has failed, up to now. There it is nothing at all once the old writer is read-only and the replica has replayed
 * its log to the end.
 */
export function measureLoss(
  context: Pick<ActionContext, 'run' | 'clock'>,
  identifier: string,
  replayed: Replayed,
  { maxLoss, acceptedRisks }: { maxLoss: number; acceptedRisks: readonly string[] },
): Measured {
  const accepted = acceptedRisks.includes(dataLoss);
  if (!replayed.known) {
    const what = `How far ${identifier} lags is not known: ${replayed.why}`;
    if (accepted) {
      return {
        baseline: {},
        reasons: [],
        evidence: [{ what: `${what}. The risk "${dataLoss}" was accepted` }],
      };
    }
    const mend = `Mend the connection or the credentials and retry, or have a named person accept the risk "${dataLoss}".`;
    return { baseline: {}, reasons: [{ what, mend }], evidence: [] };
  }
  const end =
    context.run.mode === 'recover' ? Date.parse(context.run.outageStartedAt) : context.clock.now().getTime();
  const lossSeconds = Math.max(0, Math.round((end - replayed.at.getTime()) / 1000));
  const baseline = { pointTime: replayed.at.toISOString(), lossSeconds };
  const verdict = lossSeconds <= maxLoss ? 'within' : 'ABOVE';
  const what = `${identifier} has replayed its source up to ${baseline.pointTime}; ${formatDuration(lossSeconds)} of data is lost at most, ${verdict} the allowed ${formatDuration(maxLoss)}`;
  if (lossSeconds <= maxLoss || accepted)
    return { baseline, reasons: [], evidence: [{ what, data: baseline }] };
  const mend = `Wait for the replica to catch up if its source still lives and retry, restore from a newer point, or have a named person accept the risk "${dataLoss}".`;
  return { baseline, reasons: [{ what, mend }], evidence: [] };
}

export function lossSaid({ lossSeconds, pointTime }: Baseline): string {
  if (lossSeconds === undefined) return 'how much was lost could not be measured';
  return `at most ${formatDuration(lossSeconds)} was lost (its last commit of the old writer is of ${pointTime})`;
}

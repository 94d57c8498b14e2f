import type { ActionContext } from '../actions/contract.ts';
import { newestDataPoint } from './newest-data-point.ts';
import { type Fault, withoutUrl } from './rds-connection.ts';
import type { Replayed } from './rds-replica.ts';

/** How long before the outage a measurement may be and still be looked for. */
const lookBackMs = 3 * 3_600_000;
/** A value is of some moment of its minute; and a source that has vanished is noticed after 60 s (slave_net_timeout). */
const unsureMs = 60_000 + 60_000;

/** RDS publishes -1 while a replica of MySQL does not know. */
export async function replayedByMetric(
  { aws, clock, run }: Pick<ActionContext, 'aws' | 'clock' | 'run'>,
  region: string,
  identifier: string,
  fault: Fault,
): Promise<Replayed> {
  const cutAt = run.mode === 'recover' ? new Date(run.outageStartedAt) : clock.now();
  const window = { from: new Date(cutAt.getTime() - lookBackMs), to: cutAt };
  const dimensions = [{ DBInstanceIdentifier: identifier }];
  const asked = { namespace: 'AWS/RDS', name: 'ReplicaLag', dimensions, statistic: 'Maximum' } as const;
  try {
    const point = await newestDataPoint(aws, region, asked, window);
    if (point === undefined || point.value < 0) return { known: false, ...fault };
    return { known: true, at: new Date(point.at.getTime() - unsureMs - point.value * 1000) };
  } catch (error) {
    const why = `${fault.why}; and CloudWatch did not say it either: ${withoutUrl(error)}`;
    return { known: false, ...fault, why };
  }
}

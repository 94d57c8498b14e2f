import type { ActionContext, Evidence } from '../actions/contract.ts';
import { RequestRejectedError } from '../errors.ts';
import { isThrottle, isUnreachable } from './aws-errors.ts';
import type { GlobalService, Member, ShownCluster } from './global-clusters.ts';

/**
 * A parameter by which a primary lets no write commit while no secondary is near enough. After a failover out of a lost
 * region there is no secondary: writes stand still though the role is right, and nobody sees why. Both guides say to leave
 * it alone in the secondary of two regions. Sources: Aurora User Guide, "Managing RPOs for Aurora PostgreSQL–based global
 * databases"; DocumentDB Developer Guide, "Managing RPOs for Amazon DocumentDB global clusters".
 */
export type CommitPause = {
  /** Its name for the engine of a cluster; undefined for an engine that has none. */
  parameter(cluster: ShownCluster): string | undefined;
  /** Its value in a cluster parameter group of `region`, if there is one. */
  read(context: ActionContext, region: string, group: string, parameter: string): Promise<string | undefined>;
};

export type Pause = { pauses: boolean; evidence: Evidence[] };

const none: Pause = { pauses: false, evidence: [] };

/** Whether writes would stand still after a failover to `to`. What can't be read is said, and holds nobody up. */
export async function lookForPause<M extends Member>(
  { family, commitPause }: GlobalService<M>,
  context: ActionContext,
  { identifier, region }: M,
  cluster: ShownCluster | undefined,
): Promise<Pause> {
  const group = cluster?.DBClusterParameterGroup;
  const parameter = cluster && commitPause?.parameter(cluster);
  // Nobody can change a default group, and in it the parameter is off.
  if (!commitPause || parameter === undefined || group === undefined || group.startsWith('default.'))
    return none;
  try {
    const seconds = Number(await commitPause.read(context, region, group, parameter));
    if (!(seconds > 0)) return none;
    const reset = `aws ${family} reset-db-cluster-parameter-group --region ${region} --db-cluster-parameter-group-name ${group} --parameters ParameterName=${parameter},ApplyMethod=immediate`;
    const what = `${identifier} lets no write commit while no secondary is within ${seconds} s of it (${parameter} in ${group}): after a failover there is none, and writes may stand still until somebody says: ${reset}`;
    return { pauses: true, evidence: [{ what, data: { parameter, group, seconds } }] };
  } catch (error) {
    if (!isUnreachable(error) && !isThrottle(error) && !(error instanceof RequestRejectedError)) throw error;
    return {
      pauses: false,
      evidence: [
        {
          what: `Whether ${parameter} is set in ${group} could not be read: ${error instanceof Error ? error.message : String(error)}`,
        },
      ],
    };
  }
}

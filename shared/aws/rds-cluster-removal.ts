import {
  type DBCluster,
  DeleteDBClusterCommand,
  DeleteDBInstanceCommand,
  ModifyDBClusterCommand,
  RDSClient,
} from '@aws-sdk/client-rds';
import type { ActionContext, Observation } from '../actions/contract.ts';
import { isNamed, isNotFound, request } from './aws-errors.ts';
import { runTag } from './names.ts';
import { readCluster, readMembers } from './rds-cluster-reader.ts';
import { canTakeFinalSnapshot } from './rds-status.ts';

/** Whether this run made the cluster. */
export function isClusterOfRun(cluster: DBCluster, runId: string): boolean {
  return cluster.TagList?.some(tag => tag.Key === runTag && tag.Value === runId) ?? false;
}

/**
 * Removes a cluster that this run made with its instances, and nothing else; called again until it is gone. Outside a
 * drill a final snapshot is kept, because users may have written to it.
 */
export async function removeCluster(
  context: ActionContext,
  region: string,
  identifier: string,
): Promise<Observation> {
  const cluster = await readCluster(context.aws, region, identifier);
  if (cluster === undefined) {
    // Its instances may go on being deleted for some minutes; until then something of the run is still there.
    const left = await readMembers(context.aws, region, identifier);
    if (left.length > 0)
      return { status: 'pending', note: `${left.length} instances of ${identifier} are still being deleted` };
    return { status: 'done', outputs: {}, evidence: [{ what: `${identifier} does not exist in ${region}` }] };
  }
  if (!isClusterOfRun(cluster, context.run.id)) {
    const what = `The cluster ${identifier} in ${region} does not carry the tag of this run, so it is not deleted`;
    const mend = 'Find out who made it. Delete it by hand only if nothing uses it.';
    return { status: 'failed', reasons: [{ what, mend }], evidence: [] };
  }
  if (cluster.Status === 'deleting') return { status: 'pending', note: `${identifier} is being deleted` };
  if (cluster.DeletionProtection) return unprotect(context, region, identifier);
  // Aurora deletes no cluster that has instances.
  const members = await readMembers(context.aws, region, identifier);
  const aurora = cluster.Engine?.startsWith('aurora') === true;
  const standing = members.filter(({ DBInstanceStatus }) => DBInstanceStatus !== 'deleting');
  if (aurora && standing.length > 0) {
    return deleteMember(context, region, standing.at(-1)?.DBInstanceIdentifier ?? '');
  }
  return deleteCluster(context, region, identifier, cluster.Status);
}

function unprotect(context: ActionContext, region: string, identifier: string): Promise<Observation> {
  return change(
    context,
    { call: 'rds.ModifyDBCluster', region, resource: identifier },
    'Deletion protection taken off, to remove what this run made',
    client =>
      client.send(
        new ModifyDBClusterCommand({
          DBClusterIdentifier: identifier,
          DeletionProtection: false,
          ApplyImmediately: true,
        }),
      ),
  );
}

/** Asks for the deletion of one instance of a cluster; the caller has made sure that it is the run's own. */
export function deleteMember(context: ActionContext, region: string, instance: string): Promise<Observation> {
  return change(
    context,
    { call: 'rds.DeleteDBInstance', region, resource: instance },
    'Deleted; the data stays in the cluster until that is deleted',
    client =>
      client.send(new DeleteDBInstanceCommand({ DBInstanceIdentifier: instance, SkipFinalSnapshot: true })),
  );
}

function deleteCluster(
  context: ActionContext,
  region: string,
  identifier: string,
  status: string | undefined,
): Promise<Observation> {
  const keep = context.run.mode !== 'drill' && canTakeFinalSnapshot(status);
  const finalSnapshot = context.names.resource(`${identifier}-final`, 63);
  return change(
    context,
    { call: 'rds.DeleteDBCluster', region, resource: identifier },
    keep ? `Deleted; its last state is kept in snapshot ${finalSnapshot}` : 'Deleted without a snapshot',
    client =>
      client.send(
        new DeleteDBClusterCommand({
          DBClusterIdentifier: identifier,
          ...(keep
            ? { SkipFinalSnapshot: false, FinalDBSnapshotIdentifier: finalSnapshot }
            : { SkipFinalSnapshot: true }),
        }),
      ),
  );
}

/** RDS refuses changes while something is being made or changed; then the next call tries again. */
async function change(
  context: ActionContext,
  place: { call: string; region: string; resource: string },
  what: string,
  send: (client: RDSClient) => Promise<unknown>,
): Promise<Observation> {
  await context.changed({ ...place, what });
  try {
    await request(place, () => send(context.aws.client(RDSClient, place.region)));
    return { status: 'pending', note: `${place.resource}: the removal is under way` };
  } catch (error) {
    const gone = isNotFound(error, 'DBInstanceNotFoundFault', 'DBClusterNotFoundFault');
    const busy = isNamed(error, 'InvalidDBInstanceStateFault', 'InvalidDBClusterStateFault');
    if (!gone && !busy) throw error;
    return { status: 'pending', note: `${place.resource} can't be removed in its present state yet` };
  }
}

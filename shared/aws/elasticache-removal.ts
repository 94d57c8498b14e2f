import { DeleteReplicationGroupCommand, ElastiCacheClient } from '@aws-sdk/client-elasticache';
import type { ActionContext, Observation } from '../actions/contract.ts';
import { isNamed, isNotFound, request } from './aws-errors.ts';
import { isOfThisRun, readGroup } from './elasticache-reader.ts';

/**
 * Removes a replication group that this run made, and nothing else; called again until it is gone. Outside a drill a
 * final snapshot is kept.
 */
export async function removeGroup(context: ActionContext, region: string, id: string): Promise<Observation> {
  const group = await readGroup(context.aws, region, id);
  if (group === undefined) {
    return { status: 'done', outputs: {}, evidence: [{ what: `${id} does not exist in ${region}` }] };
  }
  if (!(await isOfThisRun(context.aws, region, group.ARN ?? '', context.run.id))) {
    const what = `The cache ${id} in ${region} does not carry the tag of this run, so it is not deleted`;
    const mend = 'Find out who made it. Delete it by hand only if nothing uses it.';
    return { status: 'failed', reasons: [{ what, mend }], evidence: [] };
  }
  if (group.Status !== 'available' && group.Status !== 'create-failed') {
    return { status: 'pending', note: `${id} is ${group.Status}` };
  }
  const keep = context.run.mode !== 'drill' && group.Status === 'available';
  const finalSnapshot = context.names.resource(`${id}-final`, 255);
  await context.changed({
    call: 'elasticache.DeleteReplicationGroup',
    region,
    resource: id,
    what: keep
      ? `Deleted; its last state is kept in snapshot ${finalSnapshot}`
      : 'Deleted without a snapshot',
  });
  try {
    await request({ call: 'elasticache.DeleteReplicationGroup', region }, () =>
      context.aws.client(ElastiCacheClient, region).send(
        new DeleteReplicationGroupCommand({
          ReplicationGroupId: id,
          RetainPrimaryCluster: false,
          ...(keep && { FinalSnapshotIdentifier: finalSnapshot }),
        }),
      ),
    );
  } catch (error) {
    const passing = isNamed(error, 'InvalidReplicationGroupStateFault', 'SnapshotAlreadyExistsFault');
    if (!passing && !isNotFound(error, 'ReplicationGroupNotFoundFault')) throw error;
  }
  return { status: 'pending', note: `${id}: the removal is under way` };
}

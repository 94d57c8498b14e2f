import { DeleteDBInstanceCommand, ModifyDBInstanceCommand, RDSClient } from '@aws-sdk/client-rds';
import type { ActionContext, Observation } from '../actions/contract.ts';
import { isNamed, isNotFound, request } from './aws-errors.ts';
import { readInstance } from './rds-reader.ts';
import { isOfRun } from './rds-run-tag.ts';
import { canTakeFinalSnapshot } from './rds-status.ts';

/**
 * Removes an instance that this run made, and nothing else; called again until it is gone. Outside a drill a final
 * snapshot is kept, because users may have written to it.
 */
export async function removeInstance(
  context: ActionContext,
  region: string,
  identifier: string,
): Promise<Observation> {
  const instance = await readInstance(context.aws, region, identifier);
  if (instance === undefined) {
    return { status: 'done', outputs: {}, evidence: [{ what: `${identifier} does not exist in ${region}` }] };
  }
  if (!isOfRun(instance, context.run.id)) {
    return {
      status: 'failed',
      reasons: [
        {
          what: `${identifier} in ${region} does not carry the tag of this run, so it is not deleted`,
          mend: 'Find out who made it. Delete it by hand only if nothing uses it.',
        },
      ],
      evidence: [],
    };
  }
  if (instance.DBInstanceStatus === 'deleting') {
    return { status: 'pending', note: `${identifier} is being deleted` };
  }
  if (instance.DeletionProtection) return unprotect(context, region, identifier);
  return deleteInstance(context, region, identifier, instance.DBInstanceStatus);
}

async function unprotect(context: ActionContext, region: string, identifier: string): Promise<Observation> {
  await context.changed({
    call: 'rds.ModifyDBInstance',
    region,
    resource: identifier,
    what: 'Deletion protection taken off, to remove what this run made',
  });
  return whenReady(identifier, () =>
    request({ call: 'rds.ModifyDBInstance', region }, () =>
      context.aws.client(RDSClient, region).send(
        new ModifyDBInstanceCommand({
          DBInstanceIdentifier: identifier,
          DeletionProtection: false,
          ApplyImmediately: true,
        }),
      ),
    ),
  );
}

async function deleteInstance(
  context: ActionContext,
  region: string,
  identifier: string,
  status: string | undefined,
): Promise<Observation> {
  const keep = context.run.mode !== 'drill' && canTakeFinalSnapshot(status);
  const finalSnapshot = context.names.resource(`${identifier}-final`, 63);
  await context.changed({
    call: 'rds.DeleteDBInstance',
    region,
    resource: identifier,
    what: keep
      ? `Deleted; its last state is kept in snapshot ${finalSnapshot}`
      : 'Deleted without a snapshot',
  });
  return whenReady(identifier, () =>
    request({ call: 'rds.DeleteDBInstance', region }, () =>
      context.aws.client(RDSClient, region).send(
        new DeleteDBInstanceCommand({
          DBInstanceIdentifier: identifier,
          DeleteAutomatedBackups: !keep,
          ...(keep
            ? { SkipFinalSnapshot: false, FinalDBSnapshotIdentifier: finalSnapshot }
            : { SkipFinalSnapshot: true }),
        }),
      ),
    ),
  );
}

/** RDS refuses changes while an instance is being made or changed; then the next call tries again. */
async function whenReady(identifier: string, change: () => Promise<unknown>): Promise<Observation> {
  try {
    await change();
    return { status: 'pending', note: `${identifier}: the removal is under way` };
  } catch (error) {
    if (isNotFound(error, 'DBInstanceNotFoundFault')) {
      return { status: 'done', outputs: {}, evidence: [{ what: `${identifier} is gone` }] };
    }
    if (isNamed(error, 'InvalidDBInstanceStateFault')) {
      return { status: 'pending', note: `${identifier} can't be removed in its present state yet` };
    }
    throw error;
  }
}

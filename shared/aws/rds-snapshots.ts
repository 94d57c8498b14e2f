import { type DBSnapshot, DeleteDBSnapshotCommand, RDSClient } from '@aws-sdk/client-rds';
import type { ActionContext, Observation, Permission } from '../actions/contract.ts';
import { fail, finish, type NotYet, pending } from '../actions/outcomes.ts';
import { isNamed, isNotFound, request } from './aws-errors.ts';
import { runTag } from './names.ts';
import { rdsArn } from './rds-arns.ts';
import { readSnapshot } from './rds-reader.ts';
import { visibleAfterSeconds } from './rds-writer.ts';

/** A snapshot identifier has at most 255 characters (CreateDBSnapshot); shorter ones can be read in a report. */
export const snapshotNameLength = 100;

export type Finished = { status: 'available'; snapshot: DBSnapshot };

/** Whether this run made the snapshot. */
export function isSnapshotOfRun(snapshot: DBSnapshot, runId: string): boolean {
  return snapshot.TagList?.some(tag => tag.Key === runTag && tag.Value === runId) ?? false;
}

/** Looks whether a snapshot is finished; what fails stays failed. */
export async function lookForSnapshot(
  context: ActionContext,
  region: string,
  name: string,
): Promise<Finished | NotYet> {
  const snapshot = await readSnapshot(context.aws, region, name);
  if (snapshot === undefined) {
    if (context.elapsedSeconds < visibleAfterSeconds) return pending(`${name} is not visible yet`);
    return fail(
      `RDS does not know the snapshot ${name} in ${region}`,
      'Look at the events of RDS and CloudTrail in that region for the reason, then retry the step.',
    );
  }
  if (snapshot.Status === 'available') return { status: 'available', snapshot };
  if (snapshot.Status === 'failed' || snapshot.Status?.startsWith('incompatible')) {
    return fail(
      `The snapshot ${name} in ${region} is ${snapshot.Status}`,
      'Delete it, look at the events of RDS for the reason, and retry the step.',
    );
  }
  return pending(`${name} is ${snapshot.Status}, ${snapshot.PercentProgress ?? 0} %`);
}

/** Removes a snapshot that this run made, and nothing else; called again until it is gone. */
export async function removeSnapshot(
  context: ActionContext,
  region: string,
  name: string,
): Promise<Observation> {
  const snapshot = await readSnapshot(context.aws, region, name);
  if (snapshot === undefined) return finish(`There is no snapshot ${name} in ${region}`);
  if (!isSnapshotOfRun(snapshot, context.run.id)) {
    return fail(
      `${name} in ${region} does not carry the tag of this run, so it is not deleted`,
      'Find out who made it. Delete it by hand only if nobody needs it.',
    );
  }
  if (snapshot.Status === 'creating') return pending(`${name} is still being made`);
  await context.changed({ call: 'rds.DeleteDBSnapshot', region, resource: name, what: 'Deleted' });
  try {
    await request({ call: 'rds.DeleteDBSnapshot', region }, () =>
      context.aws.client(RDSClient, region).send(new DeleteDBSnapshotCommand({ DBSnapshotIdentifier: name })),
    );
  } catch (error) {
    if (!isNotFound(error, 'DBSnapshotNotFoundFault') && !isNamed(error, 'InvalidDBSnapshotStateFault'))
      throw error;
  }
  return pending(`${name} is being deleted`);
}

/** What making a snapshot of this name, looking at it and removing it again need. */
export function snapshotPermissions(region: string, name: string, make: string): Permission[] {
  const made = rdsArn('snapshot', region, name);
  return [
    { actions: ['rds:DescribeDBSnapshots'], resources: [rdsArn('snapshot', region, '*')] },
    {
      actions: [make, 'rds:AddTagsToResource'],
      resources: [made],
      conditions: { Null: { [`aws:RequestTag/${runTag}`]: 'false' } },
    },
    {
      actions: ['rds:DeleteDBSnapshot'],
      resources: [made],
      conditions: { Null: { [`aws:ResourceTag/${runTag}`]: 'false' } },
    },
  ];
}

/** The moment whose data is in a snapshot: of a copy, the original's. */
export function takenAt(snapshot: DBSnapshot): Date | undefined {
  return snapshot.SnapshotDatabaseTime ?? snapshot.OriginalSnapshotCreateTime ?? snapshot.SnapshotCreateTime;
}

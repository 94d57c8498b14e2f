import {
  AddTagsToResourceCommand,
  type DBInstance,
  ModifyDBInstanceCommand,
  RDSClient,
  RemoveTagsFromResourceCommand,
} from '@aws-sdk/client-rds';
import type { ActionContext } from '../actions/contract.ts';
import { isNamed, request } from './aws-errors.ts';
import { expiresTag, runTag } from './names.ts';
import { isOfRun } from './rds-run-tag.ts';

/** Errors that say "not now": the instance is busy, or the name has not been given up or taken yet. */
const notNow = ['InvalidDBInstanceStateFault', 'DBInstanceAlreadyExistsFault', 'DBInstanceNotFoundFault'];

/** Renames an instance at once. RDS reboots it; the next look sees how far it is. */
export async function rename(
  context: ActionContext,
  region: string,
  from: string,
  to: string,
): Promise<void> {
  await change(context, region, from, `Renamed to ${to}, with a reboot`, { NewDBInstanceIdentifier: to });
}

/** Changes settings of an instance at once; when it is busy, the next look asks again. */
export async function change(
  context: ActionContext,
  region: string,
  identifier: string,
  what: string,
  settings: {
    NewDBInstanceIdentifier?: string;
    MultiAZ?: boolean;
    BackupRetentionPeriod?: number;
    DeletionProtection?: boolean;
  },
): Promise<void> {
  await context.changed({ call: 'rds.ModifyDBInstance', region, resource: identifier, what });
  try {
    await request({ call: 'rds.ModifyDBInstance', region }, () =>
      context.aws.client(RDSClient, region).send(
        new ModifyDBInstanceCommand({
          DBInstanceIdentifier: identifier,
          ApplyImmediately: true,
          ...settings,
        }),
      ),
    );
  } catch (error) {
    if (!isNamed(error, ...notNow)) throw error;
  }
}

/** What is in service belongs to the system: no sweeper and no later step of the run may take it for the run's own. */
export async function handOver(context: ActionContext, region: string, instance: DBInstance): Promise<void> {
  if (!isOfRun(instance, context.run.id)) return;
  await context.changed({
    call: 'rds.RemoveTagsFromResource',
    region,
    resource: instance.DBInstanceIdentifier ?? '',
    what: "It serves now and is no longer the run's to remove: the run's tag and its time to live are taken off",
  });
  await request({ call: 'rds.RemoveTagsFromResource', region }, () =>
    context.aws.client(RDSClient, region).send(
      new RemoveTagsFromResourceCommand({
        ResourceName: instance.DBInstanceArn,
        TagKeys: [runTag, expiresTag],
      }),
    ),
  );
}

/** The opposite: out of service again, it is the run's. */
export async function takeBack(context: ActionContext, region: string, instance: DBInstance): Promise<void> {
  if (isOfRun(instance, context.run.id)) return;
  await context.changed({
    call: 'rds.AddTagsToResource',
    region,
    resource: instance.DBInstanceIdentifier ?? '',
    what: "Out of service again, it is the run's to remove",
  });
  await request({ call: 'rds.AddTagsToResource', region }, () =>
    context.aws
      .client(RDSClient, region)
      .send(
        new AddTagsToResourceCommand({ ResourceName: instance.DBInstanceArn, Tags: context.names.tags() }),
      ),
  );
}

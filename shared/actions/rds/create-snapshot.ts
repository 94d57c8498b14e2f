import { CreateDBSnapshotCommand, RDSClient } from '@aws-sdk/client-rds';
import * as z from 'zod';
import { isNamed, request } from '../../aws/aws-errors.ts';
import { rdsArn } from '../../aws/rds-arns.ts';
import { rdsDurations } from '../../aws/rds-durations.ts';
import { readInstance, readSnapshot } from '../../aws/rds-reader.ts';
import {
  isSnapshotOfRun,
  lookForSnapshot,
  removeSnapshot,
  snapshotNameLength,
  snapshotPermissions,
  takenAt,
} from '../../aws/rds-snapshots.ts';
import { canTakeFinalSnapshot } from '../../aws/rds-status.ts';
import { identifierOf, noInstance, unnamedInstance, whichInstance } from '../../aws/rds-writer.ts';
import { rdsInstance, rdsNewInstance, rdsRestoreTarget } from '../../plan/components.ts';
import { defineAction, type Reason } from '../contract.ts';
import { finish, pending, ready } from '../outcomes.ts';

const parameters = z.object({
  database: z.discriminatedUnion('type', [rdsInstance, rdsRestoreTarget, rdsNewInstance]),
  /** Identifier of the instance, if a step of the run made it. */
  instance: z.string().optional(),
});
const baselineSchema = z.object({ instance: z.string(), snapshot: z.string() });

/** A request that was turned away is made again after this time. */
const askAgainSeconds = 60;

/**
 * Takes a snapshot of an instance and waits until it can be restored: the way back before anything is changed for good.
 * It is kept when the run is over; only a drill's is removed.
 */
export const action = defineAction({
  kind: 'rds.create-snapshot',
  summary: 'Takes a safety copy of a database before something is done to it that can not be undone',
  parameters,
  components: { database: ['rds-instance', 'rds-restore-target', 'rds-new-instance'] },
  outputs: {
    snapshot: 'identifier of the snapshot',
    arn: 'its ARN, which rds.copy-snapshot takes',
    pointTime: 'the moment whose data is in it, ISO-8601 UTC',
  },
  // A snapshot of a Single-AZ database holds its writes up for a moment.
  drill: 'prepare-only',
  mutates: true,
  typical: rdsDurations.createSnapshot,
  failureModes: [
    'The region has its 100 manual snapshots (quota) already',
    'The instance is stopped by its storage or busy with a change, and RDS takes no snapshot',
    'The writes of a Single-AZ instance pause while the snapshot begins',
  ],
  permissions: ({ database }) => {
    const { region, identifier } = database;
    const name = database.type === 'rds-instance' ? identifier : `${identifier}-*`;
    return [
      {
        actions: ['rds:DescribeDBInstances', 'rds:CreateDBSnapshot'],
        resources: [rdsArn('db', region, name)],
      },
      ...snapshotPermissions(region, `${identifier}-*`, 'rds:CreateDBSnapshot'),
    ];
  },

  contradictions: unnamedInstance,

  async prepare(context, { database, instance: given }) {
    const refused = (reason: Reason) => ({ status: 'refused' as const, reasons: [reason], evidence: [] });
    const identifier = identifierOf(database, given);
    if (identifier === undefined) return refused(whichInstance(database.id));
    const instance = await readInstance(context.aws, database.region, identifier);
    if (instance === undefined) return refused(noInstance(identifier, database.region));
    const { DBInstanceStatus: status } = instance;
    if (!canTakeFinalSnapshot(status)) return refused(notNow(identifier, status));
    const snapshot = context.names.resource(`${identifier}-${context.step.id}`, snapshotNameLength);
    const existing = await readSnapshot(context.aws, database.region, snapshot);
    if (existing && !isSnapshotOfRun(existing, context.run.id)) return refused(nameTaken(snapshot));
    return ready(
      { instance: identifier, snapshot },
      `${identifier} is ${status}; its snapshot will be ${snapshot}`,
    );
  },

  async act(context, { database: { region } }, baseline) {
    const { instance, snapshot } = baselineSchema.parse(baseline);
    if ((await readSnapshot(context.aws, region, snapshot)) !== undefined) return;
    await context.changed({
      call: 'rds.CreateDBSnapshot',
      region,
      resource: snapshot,
      what: `Snapshot of ${instance}`,
    });
    try {
      await request({ call: 'rds.CreateDBSnapshot', region }, () =>
        context.aws.client(RDSClient, region).send(
          new CreateDBSnapshotCommand({
            DBInstanceIdentifier: instance,
            DBSnapshotIdentifier: snapshot,
            Tags: context.names.tags(),
          }),
        ),
      );
    } catch (error) {
      // An earlier request was carried out, or the instance is busy and observe asks again.
      if (!isNamed(error, 'DBSnapshotAlreadyExistsFault', 'InvalidDBInstanceStateFault')) throw error;
    }
  },

  async observe(context, parameters, baseline) {
    const { instance, snapshot } = baselineSchema.parse(baseline);
    const { region } = parameters.database;
    const seen = await lookForSnapshot(context, region, snapshot);
    if (seen.status === 'pending' && context.elapsedSeconds >= askAgainSeconds) {
      if ((await readSnapshot(context.aws, region, snapshot)) === undefined) {
        await action.act?.(context, parameters, baseline);
        return pending(`RDS has not begun the snapshot of ${instance} yet`);
      }
    }
    if (seen.status !== 'available') return seen;
    const pointTime = takenAt(seen.snapshot)?.toISOString() ?? null;
    const outputs = { snapshot, arn: seen.snapshot.DBSnapshotArn ?? null, pointTime };
    return finish(
      `The snapshot ${snapshot} of ${instance} is available, with its data of ${pointTime}`,
      outputs,
      outputs,
    );
  },

  async undo(context, { database: { region } }, baseline) {
    const { snapshot } = baselineSchema.parse(baseline);
    if (context.run.mode === 'drill') return removeSnapshot(context, region, snapshot);
    return finish(`The snapshot ${snapshot} is kept: it is the way back`);
  },
});

function notNow(identifier: string, status: string | undefined): Reason {
  return {
    what: `${identifier} is ${status ?? 'in an unknown state'}, and RDS takes a snapshot only of an instance that is available or stopped`,
    mend: 'Wait until it is available, then retry. If it can not be mended, restore from its automated backup instead.',
  };
}

function nameTaken(snapshot: string): Reason {
  return {
    what: `A snapshot ${snapshot} exists already, and this run did not make it`,
    mend: 'Find out what it is. Start a new run, which uses another name.',
  };
}

import { type DBInstance, RDSClient, StopDBInstanceCommand } from '@aws-sdk/client-rds';
import * as z from 'zod';
import { rdsArn } from '../../aws/rds-arns.ts';
import { rdsDurations } from '../../aws/rds-durations.ts';
import { askUnlessBusy, startAgain } from '../../aws/rds-power.ts';
import { readInstance } from '../../aws/rds-reader.ts';
import { identifierOf, noInstance, unnamedInstance, whichInstance } from '../../aws/rds-writer.ts';
import { rdsInstance, rdsRestoreTarget } from '../../plan/components.ts';
import { type ActionContext, defineAction, type Reason } from '../contract.ts';
import { refuseProductionInDrill } from '../drill-guard.ts';
import { alreadyDone, fail, finish, pending, ready } from '../outcomes.ts';

const parameters = z.object({
  database: z.discriminatedUnion('type', [rdsInstance, rdsRestoreTarget]),
  /** Identifier of the instance, if a run made it. */
  instance: z.string().optional(),
});
type Parameters = z.output<typeof parameters>;
const baselineSchema = z.object({ status: z.string() });

/** A request that was turned away is made again after this time. */
const askAgainSeconds = 60;

/**
 * Stops a database, such as a standby that is not in use. RDS starts it again by itself after seven days. To keep an
 * old writer from writing during a failover use rds.fence, which also has a verdict when nobody answers.
 */
export const action = defineAction({
  kind: 'rds.stop',
  summary: 'Stops a database; RDS starts it again by itself after seven days',
  parameters,
  components: { database: ['rds-instance', 'rds-restore-target'] },
  outputs: { restartsAt: 'when RDS starts it again by itself, ISO-8601 UTC; null if it does not say' },
  drill: 'isolated',
  mutates: true,
  typical: rdsDurations.stop,
  failureModes: [
    'It has read replicas or is one, so RDS refuses to stop it',
    'It starts by itself after seven days, and costs again',
    'No backup is taken and nothing is replicated while it is stopped',
  ],
  permissions: ({ database: { type, region, identifier } }) => [
    {
      actions: ['rds:DescribeDBInstances', 'rds:StopDBInstance', 'rds:StartDBInstance'],
      resources: [rdsArn('db', region, type === 'rds-instance' ? identifier : `${identifier}-*`)],
    },
  ],

  contradictions: unnamedInstance,

  async prepare(context, given) {
    const { region } = given.database;
    const identifier = identifierOf(given.database, given.instance);
    if (identifier === undefined) {
      return { status: 'refused', reasons: [whichInstance(given.database.id)], evidence: [] };
    }
    const refused = refuseProductionInDrill(context, region, `database ${identifier}`);
    if (refused) return refused;
    const instance = await readInstance(context.aws, region, identifier);
    if (instance === undefined) {
      return { status: 'refused', reasons: [noInstance(identifier, region)], evidence: [] };
    }
    const status = instance.DBInstanceStatus ?? 'unknown';
    if (status === 'stopped')
      return alreadyDone({ status }, outputsOf(instance), `${identifier} is stopped already`);
    const reason = unstoppable(identifier, instance, status);
    if (reason) return { status: 'refused', reasons: [reason], evidence: [] };
    return ready({ status }, `${identifier} in ${region} is ${status}`);
  },

  async act(context, given) {
    await stop(context, placeOf(given));
  },

  async observe(context, given) {
    const { region, identifier } = placeOf(given);
    const instance = await readInstance(context.aws, region, identifier);
    const status = instance?.DBInstanceStatus;
    if (instance === undefined)
      return fail(`${identifier} is gone from ${region}`, 'Find out who removed it.');
    if (status === 'stopped') {
      const outputs = outputsOf(instance);
      const limit = outputs.restartsAt ? `; RDS starts it again by itself at ${outputs.restartsAt}` : '';
      return finish(`${identifier} is stopped${limit}`, outputs, outputs);
    }
    if (status === 'available' && context.elapsedSeconds >= askAgainSeconds)
      await stop(context, { region, identifier });
    return pending(`${identifier} is ${status}`);
  },

  async undo(context, given, baseline) {
    const place = placeOf(given);
    if (baselineSchema.parse(baseline).status === 'stopped') {
      return finish(`${place.identifier} was stopped before`);
    }
    return startAgain(context, place);
  },
});

type Place = { region: string; identifier: string };

function placeOf({ database, instance }: Parameters): Place {
  return { region: database.region, identifier: identifierOf(database, instance) ?? database.identifier };
}

function stop(context: ActionContext, { region, identifier }: Place): Promise<void> {
  const change = { call: 'rds.StopDBInstance', region, resource: identifier, what: 'Stopped' };
  return askUnlessBusy(context, change, () =>
    context.aws
      .client(RDSClient, region)
      .send(new StopDBInstanceCommand({ DBInstanceIdentifier: identifier })),
  );
}

const outputsOf = (instance: DBInstance) => ({
  restartsAt: instance.AutomaticRestartTime?.toISOString() ?? null,
});

function unstoppable(identifier: string, instance: DBInstance, status: string): Reason | undefined {
  const replicas = instance.ReadReplicaDBInstanceIdentifiers ?? [];
  const source = instance.ReadReplicaSourceDBInstanceIdentifier;
  if (replicas.length > 0 || source) {
    return {
      what: source
        ? `${identifier} is a read replica of ${source}, and RDS stops no replica`
        : `${identifier} has read replicas (${replicas.join(', ')}), and RDS stops no instance that has some`,
      mend: 'Leave it running, or remove or promote the replicas first if nobody needs them.',
    };
  }
  if (instance.DBClusterIdentifier) {
    return {
      what: `${identifier} belongs to the cluster ${instance.DBClusterIdentifier}, and only the cluster can be stopped`,
      mend: 'Describe the cluster in the plan instead of its instance.',
    };
  }
  if (status === 'available' || status === 'stopping') return undefined;
  return {
    what: `${identifier} is ${status}, and RDS stops only what is available`,
    mend: 'Wait until it is available, then retry the step.',
  };
}

import { RDSClient, StartDBInstanceCommand } from '@aws-sdk/client-rds';
import * as z from 'zod';
import { rdsArn } from '../../aws/rds-arns.ts';
import { rdsDurations } from '../../aws/rds-durations.ts';
import { askUnlessBusy, stopAgain } from '../../aws/rds-power.ts';
import { readInstance } from '../../aws/rds-reader.ts';
import { meaningOfStatus } from '../../aws/rds-status.ts';
import { lookForWriter, noInstance } from '../../aws/rds-writer.ts';
import { secretReadPermission } from '../../aws/secret-reference.ts';
import { type ComponentOf, rdsInstance } from '../../plan/components.ts';
import { type ActionContext, defineAction } from '../contract.ts';
import { refuseProductionInDrill } from '../drill-guard.ts';
import { alreadyDone, finish, pending, ready } from '../outcomes.ts';

const parameters = z.object({ database: rdsInstance });
const baselineSchema = z.object({ status: z.string() });
type Database = ComponentOf<'rds-instance'>;

/** A request that was turned away is made again after this time. */
const askAgainSeconds = 60;

/** Starts a stopped database, such as a standby that is kept stopped to save money. Done means that it takes writes. */
export const action = defineAction({
  kind: 'rds.start',
  summary: 'Starts a stopped database and waits until it takes writes',
  parameters,
  components: { database: 'rds-instance' },
  outputs: { endpoint: 'host name of the instance', port: 'its port' },
  drill: 'isolated',
  mutates: true,
  traits: ['brings-data'],
  typical: rdsDurations.start,
  failureModes: [
    'AWS has no capacity for the instance class in its zone',
    'What it holds is as old as the moment when it was stopped: nothing is replicated to a stopped instance',
    'RDS had started it by itself after seven days',
  ],
  permissions: ({ database: { region, identifier, credentials } }) => [
    {
      actions: ['rds:DescribeDBInstances', 'rds:StartDBInstance', 'rds:StopDBInstance'],
      resources: [rdsArn('db', region, identifier)],
    },
    secretReadPermission(credentials, region),
  ],

  async prepare(context, { database }) {
    const { region, identifier } = database;
    const refused = refuseProductionInDrill(context, region, `database ${identifier}`);
    if (refused) return refused;
    const instance = await readInstance(context.aws, region, identifier);
    if (instance === undefined) {
      return { status: 'refused', reasons: [noInstance(identifier, region)], evidence: [] };
    }
    const status = instance.DBInstanceStatus ?? 'unknown';
    const meaning = meaningOfStatus(status, identifier);
    if (meaning.kind === 'settled') {
      const seen = await lookForWriter(context, database, database.identifier);
      if (seen.status === 'available') {
        const outputs = { endpoint: seen.host, port: seen.port };
        return alreadyDone({ status }, outputs, `${identifier} runs already; it takes writes`);
      }
    }
    if (meaning.kind === 'stuck' && status !== 'stopped') {
      return { status: 'refused', reasons: [meaning.reason], evidence: [] };
    }
    return ready({ status }, `${identifier} in ${region} is ${status}`);
  },

  async act(context, { database }, baseline) {
    if (baselineSchema.parse(baseline).status === 'stopped') await start(context, database);
  },

  async observe(context, { database }) {
    const { region, identifier } = database;
    const instance = await readInstance(context.aws, region, identifier);
    if (instance?.DBInstanceStatus === 'stopped') {
      if (context.elapsedSeconds >= askAgainSeconds) await start(context, database);
      return pending(`${identifier} is still stopped`);
    }
    const seen = await lookForWriter(context, database, database.identifier);
    if (seen.status !== 'available') return seen;
    const outputs = { endpoint: seen.host, port: seen.port };
    return finish(
      `${identifier} is available at ${seen.host}:${seen.port}; it takes writes`,
      outputs,
      outputs,
    );
  },

  async undo(context, { database }, baseline) {
    if (baselineSchema.parse(baseline).status !== 'stopped') {
      return finish(`${database.identifier} was not stopped before`);
    }
    return stopAgain(context, database);
  },
});

function start(context: ActionContext, { region, identifier }: Database): Promise<void> {
  const change = { call: 'rds.StartDBInstance', region, resource: identifier, what: 'Started' };
  return askUnlessBusy(context, change, () =>
    context.aws
      .client(RDSClient, region)
      .send(new StartDBInstanceCommand({ DBInstanceIdentifier: identifier })),
  );
}

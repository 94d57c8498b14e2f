import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { createAwsClients } from '../shared/aws/aws-clients.ts';
import { request } from '../shared/aws/aws-errors.ts';
import { createSecretReader } from '../shared/aws/secret-reader.ts';
import { deploymentSettings } from '../shared/deployment.ts';
import { InvalidInputError } from '../shared/errors.ts';
import { createDynamoDbRecordStore } from '../shared/incident/dynamodb-record-store.ts';
import type { Plan } from '../shared/plan/schema.ts';
import type { Runtime } from '../shared/runtime.ts';

/**
 * The runtime of somebody at a terminal: the records and state machines of a deployed system, with the credentials of
 * the shell. `AWS_ENDPOINT_URL` sends it elsewhere. It opens no connections of its own, since it only operates.
 */
export async function deployedRuntime(plan: Plan): Promise<Runtime> {
  const region = plan.regions.recovery;
  const aws = createAwsClients(plan.regions);
  const sts = aws.client(STSClient, region);
  const { Arn: identity = '' } = await request({ call: 'sts.GetCallerIdentity', region }, () =>
    sts.send(new GetCallerIdentityCommand({})),
  );
  const [, partition = 'aws', , , account = ''] = identity.split(':');
  const settings = deploymentSettings(plan, { partition, account }, '');
  return {
    plan,
    settings,
    clock: { now: () => new Date() },
    aws,
    store: createDynamoDbRecordStore({
      client: aws.client(DynamoDBClient, region),
      region,
      tableName: settings.tableName,
    }),
    network: { http: refuse, tls: refuse, dns: refuse, mongo: refuse, sql: refuse, redis: refuse },
    kubernetes: refuse,
    secret: createSecretReader(aws),
    log: () => {},
  };
}

function refuse(): Promise<never> {
  return Promise.reject(
    new InvalidInputError('The command line opens no connections to the system itself', {
      nextStep: 'Steps run in Lambda; start the scenario instead.',
    }),
  );
}

import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { linkSecretName, tableName, topicName, topicsOf } from '../deploy/names.ts';
import { createAwsClients } from '../shared/aws/aws-clients.ts';
import { request } from '../shared/aws/aws-errors.ts';
import { createSecretReader } from '../shared/aws/secret-reader.ts';
import { InvalidInputError } from '../shared/errors.ts';
import { createDynamoDbRecordStore } from '../shared/incident/dynamodb-record-store.ts';
import type { Plan } from '../shared/plan/schema.ts';
import type { Runtime } from '../shared/runtime.ts';
import { runbookName } from '../state-machines/compile-system.ts';

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
  const system = plan.system.id;
  const arn = (service: string, rest: string) => `arn:${partition}:${service}:${region}:${account}:${rest}`;
  return {
    plan,
    settings: {
      tableName: tableName(system),
      runbookArns: Object.fromEntries(
        Object.keys(plan.scenarios).map(id => [id, arn('states', `stateMachine:${runbookName(system, id)}`)]),
      ),
      topicArns: Object.fromEntries(
        topicsOf(plan).map(topic => [topic, arn('sns', topicName(system, topic))]),
      ),
      decisionUrl: '',
      linkSecretName: linkSecretName(system),
    },
    clock: { now: () => new Date() },
    aws,
    store: createDynamoDbRecordStore({
      client: aws.client(DynamoDBClient, region),
      region,
      tableName: tableName(system),
    }),
    network: { http: refuse, tls: refuse, dns: refuse, sql: refuse, redis: refuse },
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

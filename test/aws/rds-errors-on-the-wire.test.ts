import { createServer } from 'node:http';
import {
  DescribeDBInstancesCommand,
  DescribeDBParameterGroupsCommand,
  DescribeDBSubnetGroupsCommand,
  RDSClient,
  RebootDBInstanceCommand,
  RestoreDBInstanceFromDBSnapshotCommand,
} from '@aws-sdk/client-rds';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createAwsClients } from '../../shared/aws/aws-clients.ts';

/** RDS answers with codes; the actions match the names that the SDK makes of them. */
let code = '';
const server = createServer((_request, response) => {
  response.writeHead(400, { 'content-type': 'text/xml' });
  response.end(
    `<ErrorResponse xmlns="http://rds.amazonaws.com/doc/2014-10-31/"><Error><Type>Sender</Type><Code>${code}</Code><Message>said</Message></Error><RequestId>1</RequestId></ErrorResponse>`,
  );
});
let client: RDSClient;

beforeAll(async () => {
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  client = createAwsClients({
    primary: 'eu-west-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    endpoint: `http://127.0.0.1:${address.port}`,
    ignoreConfiguredEndpoints: true,
  }).client(RDSClient, 'eu-west-2');
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const id = { DBInstanceIdentifier: 'app' };
const describe = () => client.send(new DescribeDBInstancesCommand(id));
const restore = () => client.send(new RestoreDBInstanceFromDBSnapshotCommand(id));
const reboot = () => client.send(new RebootDBInstanceCommand(id));

test.each([
  ['DBInstanceNotFound', 'DBInstanceNotFoundFault', describe],
  ['DBInstanceAlreadyExists', 'DBInstanceAlreadyExistsFault', restore],
  ['InstanceQuotaExceeded', 'InstanceQuotaExceededFault', restore],
  ['KMSKeyNotAccessibleFault', 'KMSKeyNotAccessibleFault', restore],
  ['InvalidParameterValue', 'InvalidParameterValue', restore],
  ['InvalidDBInstanceState', 'InvalidDBInstanceStateFault', reboot],
  [
    'DBSubnetGroupNotFoundFault',
    'DBSubnetGroupNotFoundFault',
    () => client.send(new DescribeDBSubnetGroupsCommand({})),
  ],
  [
    'DBParameterGroupNotFound',
    'DBParameterGroupNotFoundFault',
    () => client.send(new DescribeDBParameterGroupsCommand({})),
  ],
] as const)('the code %s is the error %s', async (sent, name, send) => {
  code = sent;
  await expect(send()).rejects.toMatchObject({ name, message: 'said' });
});

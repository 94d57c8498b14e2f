import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { GetParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { beforeEach, expect, test } from 'vitest';
import { createAwsClients } from '../../shared/aws/aws-clients.ts';
import { createSecretReader } from '../../shared/aws/secret-reader.ts';
import { parseSecretReference, secretReadPermission } from '../../shared/aws/secret-reference.ts';
import { mockClient } from '../support/mock-client.ts';

const manager = mockClient(SecretsManagerClient);
const ssm = mockClient(SSMClient);
const read = createSecretReader(createAwsClients({ primary: 'eu-west-1' }));

beforeEach(() => {
  manager.reset();
  ssm.reset();
  manager.on(GetSecretValueCommand).resolves({ SecretString: '{"url":"hidden","port":5432}' });
  ssm.on(GetParameterCommand).resolves({ Parameter: { Value: 'value' } });
});

test('reads a whole secret, one key of it, a number as text, and a parameter', async () => {
  expect(await read('secret:app', 'eu-west-1')).toBe('{"url":"hidden","port":5432}');
  expect(await read('secret:app#url', 'eu-west-1')).toBe('hidden');
  expect(await read('secret:app#port', 'eu-west-1')).toBe('5432');
  expect(await read('ssm:/app/key', 'eu-west-1')).toBe('value');
  expect(ssm.commandCalls(GetParameterCommand)[0]?.args[0].input).toEqual({
    Name: '/app/key',
    WithDecryption: true,
  });
});

test.each(['secret:app#missing', 'secret:app#toString'])(
  'says which key is missing without the value: %s',
  async reference => {
    const failure = await read(reference, 'eu-west-1').catch(error => error);
    expect(failure).toMatchObject({ name: 'InvalidInputError' });
    expect(String(failure)).not.toContain('hidden');
  },
);

test('reads again each time, because a run changes secrets', async () => {
  await read('secret:app', 'eu-west-1');
  await read('secret:app', 'eu-west-1');
  expect(manager.commandCalls(GetSecretValueCommand)).toHaveLength(2);
});

test.each(['', 'secret:', 'ssm:', 'env:X', 'secret:#x', 'secret:a#', 'plain'])(
  '"%s" is no reference',
  reference => {
    expect(() => parseSecretReference(reference)).toThrow('not a secret reference');
  },
);

test('a reference needs leave for that secret only', () => {
  expect(secretReadPermission('secret:app/db#url', 'eu-west-1').resources).toEqual([
    'arn:${AWS::Partition}:secretsmanager:eu-west-1:${AWS::AccountId}:secret:app/db-??????',
  ]);
  expect(secretReadPermission('ssm:/a/b', 'eu-west-1').resources).toEqual([
    'arn:${AWS::Partition}:ssm:eu-west-1:${AWS::AccountId}:parameter/a/b',
  ]);
});

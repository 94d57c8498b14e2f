import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { GetParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { InvalidInputError } from '../errors.ts';
import { objectOrEmpty, parseJson } from '../json.ts';
import { request } from './aws-errors.ts';
import type { AwsClients } from './clients.ts';
import { parseSecretReference } from './secret-reference.ts';

/** Reads a reference's value in a region. The value must never be logged, stored or put into an error. */
export type SecretReader = (reference: string, region: string) => Promise<string>;

/**
 * Makes the reader behind `context.secret`. Nothing is kept between calls: a run changes secrets, and what it reads
 * afterwards must be what it wrote.
 */
export function createSecretReader(aws: AwsClients): SecretReader {
  return async (reference, region) => {
    const parsed = parseSecretReference(reference);
    if (parsed.store === 'ssm') return readParameter(aws, parsed.name, region);
    const text = await readSecret(aws, parsed.name, region);
    return parsed.key === undefined ? text : valueOfKey(text, parsed.key, reference);
  };
}

async function readSecret(aws: AwsClients, name: string, region: string): Promise<string> {
  const client = aws.client(SecretsManagerClient, region);
  const reply = await request({ call: 'secretsmanager.GetSecretValue', region }, () =>
    client.send(new GetSecretValueCommand({ SecretId: name })),
  );
  if (reply.SecretString === undefined) throw unusable(`secret:${name}`, 'it holds bytes, not text');
  return reply.SecretString;
}

async function readParameter(aws: AwsClients, name: string, region: string): Promise<string> {
  const client = aws.client(SSMClient, region);
  const reply = await request({ call: 'ssm.GetParameter', region }, () =>
    client.send(new GetParameterCommand({ Name: name, WithDecryption: true })),
  );
  const value = reply.Parameter?.Value;
  if (value === undefined) throw unusable(`ssm:${name}`, 'it has no value');
  return value;
}

/** One key of a JSON secret, as text. No part of the secret goes into an error. */
function valueOfKey(text: string, key: string, reference: string): string {
  const parsed = parseJson(text);
  if (parsed === undefined) throw unusable(reference, 'its value is not JSON, so it has no keys');
  const value = objectOrEmpty(parsed)[key];
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return String(value);
  throw unusable(reference, `its JSON has no text under "${key}"`);
}

function unusable(reference: string, why: string): InvalidInputError {
  return new InvalidInputError(`The value behind "${reference}" can't be used: ${why}`, {
    nextStep: 'Mend the reference in the plan or the secret itself, then retry the step.',
  });
}

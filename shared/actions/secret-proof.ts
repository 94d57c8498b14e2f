import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import * as z from 'zod';
import { ifFound, request } from '../aws/aws-errors.ts';
import { parseSecretValues } from '../aws/secret-json.ts';
import { InvalidInputError, RequestRejectedError, ServiceUnavailableError } from '../errors.ts';
import { connectionUrl } from '../network/connection-url.ts';
import { isLoginRefusal } from '../network/sql-errors.ts';
import { withConnection } from '../network/with-connection.ts';
import type { ComponentOf } from '../plan/components.ts';
import type { ActionContext } from './contract.ts';
import { connectTimeoutMs, sqlDatabase } from './sql-database.ts';

type Secret = ComponentOf<'secret'>;

/** A request that shows whether a key is taken: an API of one's own, or of whoever issued it. */
const keyRequest = z.strictObject({
  url: z.string().regex(/^https:\/\//, 'an https URL, since a secret is sent to it'),
  key: z.string().meta({ description: 'Key of the secret whose value is sent' }),
  header: z.string().default('authorization'),
  prefix: z.string().default('Bearer '),
  accepts: z.number().int().default(200).meta({ description: 'Status for a value that is taken' }),
  refuses: z.array(z.number().int()).default([401, 403]).meta({ description: 'Status for one that is not' }),
});

/** How it shows whether a value of a secret works: one of the two. */
export const proofParameters = {
  database: sqlDatabase.optional().meta({ description: 'Log in to this database with it' }),
  host: z.string().optional().meta({ description: 'Host of the database, if not the one in the secret' }),
  request: keyRequest.optional().meta({ description: 'Or send it with a request' }),
};
const proofSchema = z.object(proofParameters);
export type Proof = z.output<typeof proofSchema>;

/** `works` and `refused` are answers; `unknown` is anything else, which proves nothing. */
export type Verdict = { is: 'works' | 'refused' | 'unknown'; said: string };

/** The text of one version; undefined when it is gone. Never log it. */
export async function secretVersion(
  context: Pick<ActionContext, 'aws'>,
  { name, region }: Secret,
  version: { VersionId: string } | { VersionStage: string },
): Promise<string | undefined> {
  return ifFound(['ResourceNotFoundException'], async () => {
    const reply = await request({ call: 'secretsmanager.GetSecretValue', region }, () =>
      context.aws
        .client(SecretsManagerClient, region)
        .send(new GetSecretValueCommand({ SecretId: name, ...version })),
    );
    return reply.SecretString;
  });
}

/** Whether this value of the secret is taken by whoever checks it. */
export async function tryValue(context: ActionContext, proof: Proof, value: string): Promise<Verdict> {
  if (proof.database) return logIn(context, proof.database, proof.host, value);
  if (proof.request) return sendKey(context, proof.request, value);
  throw new InvalidInputError('Nothing says how the secret shows that it works', {
    nextStep: 'Give database or request in the step; what only a person can try is a people.task.',
  });
}

async function logIn(
  context: ActionContext,
  database: NonNullable<Proof['database']>,
  host: string | undefined,
  value: string,
): Promise<Verdict> {
  const engine = 'engine' in database ? database.engine : undefined;
  const url = connectionUrl(value, { host, port: database.port, database: database.database, engine });
  try {
    const options = { url, connectTimeoutMs, statementTimeoutMs: 5_000 };
    await withConnection(context.network, options, connection => connection.query('SELECT 1'));
    return { is: 'works', said: `${new URL(url).hostname} lets it in` };
  } catch (error) {
    if (isLoginRefusal(error)) {
      return { is: 'refused', said: `${new URL(url).hostname} does not let it in` };
    }
    if (error instanceof ServiceUnavailableError || error instanceof RequestRejectedError) {
      return { is: 'unknown', said: error.message };
    }
    throw error;
  }
}

async function sendKey(
  context: ActionContext,
  wanted: NonNullable<Proof['request']>,
  value: string,
): Promise<Verdict> {
  const { url, key, header, prefix, accepts, refuses } = wanted;
  const text = parseSecretValues(value)?.[key];
  if (text === undefined || text === null) return { is: 'unknown', said: `the secret has no key ${key}` };
  try {
    const { status } = await context.network.http({
      url,
      method: 'GET',
      headers: { [header]: `${prefix}${text}` },
      timeoutMs: 10_000,
    });
    if (status === accepts) return { is: 'works', said: `${url} answers ${status}` };
    return { is: refuses.includes(status) ? 'refused' : 'unknown', said: `${url} answers ${status}` };
  } catch (error) {
    if (error instanceof ServiceUnavailableError) return { is: 'unknown', said: error.message };
    throw error;
  }
}

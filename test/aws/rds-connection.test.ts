import { expect, test } from 'vitest';
import { waitUnlessLasting } from '../../shared/aws/rds-connection.ts';
import { readReplayed } from '../../shared/aws/rds-replica.ts';
import { probeWriter } from '../../shared/aws/rds-write-probe.ts';
import { RequestRejectedError, ServiceUnavailableError } from '../../shared/errors.ts';
import { sqlError } from '../../shared/network/sql-errors.ts';
import { contextFor, database, replica } from '../actions/rds/support.ts';

const at = { host: 'db.example', port: 5432 };
const saying = (code?: string) =>
  contextFor({ server: { refuse: sqlError(at.host, { message: 'no', ...(code && { code }) }) } });
const withSecret = (secret: string) => contextFor({ secret });

/** What an observing step says, asked through a write probe and through a replica. */
async function observed(context: ReturnType<typeof contextFor>) {
  const probe = await probeWriter(context, database, at);
  const replayed = await readReplayed(context, replica, { ...at, identifier: 'app-replica' });
  if (probe.ok || replayed.known) throw new Error('it was let in');
  return [probe, replayed].map(fault => waitUnlessLasting('It is available', fault));
}

test.each([
  ['a wrong password', saying('28P01'), 'user and password in the secret'],
  ['a wrong password of MySQL', saying('1045'), 'user and password in the secret'],
  ['a database that is not there', saying('3D000'), 'statement in the plan'],
  ['a table that is not there', saying('42P01'), 'statement in the plan'],
  ['a secret without its fields', withSecret('{"username":"app"}'), 'Store a connection URL'],
  ['a secret of another engine', withSecret('mysql://app:pw-1@h:3306/app'), 'Store a connection URL'],
])('%s fails at once, however it was met, and says how to mend it', async (_name, context, mend) => {
  for (const answer of await observed(context)) {
    expect(answer).toMatchObject({ status: 'failed', reasons: [{ mend: expect.stringContaining(mend) }] });
    expect(JSON.stringify(answer)).not.toContain('pw-1');
  }
});

test.each([
  ['a server that does not answer', saying()],
  ['a server that starts', saying('57P03')],
  ['a server that takes no writes', saying('25006')],
  ['an error of the server itself', saying('XX000')],
])('%s is waited for', async (_name, context) => {
  for (const answer of await observed(context)) expect(answer.status).toBe('pending');
});

test('a secret that Secrets Manager refuses to give says nothing of the writer; a silent one is asked for again', async () => {
  const context = contextFor({});
  const probe = (error: Error) =>
    probeWriter({ ...context, secret: () => Promise.reject(error) }, database, at);
  const denied = new RequestRejectedError('no access', { nextStep: 'Give the role access.' });
  const silent = new ServiceUnavailableError('no answer', { nextStep: 'Wait.' });
  await expect(probe(denied)).rejects.toBe(denied);
  await expect(probe(silent)).rejects.toBe(silent);
});

test('an instance without an endpoint takes no writes', async () => {
  expect(await probeWriter(contextFor({}), database, { host: undefined, port: 5432 })).toMatchObject({
    ok: false,
    why: 'it has no endpoint',
  });
});

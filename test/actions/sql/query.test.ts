import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { action, toValue } from '../../../shared/actions/sql/query.ts';
import { RequestRejectedError, ServiceUnavailableError } from '../../../shared/errors.ts';
import { type Postgres, startPostgres } from '../../../simulator/world/postgres.ts';
import { simulatedSql } from '../../../simulator/world/simulated-sql.ts';
import { components } from '../../support/compute-plan.ts';
import { contextOf, inWorld } from '../../support/compute-world.ts';

const url = 'postgresql://reader:hunter2@shop.ap-southeast-4.rds.amazonaws.com:5432/shop';
const parameters = {
  database: components.database,
  query: 'SELECT count(*) FROM tenants',
  expect: { min: 1 },
};

describe('sql.query on a PostgreSQL', () => {
  let folder: string;
  let postgres: Promise<Postgres>;

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'lifeboat-sql-'));
    const file = path.join(folder, 'rehearsal.sql');
    await writeFile(
      file,
      'CREATE TABLE tenants (id int PRIMARY KEY); INSERT INTO tenants VALUES (1), (2), (3);',
    );
    postgres = startPostgres(file, folder);
    await postgres;
  }, 60_000);
  afterAll(async () => {
    await (await postgres).close();
    await rm(folder, { recursive: true });
  });

  function ask(query: string, wanted: object, host?: string) {
    return inWorld(async ({ world, drive }) => {
      const network = { sql: simulatedSql(world, postgres) };
      const context = contextOf({ network, secret: async () => url, action: 'sql.query' });
      const given = action.parameters.parse({ ...parameters, query, expect: wanted, host });
      return drive(action.observe(context, given, {}));
    });
  }

  it('is done when the first column of the first row is as expected', async () => {
    const seen = await ask(parameters.query, { min: 3, max: 3 });
    expect(seen).toMatchObject({
      status: 'done',
      outputs: { value: 3 },
      evidence: [{ what: expect.stringContaining('answered 3 at shop.ap-southeast-4.rds.amazonaws.com') }],
    });
  });

  it('takes no newest row that is yet to come for one that nothing is missing after', async () => {
    const newest = { newest: { within: '5m' } };
    const local = await ask("SELECT '2026-03-11T02:41:00Z'::timestamptz", newest);
    expect(local).toMatchObject({ status: 'failed' });
    expect(JSON.stringify(local)).toContain('yet to come');
    const skewed = await ask("SELECT '2026-03-10T16:45:00Z'::timestamptz", newest);
    expect(skewed).toMatchObject({ status: 'done', outputs: { lossSeconds: 0 } });
  });

  it('gives the answer time to become the expected one, if the plan says so', async () => {
    const given = action.parameters.parse({ ...parameters, expect: { min: 4 }, becomesWithin: '1m' });
    const answerAfter = (elapsedSeconds: number) =>
      inWorld(async ({ world, drive }) => {
        const network = { sql: simulatedSql(world, postgres) };
        const context = {
          ...contextOf({ network, secret: async () => url, action: 'sql.query' }),
          elapsedSeconds,
        };
        return drive(action.observe(context, given, {}));
      });
    expect(await answerAfter(59)).toMatchObject({
      status: 'pending',
      note: expect.stringContaining('answers 3'),
    });
    expect(await answerAfter(60)).toMatchObject({ status: 'failed' });
  });

  it('asks another database of the server, such as a restored one', async () => {
    const asked: string[] = [];
    await inWorld(async ({ drive }) => {
      const sql = async (options: { url: string }) => {
        asked.push(new URL(options.url).pathname);
        return { query: async () => ({ rows: [{ count: 3 }] }), end: async () => {} };
      };
      const context = contextOf({ network: { sql }, secret: async () => url, action: 'sql.query' });
      const given = action.parameters.parse({ ...parameters, name: 'shop_restored' });
      expect(await drive(action.observe(context, given, {}))).toMatchObject({ status: 'done' });
    });
    expect(asked).toEqual(['/shop_restored']);
  });

  it('fails when the value is out of range, and says by how much', async () => {
    const seen = await ask(parameters.query, { min: 1000 });
    expect(seen).toMatchObject({
      status: 'failed',
      reasons: [{ what: expect.stringContaining('3, less than 1000') }],
    });
  });

  it('compares for equality across number and text', async () => {
    expect((await ask('SELECT 12::bigint', { equals: '12' })).status).toBe('done');
    expect((await ask("SELECT 'ok'", { equals: 'ok' })).status).toBe('done');
    expect((await ask('SELECT false', { equals: true })).status).toBe('failed');
  });

  it('fails when there is no row', async () => {
    const seen = await ask('SELECT id FROM tenants WHERE id = 99', { equals: 1 });
    expect(seen).toMatchObject({ status: 'failed', reasons: [{ what: expect.stringContaining('no row') }] });
  });

  it('can not write', async () => {
    await expect(ask('DELETE FROM tenants RETURNING id', { min: 0 })).rejects.toMatchObject({
      name: 'RequestRejectedError',
      message: expect.stringContaining('read-only transaction'),
    });
    expect((await ask(parameters.query, { equals: 3 })).status).toBe('done');
  });

  it('can not leave its transaction by a second statement', async () => {
    await expect(ask('SELECT 1; COMMIT; DELETE FROM tenants', { equals: 1 })).rejects.toMatchObject({
      name: 'RequestRejectedError',
    });
    expect((await ask(parameters.query, { equals: 3 })).status).toBe('done');
  });

  it('says where the statement is wrong', async () => {
    await expect(ask('SELECT nothing FROM nowhere', { equals: 1 })).rejects.toMatchObject({
      message: expect.stringContaining('relation "nowhere" does not exist (42P01)'),
    });
  });
});

describe('sql.query', () => {
  it('goes on asking while the database does not answer', async () => {
    const sql = async () => {
      throw new ServiceUnavailableError('The database does not answer', { nextStep: '' });
    };
    const context = contextOf({ network: { sql }, secret: async () => url });
    const seen = await action.observe(context, action.parameters.parse(parameters), {});
    expect(seen).toEqual({ status: 'pending', note: 'The database does not answer' });
  });

  it('connects to the given host and closes the connection when the query fails', async () => {
    const urls: string[] = [];
    let closed = 0;
    const sql = async (options: { url: string }) => {
      urls.push(options.url);
      return {
        query: async () => {
          throw new RequestRejectedError('no', { nextStep: '' });
        },
        end: async () => {
          closed += 1;
        },
      };
    };
    const context = contextOf({ network: { sql }, secret: async () => url });
    const given = action.parameters.parse({ ...parameters, host: 'restored.example' });
    await expect(action.observe(context, given, {})).rejects.toThrow('no');
    expect(urls).toEqual(['postgresql://reader:hunter2@restored.example:5432/shop']);
    expect(closed).toBe(1);
  });

  it('never shows the credentials', async () => {
    const context = contextOf({ secret: async () => 'hunter2' });
    const failure = await action.prepare(context, action.parameters.parse(parameters)).catch(error => error);
    expect(failure).toMatchObject({ name: 'InvalidInputError' });
    expect(`${failure.message} ${failure.nextStep}`).not.toContain('hunter2');
  });

  it('speaks to a MySQL in its own language', async () => {
    const given = action.parameters.parse({
      ...parameters,
      database: { ...components.database, engine: 'mysql', port: 3306 },
      host: 'restored.example',
    });
    const urls: string[] = [];
    const context = contextOf({
      secret: async () => '{"username":"reader","password":"hunter2","engine":"mysql"}',
      network: {
        sql: async ({ url }) => {
          urls.push(url);
          return { query: async () => ({ rows: [{ n: '7' }] }), end: async () => {} };
        },
      },
    });
    await action.observe(context, given, {});
    expect(urls).toEqual([expect.stringMatching(/^mysql:\/\/reader:hunter2@restored\.example:3306\//)]);
  });

  it('wants to know what is expected', () => {
    expect(action.parameters.safeParse({ ...parameters, expect: {} }).success).toBe(false);
  });

  it('may read its secret and nothing else', () => {
    const given = action.parameters.parse(parameters);
    expect(action.permissions(given, { primary: 'ap-southeast-2', recovery: 'ap-southeast-4' })).toEqual([
      {
        actions: ['secretsmanager:GetSecretValue'],
        resources: [
          'arn:${AWS::Partition}:secretsmanager:ap-southeast-4:${AWS::AccountId}:secret:shop/app-??????',
        ],
      },
    ]);
  });
});

describe('toValue', () => {
  it.each([
    ['1284', 1284],
    ['9007199254740993', '9007199254740993'],
    ['12.5', 12.5],
    ['007x', '007x'],
    [null, null],
    [undefined, null],
    [true, true],
    [new Date('2026-03-10T16:42:00Z'), '2026-03-10T16:42:00.000Z'],
    [{ a: 1 }, '{"a":1}'],
  ])('%j becomes %j', (raw, value) => {
    expect(toValue(raw)).toBe(value);
  });
});

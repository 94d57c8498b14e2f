import { expect, it } from 'vitest';
import { masterUser } from '../../shared/aws/rds-master-user.ts';
import { sqlError } from '../../shared/network/sql-errors.ts';
import { mysql } from '../../shared/sql/dialects/mysql.ts';

type Rows = Record<string, unknown>[];

/** A server that answers by the beginning of what it is asked; a number is the error that it has. */
function server(answers: Record<string, Rows | number>) {
  const asked: string[] = [];
  return {
    asked,
    async query(text: string) {
      asked.push(text);
      const [, answer] = Object.entries(answers).find(([begins]) => text.startsWith(begins)) ?? [];
      if (answer === undefined) throw new Error(`not expected: ${text}`);
      if (typeof answer === 'number') throw sqlError('db', { message: 'no', code: String(answer) });
      return { rows: answer };
    },
  };
}

const now = new Date('2026-03-10T17:00:00Z');
const at = (time: string) => new Date(time).getTime() / 1000;
const old = {
  Slave_IO_Running: 'Yes',
  Seconds_Behind_Master: '5',
  Relay_Master_Log_File: 'b.000009',
  Exec_Master_Log_Pos: '120',
};
const variables = (Value: string) => [{ Variable_name: 'any', Value }];

it.each([
  [
    'what was committed last, where that is later',
    {
      'SHOW REPLICA': [old],
      'SELECT UNIX': [{ applied_at: at('2026-03-10T16:59:58Z'), workers: '1' }],
      'SHOW GLOBAL': variables('60'),
    },
    '2026-03-10T16:59:58.000Z',
  ],
  [
    'what it says that it is behind, on a quiet source',
    {
      'SHOW REPLICA': [old],
      'SELECT UNIX': [{ applied_at: at('2026-03-10T12:00:00Z'), workers: '1' }],
      'SHOW GLOBAL': variables('60'),
    },
    '2026-03-10T16:58:55.000Z',
  ],
  [
    'the same of a server that keeps no times, and is old',
    { 'SHOW REPLICA': 1064, 'SHOW SLAVE': [old], 'SELECT UNIX': 1054, 'SHOW GLOBAL': variables('30') },
    '2026-03-10T16:59:25.000Z',
  ],
  [
    'the last commit of one that receives nothing',
    {
      'SHOW REPLICA': [{ ...old, Slave_IO_Running: 'Connecting', Seconds_Behind_Master: null }],
      'SELECT UNIX': [{ applied_at: at('2026-03-10T16:41:00Z'), workers: '1' }],
    },
    '2026-03-10T16:41:00.000Z',
  ],
] as [string, Record<string, Rows | number>, string][])('a replica has %s', async (_, answers, replayed) => {
  expect(await mysql.replica.replayed(server(answers), now)).toEqual({ at: new Date(replayed) });
});

it('knows nothing of one whose workers commit in another order, and that receives nothing', async () => {
  const answers = {
    'SHOW REPLICA': [{ ...old, Slave_IO_Running: 'No', Seconds_Behind_Master: null }],
    'SELECT UNIX': [{ applied_at: at('2026-03-10T16:41:00Z'), workers: '4' }],
    'SHOW GLOBAL': variables('OFF'),
  };
  expect(await mysql.replica.replayed(server(answers), now)).toEqual({
    why: expect.stringContaining('receives nothing'),
  });
});

it('has its source’s log when it has applied as much of the same file, or is in a later one', async () => {
  const replica = () => server({ 'SHOW REPLICA': [old] });
  const reached = (position: string) => mysql.replica.hasReached(replica(), position);
  expect(
    await Promise.all(
      ['b.000009:120', 'b.000009:121', 'b.000008:999', 'b.000010:4', 'nonsense'].map(reached),
    ),
  ).toEqual([true, false, true, false, false]);
  expect(
    await mysql.replica.position(
      server({ 'SHOW MASTER': 1064, 'SHOW BINARY': [{ File: 'b.000009', Position: '120' }] }),
    ),
  ).toBe('b.000009:120');
  expect(await mysql.replica.position(server({ 'SHOW MASTER': [] }))).toBeUndefined();
});

it('ends sessions by the procedure of RDS where the privilege is missing, and minds none that is gone', async () => {
  const one = server({
    'SELECT ID': [{ id: 7 }, { id: '8' }],
    'KILL 7': 1095,
    'CALL mysql.rds_kill(7)': [],
    'KILL 8': 1094,
  });
  await mysql.sessions.end(one, ["o'app\\"]);
  expect(one.asked[0]).toContain("USER IN ('o''app\\\\')");
  expect(one.asked.slice(1)).toEqual(['KILL 7', 'CALL mysql.rds_kill(7)', 'KILL 8']);
});

it.each([
  'ALTER TABLE t ADD x INT',
  'truncate t',
  '/* now */ CREATE TABLE t (id INT)',
  '# so\nDROP TABLE t',
  "ALTER USER 'a'@'%' ACCOUNT LOCK",
])('knows that %j commits by itself', text => expect(mysql.commitsByItself(text)).toBe(true));

it.each(['INSERT INTO t VALUES (1)', 'CREATE TEMPORARY TABLE t (id INT)', 'UPDATE t SET created = 1'])(
  'knows that %j does not',
  text => expect(mysql.commitsByItself(text)).toBe(false),
);

it.each([
  ['mysql', 'a-user-of-the-shop', 'long-enough', 'name no user'],
  ['mysql', 'shop_of_the_whole_town', 'long-enough', 'name no user'],
  ['mariadb', 'shop', 'p'.repeat(42), '8 to 41 printable'],
  ['mysql', 'shop', 'p'.repeat(41), undefined],
  ['postgres', 'shop_of_the_whole_town', 'p'.repeat(128), undefined],
])('RDS makes a master user of %s only as it takes them: %s, %s', async (engine, username, password, why) => {
  const secret = async () => JSON.stringify({ username, password });
  const database = {
    region: 'eu-west-1',
    credentials: 'secret:shop/db',
    port: 3306,
    database: 'shop',
    engine,
  };
  const user = await masterUser({ secret }, database);
  if (why === undefined) expect(user).toEqual({ name: username, password });
  else expect(user).toMatchObject({ what: expect.stringContaining(why) });
  expect('what' in user ? `${user.what} ${user.mend}` : '').not.toContain(password);
});

import { afterEach, beforeEach, expect, test } from 'vitest';
import { action as promote } from '../../../shared/actions/rds/promote-replica.ts';
import { action } from '../../../shared/actions/rds/set-read-only.ts';
import { rdsState } from '../../../simulator/services/rds/state.ts';
import { databaseAt, endpointOf } from '../../../simulator/services/rds.ts';
import { type DatabaseWorld, databaseWorld } from '../../simulator/services/database-world.ts';
import { actionsIn, type InWorld, reasonsOf } from './in-world.ts';
import { database, primary, recovery, replica, target } from './support.ts';

const writeProbe = 'INSERT INTO beat VALUES (1, NOW()) ON DUPLICATE KEY UPDATE at = NOW()';
const own = {
  ...database,
  id: 'shop',
  identifier: 'shop',
  engine: 'mysql' as const,
  port: 3306,
  parameterGroup: 'shop-8',
  credentials: 'secret:shop/db#url',
  writeProbe,
};
const follower = {
  ...replica,
  id: 'shop-replica',
  identifier: 'shop-replica',
  engine: 'mysql' as const,
  port: 3306,
  replicaOf: 'shop',
  credentials: 'secret:shop/db#url',
  writeProbe,
};
const parameters = { database: own, approvedBy: 'Ann' };
const host = endpointOf(primary, 'shop');

let here: DatabaseWorld;
let at: InWorld;
const begin = (faults: string[] = [], more: Record<string, unknown> = {}) => {
  here?.stop();
  here = databaseWorld(faults, 1, { shop: own, 'shop-replica': follower, ...more });
  at = actionsIn(here);
};
beforeEach(() => begin());
afterEach(() => here.stop());

test('a writer that is read-only says so, without a write, and is opened again', async () => {
  const { outputs, baseline } = await at.run(action, parameters);
  expect(outputs).toEqual({ instance: 'shop', parameterGroup: 'shop-8' });
  expect(databaseAt(here.world, host)).toMatchObject({ writable: false, reachable: true });
  expect(at.changes).toMatchObject([
    { call: 'rds.ModifyDBParameterGroup', resource: 'shop-8', what: 'read_only = 1' },
  ]);
  expect(await at.undo(action, parameters, baseline)).toMatchObject({
    status: 'done',
    evidence: [{ what: 'read_only of shop is {TrueIfReplica} again' }],
  });
  expect(databaseAt(here.world, host)?.writable).toBe(true);
});

test.each(['lost-reply:rds.ModifyDBParameterGroup', 'error5xx:rds.ModifyDBParameterGroup'])(
  'is done with the fault %s, and not asked for again once it is set',
  async fault => {
    begin([fault]);
    await at.run(action, parameters);
    const asked = at.changes.length;
    await at.act(action, parameters);
    expect(at.changes).toHaveLength(asked);
  },
);

test('lets a replica of MySQL be promoted without loss, which it was not before', async () => {
  const promotion = { replica: follower, maxLoss: '0s' };
  expect(reasonsOf(await at.prepare(promote, promotion, 'planned'))).toContain(
    'shop in ap-southeast-2 is available and takes writes',
  );
  await at.run(action, parameters, 'planned');
  await here.pass(60);
  const { outputs } = await at.run(promote, promotion, 'planned');
  expect(outputs).toMatchObject({ instance: 'shop-replica', port: 3306, lossSeconds: 0 });
  expect(databaseAt(here.world, endpointOf(recovery, 'shop-replica'))?.writable).toBe(true);
});

test.each([
  [
    'a group that another instance has too',
    { ...own, id: 'other', identifier: 'other' },
    own,
    'also the parameter group of other',
  ],
  [
    'a default group',
    undefined,
    { ...own, parameterGroup: 'default.mysql8.0' },
    "of RDS's own that nobody can change",
  ],
  [
    'a group that it has not',
    undefined,
    { ...own, parameterGroup: 'shop-9' },
    'has the parameter group shop-8, and the plan says shop-9',
  ],
  [
    'another engine than the plan says',
    undefined,
    { ...own, engine: 'postgres' as const },
    'runs mysql, and the plan says postgres',
  ],
  [
    'an instance that nobody named',
    undefined,
    { ...target, engine: 'mysql' as const },
    'does not say which instance it means',
  ],
])('refuses %s', async (_, other, wanted, why) => {
  begin([], other && { other });
  expect(reasonsOf(await at.prepare(action, { ...parameters, database: wanted }))).toContain(why);
});

test('fails when it never holds, and refuses production in a drill', async () => {
  const instance = rdsState(here.world).instances.get(`${primary}/shop`);
  const baseline = await at.act(action, parameters);
  if (instance) instance.shown.DBParameterGroups = [];
  expect(baseline).toMatchObject({ before: '{TrueIfReplica}' });
  await expect(at.run(action, { ...parameters })).rejects.toThrow();
  expect(reasonsOf(await at.prepare(action, parameters, 'drill'))).toContain('This is a drill');
});

test('is no step for PostgreSQL, nor for an instance whose group the plan does not know', () => {
  const parse = (one: object) => action.parameters.parse({ approvedBy: 'Ann', database: one });
  expect(action.contradictions?.(parse(own))).toEqual([]);
  expect(action.contradictions?.(parse(database)).map(({ what }) => what)).toEqual([
    expect.stringContaining('runs PostgreSQL'),
    expect.stringContaining('which parameter group'),
  ]);
});

test('may change its own parameter group and nothing else', () => {
  const statements = action.permissions(action.parameters.parse(parameters), { primary, recovery });
  const changing = statements.filter(({ actions }) => actions.includes('rds:ModifyDBParameterGroup'));
  expect(changing.map(({ resources }) => resources)).toEqual([
    ['arn:${AWS::Partition}:rds:ap-southeast-2:${AWS::AccountId}:pg:shop-8'],
  ]);
});

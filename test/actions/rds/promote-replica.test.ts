import { afterEach, beforeEach, expect, test } from 'vitest';
import { action } from '../../../shared/actions/rds/promote-replica.ts';
import { action as restore } from '../../../shared/actions/rds/restore.ts';
import { rdsState } from '../../../simulator/services/rds/state.ts';
import { databaseAt, endpointOf, lineageOf } from '../../../simulator/services/rds.ts';
import { secrets } from '../../../simulator/services/secretsmanager/state.ts';
import { appDependencies } from '../../../simulator/world/dependencies.ts';
import { type DatabaseWorld, databaseWorld, withReplica } from '../../simulator/services/database-world.ts';
import { actionsIn, type InWorld, reasonsOf } from './in-world.ts';
import { besideTarget, primary, recovery, replica, target } from './support.ts';

let here: DatabaseWorld;
let at: InWorld;
const begin = (...faults: string[]) => {
  here?.stop();
  here = databaseWorld(faults, 1, withReplica);
  at = actionsIn(here);
};
beforeEach(() => begin());
afterEach(() => here.stop());

const writing = { ...replica, writeProbe: 'INSERT INTO heartbeat VALUES (1) ON CONFLICT DO NOTHING' };
const accepting = { replica: writing, maxLoss: '1h', acceptedRisks: ['unfenced-writer'] };
const parameters = { replica: writing, maxLoss: '1h' };
const host = endpointOf(recovery, 'app-replica');
const live = endpointOf(primary, 'app-production');
/** Lets the live database answer reads only, as `default_transaction_read_only` does. */
function makeReadOnly() {
  const dependencies = appDependencies(here.world);
  const { databaseAt: answer } = dependencies;
  dependencies.databaseAt = name => (name === live ? { writable: false } : answer(name));
}
/** The replica falls this far behind. */
function lagBy(seconds: number) {
  const instance = rdsState(here.world).instances.get(`${recovery}/app-replica`);
  if (instance?.replica) instance.replica.lagSeconds = seconds;
}

test('a lost region: the replica becomes the writer, and what was lost is measured before', async () => {
  here.world.loseRegion(primary);
  await here.pass(600);
  const { outputs } = await at.run(action, accepting);
  expect(outputs).toMatchObject({ instance: 'app-replica', endpoint: host, port: 5432 });
  expect(outputs.lossSeconds).toBeLessThanOrEqual(20);
  expect(databaseAt(here.world, host)?.writable).toBe(true);
  expect(lineageOf(here.world, host)?.copyOf?.untilMs).toBe(Date.parse(String(outputs.pointTime)));
  expect(at.changes).toMatchObject([{ call: 'rds.PromoteReadReplica', resource: 'app-replica' }]);
});

test('refuses in a region that does not answer, unless a person accepted that nobody can fence it', async () => {
  here.world.loseRegion(primary);
  const reasons = reasonsOf(await at.prepare(action, parameters));
  expect(reasons).toContain('does not answer, so nobody can say whether app-production is down');
  expect(here.world.changes.filter(({ by }) => by === 'lifeboat')).toEqual([]);
});

test('never promotes beside a writer that takes writes, whatever was accepted', async () => {
  for (const mode of ['recover', 'planned'] as const) {
    const reasons = reasonsOf(await at.prepare(action, accepting, mode));
    expect(reasons).toBe('app-production in ap-southeast-2 is available and takes writes');
  }
});

test('a planned move: a writer that is read-only is fenced', async () => {
  makeReadOnly();
  const preparation = await at.prepare(action, parameters, 'planned');
  expect(preparation.evidence.map(({ what }) => what).join()).toContain('answers and is read-only');
  const { outputs } = await at.run(action, parameters, 'planned');
  expect(outputs.lossSeconds).toBeLessThanOrEqual(20);
});

test('refuses when more is lost than allowed, and goes on when a person accepted that', async () => {
  lagBy(7_200);
  here.world.loseRegion(primary);
  expect(reasonsOf(await at.prepare(action, accepting))).toContain(
    '2 h of data is lost at most, ABOVE the allowed 1 h',
  );
  const both = { ...accepting, acceptedRisks: ['unfenced-writer', 'data-loss'] };
  const { outputs } = await at.run(action, both);
  expect(outputs.lossSeconds).toBe(7_200);
});

test('refuses when the lag is not known', async () => {
  here.world.loseRegion(primary);
  appDependencies(here.world).databaseAt = () => undefined;
  const reasons = reasonsOf(await at.prepare(action, accepting));
  expect(reasons).toContain('How far app-replica lags is not known');
  expect(reasons).not.toContain('simulated@');
});

test.each(['lost-reply:rds.PromoteReadReplica', 'stale-read:rds', 'error5xx:rds.PromoteReadReplica'])(
  'promotes once and is done with the fault %s',
  async fault => {
    begin(fault);
    here.world.loseRegion(primary);
    await at.run(action, accepting);
    const made = here.world.changes.filter(({ what }) => what === 'app-replica is being promoted');
    expect(made).toHaveLength(1);
  },
);

test('what is a writer already is done, and changes nothing', async () => {
  here.world.loseRegion(primary);
  await at.run(action, accepting);
  const { outputs } = await at.run(action, accepting);
  expect(outputs).toMatchObject({ instance: 'app-replica', lossSeconds: null });
  expect(at.changes).toHaveLength(1);
});

test('a writer that nobody can ask is not taken for one that takes no writes', async () => {
  here.world.loseRegion(primary);
  await at.run(action, accepting);
  const secret = secrets(here.world).get(`${recovery}/app/db`);
  secret?.versions.set(secret.current, '{"url":"of no use"}');
  const said = await at.prepare(action, accepting);
  expect(reasonsOf(said)).toContain("The database credentials can't be used");
  expect(JSON.stringify(said)).toContain('Store a connection URL');
});

test('refuses what is not there, and what a run should have made and nobody named', async () => {
  expect(reasonsOf(await at.prepare(action, { ...parameters, instance: 'other' }))).toContain(
    'no DB instance other',
  );
  expect(reasonsOf(await at.prepare(action, { ...parameters, replica: target }))).toContain(
    'which instance it means',
  );
});

test.each([
  ['mysql', 'RDS says that app-replica runs mysql, and the plan says postgres'],
  ['sqlserver-se', 'Lifeboat speaks PostgreSQL, MySQL and MariaDB'],
])('refuses %s, which is not what the plan says', async (engine, why) => {
  const instance = rdsState(here.world).instances.get(`${recovery}/app-replica`);
  if (instance) instance.shown.Engine = engine;
  expect(reasonsOf(await at.prepare(action, accepting))).toContain(why);
});

test('in a drill it looks and promotes nothing, although the writer lives', async () => {
  expect(action.drill).toBe('prepare-only');
  const preparation = await at.prepare(action, parameters, 'drill');
  expect(preparation.status).toBe('ready');
  expect(preparation.evidence.map(({ what }) => what).join()).toContain('a recovery would refuse');
});

test('may promote its replica and no other', () => {
  const statements = action.permissions(action.parameters.parse(parameters), { primary, recovery });
  const promoting = statements.filter(({ actions }) => actions.includes('rds:PromoteReadReplica'));
  expect(promoting.map(({ resources }) => resources)).toEqual([
    ['arn:${AWS::Partition}:rds:ap-southeast-4:${AWS::AccountId}:db:app-replica'],
  ]);
});

test('the target of a restore stays what it was', async () => {
  // A promoted replica is no restore: both can be used in one plan.
  const { outputs } = await at.run(restore, { target: besideTarget, pointTime: '2026-03-10T16:00:00Z' });
  expect(outputs.instance).toContain('app-repaired');
});

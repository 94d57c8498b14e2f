import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { action } from '../../../shared/actions/rds/cutover.ts';
import { action as restore } from '../../../shared/actions/rds/restore.ts';
import { runTag } from '../../../shared/aws/names.ts';
import { rdsState } from '../../../simulator/services/rds/state.ts';
import { databaseAt, endpointOf, lineageOf, service } from '../../../simulator/services/rds.ts';
import type { Blow } from '../../../simulator/world/world.ts';
import { type DatabaseWorld, databaseWorld } from '../../simulator/services/database-world.ts';
import { actionsIn, type InWorld, reasonsOf } from './in-world.ts';
import { besideTarget, database, instanceName, primary } from './support.ts';

let here: DatabaseWorld;
let at: InWorld;
let restored: string;
const pointTime = '2026-03-10T16:00:00.000Z';
const fromBackup = { target: { ...besideTarget, multiAz: false }, pointTime };

/** A world in which a copy of the live database has been restored beside it. */
async function begin(...faults: string[]) {
  here?.stop();
  here = databaseWorld(faults);
  at = actionsIn(here);
  restored = String((await at.run(restore, fromBackup)).outputs.instance);
  at.changes.length = 0;
}
beforeEach(() => begin());
afterEach(() => here.stop());

const live = endpointOf(primary, 'app-production');
const kept = instanceName.replace('app-dr', 'app-production-old');
const swap = () => ({ database, instance: restored });
const shown = (id: string) => rdsState(here.world).instances.get(`${primary}/${id}`)?.shown;

test('the restored instance serves under the old endpoint, and the old one is kept', async () => {
  const { outputs } = await at.run(action, swap());
  expect(outputs).toEqual({ endpoint: live, port: 5432, instance: 'app-production', keptAs: kept });
  expect(databaseAt(here.world, live)?.writable).toBe(true);
  expect(lineageOf(here.world, live)?.copyOf?.untilMs).toBe(Date.parse(pointTime));
  expect(lineageOf(here.world, endpointOf(primary, kept))).toEqual({ id: 'ap-southeast-2/app-production' });
  expect(at.changes.map(({ what }) => what)).toEqual([
    `Renamed to ${kept}, with a reboot`,
    'Renamed to app-production, with a reboot',
    'Turned on: MultiAZ',
    expect.stringContaining('no longer the run'),
  ]);
});

test("has backups and protection on, its standby is made, and it is no longer the run's to remove", async () => {
  await at.run(action, swap());
  expect(shown('app-production')).toMatchObject({ BackupRetentionPeriod: 7, DeletionProtection: true });
  expect(shown('app-production')?.TagList?.map(({ Key }) => Key)).toEqual(['lifeboat:system']);
  await here.pass(3_700);
  expect(shown('app-production')?.MultiAZ).toBe(true);
});

test('is done while the standby is still being made, since users are served', async () => {
  await at.run(action, swap());
  expect(shown('app-production')).toMatchObject({ DBInstanceStatus: 'modifying', MultiAZ: false });
});

test('takes the name of a database that was deleted', async () => {
  service.strike?.(here.world, { type: 'loss', component: database } as Blow);
  const { outputs, baseline } = await at.run(action, swap());
  expect(outputs).toMatchObject({ endpoint: live, keptAs: null });
  await here.pass(3_700);
  expect(await at.undo(action, swap(), baseline)).toMatchObject({ status: 'done' });
  expect(databaseAt(here.world, live)).toBeUndefined();
});

describe('undo', () => {
  test('swaps back, and the restore can be undone after it', async () => {
    const { baseline } = await at.run(action, swap());
    await here.pass(3_700);
    const undone = await at.undo(action, swap(), baseline);
    expect(undone).toMatchObject({
      status: 'done',
      evidence: [{ what: expect.stringContaining(`what was written meanwhile is in ${restored}`) }],
    });
    expect(lineageOf(here.world, live)).toEqual({ id: 'ap-southeast-2/app-production' });
    expect(shown(restored)?.TagList?.map(({ Key }) => Key)).toContain(runTag);
    const removed = await at.undo(restore, fromBackup, { instance: restored, useLatest: false }, 'drill');
    expect(removed.status).toBe('done');
    expect(shown(restored)).toBeUndefined();
  });

  test('half way, when only the old one has lost its name', async () => {
    const baseline = await at.act(action, swap());
    await here.pass(130);
    expect(await at.undo(action, swap(), baseline)).toMatchObject({ status: 'done' });
    expect(databaseAt(here.world, live)?.writable).toBe(true);
    expect(lineageOf(here.world, live)).toEqual({ id: 'ap-southeast-2/app-production' });
  });
});

test.each(['lost-reply:rds.ModifyDBInstance', 'error5xx:rds.ModifyDBInstance', 'stale-read:rds'])(
  'swaps once with the fault %s',
  async fault => {
    await begin(fault);
    await at.run(action, swap());
    const renamed = here.world.changes.filter(({ what }) => what.includes('is being renamed'));
    expect(renamed.map(({ what }) => what)).toEqual([
      `app-production is being renamed to ${kept}`,
      `${restored} is being renamed to app-production`,
    ]);
  },
);

test('nothing answers at the endpoint between the two renames, and then one database does', async () => {
  const answers: (string | undefined)[] = [];
  here.world.onChange(() => {
    const found = databaseAt(here.world, live);
    answers.push(found?.writable ? lineageOf(here.world, live)?.id : undefined);
  });
  await at.run(action, swap());
  const seen = answers.filter((id, index) => index === 0 || id !== answers[index - 1]);
  expect(seen).toEqual([undefined, expect.stringContaining(restored)]);
});

describe('refuses', () => {
  test('an instance that this run did not make, and one that is not there', async () => {
    const instance = shown(restored);
    if (instance) instance.TagList = [{ Key: runTag, Value: 'another' }];
    expect(reasonsOf(await at.prepare(action, swap()))).toContain('was not made by this run');
    expect(reasonsOf(await at.prepare(action, { database, instance: 'other' }))).toContain(
      'no DB instance other',
    );
  });

  test('an old instance that is stopped, since RDS would not rename it', async () => {
    await here.call('rds', 'StopDBInstance', primary, { DBInstanceIdentifier: 'app-production' });
    await here.pass(901);
    expect(reasonsOf(await at.prepare(action, swap()))).toContain('app-production is stopped');
    expect(at.changes).toEqual([]);
  });
});

test('is only prepared in a drill, and may rename nothing but the database and what a run made', () => {
  expect(action.drill).toBe('prepare-only');
  const statements = action.permissions(action.parameters.parse(swap()), { primary, recovery: 'x' });
  const changing = statements.filter(({ actions }) => actions.includes('rds:ModifyDBInstance'));
  expect(
    changing.map(({ resources, conditions }) => [resources.map(arn => arn.split(':').at(-1)), conditions]),
  ).toEqual([
    [['app-production', 'app-production-old-*'], undefined],
    [['*'], { Null: { 'aws:ResourceTag/lifeboat:run': 'false' } }],
  ]);
});

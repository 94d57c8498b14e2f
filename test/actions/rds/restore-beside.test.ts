import { afterEach, beforeEach, expect, test } from 'vitest';
import { action as find } from '../../../shared/actions/rds/find-restore-point.ts';
import { action as restore } from '../../../shared/actions/rds/restore.ts';
import { endpointOf, lineageOf, service } from '../../../simulator/services/rds.ts';
import type { Blow } from '../../../simulator/world/world.ts';
import { type DatabaseWorld, databaseWorld } from '../../simulator/services/database-world.ts';
import { actionsIn, type InWorld, reasonsOf } from './in-world.ts';
import {
  besideTarget,
  database,
  instanceName,
  outageStartedAt,
  primary,
  recovery,
  target,
} from './support.ts';

let here: DatabaseWorld;
let at: InWorld;
const begin = (...faults: string[]) => {
  here?.stop();
  here = databaseWorld(faults);
  at = actionsIn(here);
};
beforeEach(() => begin());
afterEach(() => here.stop());

const before = '2026-03-10T16:10:00.000Z';
const beside = { target: besideTarget, maxLoss: '1h', before };
const repaired = instanceName.replace('app-dr', 'app-repaired');
const heldBy = (region: string, id: string) => lineageOf(here.world, endpointOf(region, id))?.copyOf;

test('wrong data: the moment before it is found in the live region and restored beside the live database', async () => {
  const { outputs: point } = await at.run(find, beside);
  expect(point).toMatchObject({ method: 'automated-backup', pointTime: before, lossSeconds: 1920 });
  const { outputs } = await at.run(restore, { ...point, target: besideTarget });
  expect(outputs).toMatchObject({ instance: repaired, pointTime: before });
  expect(heldBy(primary, repaired)).toEqual({
    id: 'ap-southeast-2/app-production',
    untilMs: Date.parse(before),
  });
  expect(here.world.calls.get('rds.StopDBInstance')).toBeUndefined();
});

test('a moment alone is enough; an offset counts', async () => {
  const { outputs } = await at.run(restore, {
    target: besideTarget,
    pointTime: '2026-03-11T03:10:00+11:00',
  });
  expect(outputs.pointTime).toBe('2026-03-11T03:10:00+11:00');
  expect(heldBy(primary, repaired)?.untilMs).toBe(Date.parse(before));
});

test('a copy in the other region, made of the same moment, holds the same', async () => {
  const { outputs: point } = await at.run(find, { ...beside, target });
  await at.run(restore, { ...point, target });
  expect(heldBy(recovery, instanceName)?.untilMs).toBe(Date.parse(before));
});

test('a deleted database is restored from the backups that were retained', async () => {
  service.strike?.(here.world, { type: 'loss', component: database } as Blow);
  const { outputs: point } = await at.run(find, { target: besideTarget, maxLoss: '1h' });
  expect(point).toMatchObject({ method: 'automated-backup', withinRpo: true });
  const { outputs } = await at.run(restore, { ...point, target: besideTarget });
  expect(heldBy(primary, repaired)?.untilMs).toBe(Date.parse(String(outputs.pointTime)));
});

test('a deleted database without its backups is restored from the other region', async () => {
  begin('backups-deleted');
  service.strike?.(here.world, { type: 'loss', component: database } as Blow);
  expect(reasonsOf(await at.prepare(find, { target: besideTarget, maxLoss: '1h' }))).toContain(
    'no restore point of app-production in ap-southeast-2',
  );
  const { outputs: point } = await at.run(find, { target, maxLoss: '1h' });
  expect(point.withinRpo).toBe(true);
});

test.each([
  ['before the backup begins', '2026-02-01T00:00:00Z'],
  ['after its end', outageStartedAt],
])('refuses a moment %s', async (_, pointTime) => {
  expect(reasonsOf(await at.prepare(restore, { target: besideTarget, pointTime }))).toMatch(
    /can't be restored to .*: its backup in ap-southeast-2 holds 2026-03-03T.* to 2026-03-10T16:3/,
  );
  expect(at.changes).toEqual([]);
});

test('the newest moment of a living database is never asked for as "the latest", which moves on', async () => {
  const { DBInstanceAutomatedBackups: backups } = await here.call(
    'rds',
    'DescribeDBInstanceAutomatedBackups',
    primary,
  );
  const window = backups?.[0]?.RestoreWindow as { LatestTime: Date } | undefined;
  const latest = window?.LatestTime ?? new Date(0);
  const { outputs } = await at.run(restore, { target: besideTarget, pointTime: latest.toISOString() });
  expect(Date.parse(String(outputs.pointTime))).toBe(latest.getTime() - 1000);
  expect(heldBy(primary, repaired)?.untilMs).toBe(latest.getTime() - 1000);
});

test('refuses when everything from before the given time is gone', async () => {
  const old = '2026-03-01T00:00:00Z';
  expect(reasonsOf(await at.prepare(find, { ...beside, before: old }))).toContain(
    `that is not younger than ${old}`,
  );
});

test('refuses a snapshot that is not there, or none', async () => {
  const missing = { target, method: 'snapshot', from: 'other', pointTime: before };
  expect(reasonsOf(await at.prepare(restore, missing))).toContain('no snapshot other in ap-southeast-4');
  expect(reasonsOf(await at.prepare(restore, { ...missing, from: undefined }))).toContain(
    'does not say which',
  );
});

test('beside the live database it may read that one and make others, and change nothing of it', () => {
  const statements = restore.permissions(
    { target: besideTarget, method: 'automated-backup', pointTime: before },
    { primary, recovery },
  );
  const touching = statements.filter(({ resources }) =>
    resources.some(resource => resource.endsWith(':db:app-production')),
  );
  expect(touching.map(({ actions }) => actions)).toEqual([
    ['rds:RestoreDBInstanceToPointInTime', 'rds:RestoreDBInstanceFromDBSnapshot'],
  ]);
});

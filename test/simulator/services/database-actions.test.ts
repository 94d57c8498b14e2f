import { afterEach, expect, test, vi } from 'vitest';
import type { Action, ActionContext } from '../../../shared/actions/contract.ts';
import { action as failover } from '../../../shared/actions/rds/failover.ts';
import { action as fence } from '../../../shared/actions/rds/fence.ts';
import { action as find } from '../../../shared/actions/rds/find-restore-point.ts';
import { action as restore } from '../../../shared/actions/rds/restore.ts';
import { action as putValue } from '../../../shared/actions/secrets/put-value.ts';
import { createSecretReader } from '../../../shared/aws/secret-reader.ts';
import type { JsonObject } from '../../../shared/json.ts';
import { failPrimaryZone } from '../../../simulator/services/rds.ts';
import { appDependencies } from '../../../simulator/world/dependencies.ts';
import { simulatedClients } from '../../../simulator/world/simulated-clients.ts';
import { contextFor, database, primary, recovery, target } from '../../actions/rds/support.ts';
import { type DatabaseWorld, databaseWorld } from './database-world.ts';

// The SDK resolves credentials before it asks the simulated world; nothing is signed with them.
vi.stubEnv('AWS_ACCESS_KEY_ID', 'simulated');
vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'simulated');

let here: DatabaseWorld;
afterEach(() => here.stop());

/** The surroundings of an action in the simulated world: the SDK's clients, virtual time, and its databases. */
function context(actedAtMs?: number): ActionContext {
  const { world } = here;
  const aws = simulatedClients(world, { primary, recovery });
  const base = contextFor({});
  return {
    ...base,
    aws,
    clock: { now: () => world.now() },
    secret: createSecretReader(aws),
    elapsedSeconds: actedAtMs === undefined ? 0 : (world.nowMs() - actedAtMs) / 1000,
    network: {
      ...base.network,
      async sql({ url }) {
        const found = appDependencies(world).databaseAt(new URL(url).hostname);
        if (!found) throw new Error('nothing answers');
        return { query: async () => ({ rows: [{ in_recovery: !found.writable }] }), end: async () => {} };
      },
    },
  };
}

/** Runs an action as the step machine does: prepare, act, and observe every 15 s. */
async function runStep(action: Action, parameters: Record<string, unknown>): Promise<JsonObject> {
  const parsed = action.parameters.parse(parameters);
  const preparation = await action.prepare(context(), parsed);
  if (preparation.status === 'already-done') return preparation.outputs;
  if (preparation.status !== 'ready') throw new Error(JSON.stringify(preparation));
  const actedAtMs = here.world.nowMs();
  await action.act?.(context(actedAtMs), parsed, preparation.baseline);
  for (let n = 0; n < 400; n++) {
    const seen = await action.observe(context(actedAtMs), parsed, preparation.baseline);
    if (seen.status === 'done') return seen.outputs;
    if (seen.status === 'failed') throw new Error(JSON.stringify(seen.reasons));
    await new Promise(resolve => setTimeout(resolve, 15_000));
  }
  throw new Error('never done');
}
const run = (action: Action, parameters: Record<string, unknown>) => here.drive(runStep(action, parameters));

const plain = (component: object) => ({ ...component });

test('a lost region: the writer can not be fenced, the newest point is restored and put into the secret', async () => {
  here = databaseWorld();
  here.world.loseRegion(primary);
  const fenced = await run(fence as Action, {
    database: plain(database),
    acceptedRisks: ['unfenced-writer'],
  });
  expect(fenced.verdict).toBe('not-provable');
  const point = await run(find as Action, { target: plain(target), maxLoss: '1h' });
  expect(point).toMatchObject({ method: 'automated-backup', withinRpo: true });
  expect(point.lossSeconds).toBeGreaterThan(170);
  const { method, from, pointTime } = point;
  const restored = await run(restore as Action, { target: plain(target), method, from, pointTime });
  const found = here.world.now().getTime() - Date.parse('2026-03-10T16:42:00Z');
  expect(found / 1000).toBeGreaterThan(1200);
  await run(putValue as Action, {
    secret: { type: 'secret', id: 's', region: recovery, name: 'app/db' },
    values: {
      host: restored.endpoint,
      url: `postgresql://{{username}}:{{password}}@${restored.endpoint}:5432/app`,
    },
  });
  const secret = JSON.parse(await here.drive(context().secret('secret:app/db', recovery)));
  expect(secret.url).toBe(`postgresql://lifeboat:simulated@${restored.endpoint}:5432/app`);
});

test.each([true, false])(
  'a failed zone: done by RDS itself or forced (by itself: %s)',
  async selfFailover => {
    here = databaseWorld();
    failPrimaryZone(here.world, { region: primary, identifier: 'app-production', selfFailover });
    await here.pass(selfFailover ? 70 : 300);
    expect(await run(failover as Action, { database: plain(database) })).toEqual({
      method: selfFailover ? 'automatic' : 'forced',
      zoneBefore: `${primary}a`,
      zoneAfter: `${primary}b`,
    });
  },
);

test.each([
  'throttle:rds',
  'error5xx:rds.RestoreDBInstanceToPointInTime',
  'lost-reply:rds.RestoreDBInstanceToPointInTime',
  'timeout:rds.DescribeDBInstances',
  'stale-read:rds',
])('a restore is made once and ends well with the fault %s', async fault => {
  here = databaseWorld([fault]);
  const { method, from, pointTime } = await run(find as Action, { target: plain(target), maxLoss: '1h' });
  await run(restore as Action, { target: plain(target), method, from, pointTime });
  const made = here.world.changes.filter(change => change.what.includes('is being restored'));
  expect(made).toHaveLength(1);
});

test.each([
  ['no-snapshot', 'no restore point'],
  ['kms-key-missing', 'KMS key'],
])('the fault %s is refused before anything is changed', async (fault, words) => {
  here = databaseWorld([fault]);
  const preparation = await here.drive(
    find.prepare(context(), find.parameters.parse({ target, maxLoss: '1h' })),
  );
  expect(preparation).toMatchObject({ status: 'refused' });
  expect(JSON.stringify(preparation)).toContain(words);
  expect(here.world.changes).toEqual([]);
});

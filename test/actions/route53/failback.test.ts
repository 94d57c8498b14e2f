import { describe, expect, it } from 'vitest';
import type { Observation } from '../../../shared/actions/contract.ts';
import { action } from '../../../shared/actions/route53/failback.ts';
import { action as failover } from '../../../shared/actions/route53/failover.ts';
import type { JsonObject } from '../../../shared/json.ts';
import { checksOf } from '../../../simulator/world/health-checks.ts';
import { whereUsersGo } from '../../../simulator/world/traffic.ts';
import { faultsOf } from '../../support/compute-world.ts';
import { appName, primaryTarget, recovery, recoveryTarget } from '../../support/traffic-plan.ts';
import { inTraffic, type TrafficScene } from '../../support/traffic-world.ts';

const parameters = { name: appName };
const gate = { Bucket: appName.gate.bucket, Key: appName.gate.key };

async function until(
  scene: TrafficScene,
  look: (elapsedSeconds: number) => Promise<Observation> | undefined,
): Promise<{ seen: Observation; seconds: number }> {
  const start = scene.world.nowMs();
  for (let looks = 0; looks < 300; looks++) {
    const seconds = (scene.world.nowMs() - start) / 1000;
    const seen = await scene.drive(look(seconds) ?? Promise.reject(new Error('there is no such function')));
    if (seen.status !== 'pending') return { seen, seconds };
    await scene.wait(5);
  }
  throw new Error('still pending');
}

/** Users have been moved to the recovery region by a failover, by its record change if `disabled`. */
async function moved(scene: TrafficScene, { disabled = false } = {}): Promise<void> {
  const wanted = { name: appName, fallbackAfter: 60 };
  const preparation = await scene.drive(failover.prepare(scene.context(), wanted));
  if (preparation.status !== 'ready') throw new Error('not ready');
  const check = checksOf(scene.world).get(appName.primaryHealthCheck);
  if (check) check.config.Disabled = disabled;
  await scene.drive(failover.act?.(scene.context(), wanted, preparation.baseline) ?? Promise.resolve());
  await until(scene, seconds => failover.observe(scene.context(seconds), wanted, preparation.baseline));
  expect(whereUsersGo(scene.world, appName.id)).toBe('recovery');
}

async function begin(scene: TrafficScene): Promise<JsonObject> {
  const preparation = await scene.drive(action.prepare(scene.context(), parameters));
  if (preparation.status !== 'ready') throw new Error(`not ready: ${JSON.stringify(preparation)}`);
  await scene.drive(action.act?.(scene.context(), parameters, preparation.baseline) ?? Promise.resolve());
  return preparation.baseline;
}

const goBack = (scene: TrafficScene, baseline: JsonObject) =>
  until(scene, seconds => action.observe(scene.context(seconds), parameters, baseline));

describe('route53.failback', () => {
  it('sends users back, and waits until caches have let go of the old answer', () =>
    inTraffic(async scene => {
      await moved(scene);
      const { seen, seconds } = await goBack(scene, await begin(scene));
      expect(seen).toMatchObject({ status: 'done', outputs: { answers: [primaryTarget] } });
      expect(seconds).toBeGreaterThanOrEqual(180);
      expect(whereUsersGo(scene.world, appName.id)).toBe('primary');
      expect(scene.changes.at(-1)?.call).toBe('s3.DeleteObject');
    }));

  it('puts records back that the failover had changed, before it closes the gate', () =>
    inTraffic(
      async scene => {
        await moved(scene, { disabled: true });
        const { seen } = await goBack(scene, await begin(scene));
        expect(seen.status).toBe('done');
        const calls = scene.changes.map(change => change.call);
        expect(calls.filter(call => call === 'route53.ChangeResourceRecordSets')).toHaveLength(2);
        expect(calls.lastIndexOf('route53.ChangeResourceRecordSets')).toBeLessThan(
          calls.lastIndexOf('s3.DeleteObject'),
        );
        expect(whereUsersGo(scene.world, appName.id)).toBe('primary');
      },
      { modifies: true },
    ));

  it('is not confused by a lost reply', () =>
    inTraffic(
      async scene => {
        await moved(scene);
        const preparation = await scene.drive(action.prepare(scene.context(), parameters));
        if (preparation.status !== 'ready') throw new Error('not ready');
        const { baseline } = preparation;
        const act = () =>
          scene.drive(action.act?.(scene.context(), parameters, baseline) ?? Promise.resolve());
        await act().catch(() => {});
        await act();
        expect((await goBack(scene, baseline)).seen.status).toBe('done');
      },
      { faults: faultsOf({ 's3.DeleteObject': ['lost-reply'] }) },
    ));

  it('is done already where users never left', () =>
    inTraffic(async scene => {
      expect(await scene.drive(action.prepare(scene.context(), parameters))).toMatchObject({
        status: 'already-done',
        outputs: { answers: [primaryTarget] },
      });
    }));

  it('refuses a gate that no failover of this name has written', () =>
    inTraffic(async scene => {
      await scene.call('s3.PutObject', recovery, { ...gate, Body: 'opened by hand' });
      const preparation = await scene.drive(action.prepare(scene.context(), parameters));
      expect(preparation).toMatchObject({
        status: 'refused',
        reasons: [{ what: expect.stringContaining('was not written by a failover') }],
      });
    }));

  it('refuses when the gate is closed and users are elsewhere all the same', () =>
    inTraffic(async scene => {
      await moved(scene);
      await scene.call('s3.DeleteObject', recovery, gate);
      expect(await scene.drive(action.prepare(scene.context(), parameters))).toMatchObject({
        status: 'refused',
        reasons: [{ mend: expect.stringContaining(appName.primaryHealthCheck) }],
      });
    }));

  it('opens the gate again on undo, with the memory that it had', () =>
    inTraffic(async scene => {
      await moved(scene);
      const baseline = await begin(scene);
      await goBack(scene, baseline);
      await until(scene, () => action.undo?.(scene.context(), parameters, baseline, {}));
      expect(whereUsersGo(scene.world, appName.id)).toBe('primary');
      await scene.wait(120);
      expect(whereUsersGo(scene.world, appName.id)).toBe('recovery');
      expect(await scene.drive(action.prepare(scene.context(), parameters))).toMatchObject({
        status: 'ready',
        baseline,
      });
      expect(scene.changes.at(-1)?.what).toContain(recoveryTarget);
    }));

  it('changes nothing in a drill, and may touch one key, one name and one zone', () => {
    expect(action.drill).toBe('prepare-only');
    const permissions = action.permissions(parameters, { primary: 'ap-southeast-2', recovery });
    expect(permissions.flatMap(({ resources }) => resources)).not.toContain('*');
  });
});

import { describe, expect, it } from 'vitest';
import type { Observation } from '../../../shared/actions/contract.ts';
import { action } from '../../../shared/actions/route53/failover.ts';
import type { JsonObject } from '../../../shared/json.ts';
import { type Check, checksOf } from '../../../simulator/world/health-checks.ts';
import { whereUsersGo } from '../../../simulator/world/traffic.ts';
import { faultsOf, run } from '../../support/compute-world.ts';
import {
  aliasName,
  appName,
  primary,
  primaryTarget,
  recovery,
  recoveryTarget,
} from '../../support/traffic-plan.ts';
import { inTraffic, type TrafficScene } from '../../support/traffic-world.ts';

const parameters = { name: appName, fallbackAfter: 300 };
const gate = { Bucket: appName.gate.bucket, Key: appName.gate.key };

async function begin(scene: TrafficScene, wanted = parameters): Promise<JsonObject> {
  const preparation = await scene.drive(action.prepare(scene.context(), wanted));
  if (preparation.status !== 'ready') throw new Error(`not ready: ${JSON.stringify(preparation)}`);
  await scene.drive(action.act?.(scene.context(), wanted, preparation.baseline) ?? Promise.resolve());
  return preparation.baseline;
}

type Watched = { seen: Observation; seconds: number; notes: string[] };

/** Observes every 5 s, as the step machine would, until the step is no longer pending. */
async function watch(scene: TrafficScene, baseline: JsonObject, wanted = parameters): Promise<Watched> {
  const notes: string[] = [];
  const start = scene.world.nowMs();
  for (let looks = 0; looks < 300; looks++) {
    const seconds = (scene.world.nowMs() - start) / 1000;
    const seen = await scene.drive(action.observe(scene.context(seconds), wanted, baseline));
    if (seen.status !== 'pending') return { seen, seconds, notes };
    notes.push(seen.note);
    await scene.wait(5);
  }
  throw new Error(`still pending: ${notes.at(-1)}`);
}

async function undo(scene: TrafficScene, baseline: JsonObject, wanted = parameters): Promise<Observation> {
  for (let calls = 0; calls < 100; calls++) {
    const seen = await scene.drive(
      action.undo?.(scene.context(), wanted, baseline, {}) ?? Promise.reject(new Error('no undo')),
    );
    if (seen.status !== 'pending') return seen;
    await scene.wait(5);
  }
  throw new Error('never undone');
}

const callsOf = (scene: TrafficScene) => scene.changes.map(change => change.call);
const gateText = async (scene: TrafficScene) => {
  const reply = await scene.call('s3.GetObject', recovery, gate);
  return (reply.Body as { transformToString(): Promise<string> }).transformToString();
};

/** Somebody disables the health check: it counts as healthy, and an open gate moves nothing. */
function disableCheck(scene: TrafficScene): Check {
  const check = checksOf(scene.world).get(appName.primaryHealthCheck);
  if (!check) throw new Error('no such check');
  check.config.Disabled = true;
  return check;
}

/** Begins, and then the gate turns out to move nothing. */
async function beginInVain(scene: TrafficScene): Promise<JsonObject> {
  const baseline = await begin(scene);
  disableCheck(scene);
  return baseline;
}

type RecordSets = { Failover: string; ResourceRecords: { Value: string }[] }[];
async function setsOf(scene: TrafficScene): Promise<RecordSets> {
  const reply = await scene.call('route53.ListResourceRecordSets', 'us-east-1', {
    HostedZoneId: appName.hostedZone,
    StartRecordName: appName.name,
    MaxItems: 2,
  });
  return reply.ResourceRecordSets as RecordSets;
}
async function primaryTargetOf(scene: TrafficScene): Promise<string | undefined> {
  return (await setsOf(scene)).find(set => set.Failover === 'PRIMARY')?.ResourceRecords[0]?.Value;
}

describe('through the data plane', () => {
  it('moves users without the control plane being written to', () =>
    inTraffic(async scene => {
      const baseline = await begin(scene);
      const { seen, seconds } = await watch(scene, baseline);
      expect(seen).toMatchObject({
        status: 'done',
        outputs: { method: 'data-plane', answers: [recoveryTarget], previousTtlSeconds: 60 },
      });
      expect(whereUsersGo(scene.world, 'app-name')).toBe('recovery');
      expect(scene.world.calls.get('route53.ChangeResourceRecordSets')).toBeUndefined();
      expect(seconds).toBeGreaterThan(120);
      expect(seconds).toBeLessThan(180);
    }));

  it('is done only when the old TTL has passed since the answers moved', () =>
    inTraffic(async scene => {
      const baseline = await begin(scene);
      const { notes } = await watch(scene, baseline);
      const memory = JSON.parse(await gateText(scene)) as { movedAt: string };
      expect(scene.world.nowMs() - Date.parse(memory.movedAt)).toBeGreaterThanOrEqual(60_000);
      expect(notes.some(note => note.includes('caches may hold the old one'))).toBe(true);
    }));

  it('moves an alias, whose answers are addresses', () =>
    inTraffic(async scene => {
      const wanted = { name: aliasName, fallbackAfter: 300 };
      const { seen } = await watch(scene, await begin(scene, wanted), wanted);
      expect(seen).toMatchObject({
        status: 'done',
        outputs: { method: 'data-plane', previousTtlSeconds: 60 },
      });
      expect(whereUsersGo(scene.world, 'alias-name')).toBe('recovery');
    }));

  it('works while the primary region and the control plane in us-east-1 are lost, and says what it assumed', () =>
    inTraffic(async scene => {
      scene.world.loseRegion(primary);
      scene.world.loseRegion('us-east-1');
      const preparation = await scene.drive(action.prepare(scene.context(), parameters));
      expect(preparation).toMatchObject({ status: 'ready' });
      expect(JSON.stringify(preparation.evidence)).toContain('control plane does not answer');
      const { seen } = await watch(scene, await begin(scene));
      // The zone's own servers gave the TTL.
      expect(seen).toMatchObject({
        status: 'done',
        outputs: { method: 'data-plane', previousTtlSeconds: 60 },
      });
    }));

  it('records the change before it is sent', () =>
    inTraffic(
      async scene => {
        await expect(begin(scene)).rejects.toThrow();
        expect(scene.changes).toMatchObject([
          { call: 's3.PutObject', region: recovery, resource: 'arn:aws:s3:::shop-gate/app-on-recovery' },
        ]);
      },
      { faults: faultsOf({ 's3.PutObject': Array(8).fill('error5xx') }) },
    ));

  it('opens the gate once, however often act is called', () =>
    inTraffic(async scene => {
      const baseline = await begin(scene);
      const before = await gateText(scene);
      await scene.wait(30);
      await scene.drive(action.act?.(scene.context(), parameters, baseline) ?? Promise.resolve());
      expect(await gateText(scene)).toBe(before);
    }));

  it('is not misled by a lost reply', () =>
    inTraffic(
      async scene => {
        const { seen } = await watch(scene, await begin(scene));
        expect(seen).toMatchObject({ status: 'done', outputs: { method: 'data-plane' } });
      },
      { faults: faultsOf({ 's3.PutObject': ['lost-reply'], 's3.GetObject': ['timeout', 'throttle'] }) },
    ));

  it('writes who opened the gate and nothing that is secret into the public object', () =>
    inTraffic(async scene => {
      await begin(scene);
      const memory = JSON.parse(await gateText(scene));
      expect(memory).toMatchObject({ run: run.id, name: appName.name });
      expect(Object.keys(memory).sort()).toEqual(
        [
          'about',
          'adopted',
          'movedBefore',
          'name',
          'openedAt',
          'previous',
          'previousTtlSeconds',
          'run',
        ].sort(),
      );
    }));

  it('finds what an earlier attempt of the same run has done', () =>
    inTraffic(async scene => {
      const first = await begin(scene);
      await scene.wait(100);
      await watch(scene, first);
      const again = await begin(scene);
      expect(again).toEqual(first);
      expect((await watch(scene, again)).seen).toMatchObject({
        status: 'done',
        outputs: { method: 'data-plane' },
      });
    }));

  it('reports a move of long ago as already done', () =>
    inTraffic(async scene => {
      await scene.call('s3.PutObject', recovery, { ...gate, Body: 'opened by hand' });
      await scene.wait(600);
      const preparation = await scene.drive(action.prepare(scene.context(), parameters));
      expect(preparation).toMatchObject({
        status: 'already-done',
        outputs: { method: 'already-done', answers: [recoveryTarget] },
      });
    }));

  it('waits for caches when somebody else has opened the gate a moment ago', () =>
    inTraffic(async scene => {
      await scene.call('s3.PutObject', recovery, { ...gate, Body: 'opened by hand' });
      await scene.wait(100);
      const baseline = await begin(scene);
      const { seen, seconds } = await watch(scene, baseline);
      expect(seen).toMatchObject({ status: 'done', outputs: { method: 'already-done' } });
      expect(seconds).toBeGreaterThanOrEqual(60);
    }));
});

describe('through the records', () => {
  it('changes the records when the gate has not moved the answers in time', () =>
    inTraffic(async scene => {
      const { seen, seconds, notes } = await watch(scene, await beginInVain(scene));
      expect(seen).toMatchObject({
        status: 'done',
        outputs: { method: 'record-change', answers: [recoveryTarget] },
      });
      expect(seconds).toBeGreaterThan(300);
      expect(notes.some(note => note.includes('The records were changed'))).toBe(true);
      expect(scene.world.calls.get('route53.ChangeResourceRecordSets')).toBe(1);
      expect(callsOf(scene)).toContain('route53.ChangeResourceRecordSets');
    }));

  it('answers the recovery target whatever the health check says afterwards', () =>
    inTraffic(async scene => {
      await watch(scene, await begin(scene, { ...parameters, fallbackAfter: 0 }), {
        ...parameters,
        fallbackAfter: 0,
      });
      const check = disableCheck(scene);
      for (const healthy of [true, false]) {
        check.config.Disabled = healthy;
        const answer = await scene.drive(
          scene.internet.dns({
            name: appName.name,
            type: 'CNAME',
            resolver: 'authoritative',
            timeoutMs: 1000,
          }),
        );
        expect(answer.values).toEqual([recoveryTarget]);
      }
    }));

  it('waits for a control plane that is down, and makes the change when it is back', () =>
    inTraffic(
      async scene => {
        const { seen, notes } = await watch(scene, await beginInVain(scene));
        expect(notes.some(note => note.includes('does not take the record change yet'))).toBe(true);
        expect(seen).toMatchObject({ status: 'done', outputs: { method: 'record-change' } });
      },
      { faults: faultsOf({ 'route53.ChangeResourceRecordSets': Array(6).fill('error5xx') }) },
    ));

  it('makes the change once when its reply is lost', () =>
    inTraffic(
      async scene => {
        const { seen } = await watch(scene, await beginInVain(scene));
        expect(seen).toMatchObject({ status: 'done', outputs: { method: 'record-change' } });
        const made = scene.world.changes.filter(change => change.what.startsWith('Record sets are changed'));
        // The SDK repeats the request, and the same UPSERT changes nothing more.
        expect(made.length).toBeLessThanOrEqual(2);
        expect(await primaryTargetOf(scene)).toBe(recoveryTarget);
      },
      { faults: faultsOf({ 'route53.ChangeResourceRecordSets': ['lost-reply'] }) },
    ));

  it('keeps the previous records when they could be read only at the fallback', () =>
    inTraffic(
      async scene => {
        const baseline = await beginInVain(scene);
        expect(baseline.previous).toBeUndefined();
        await watch(scene, baseline);
        expect(JSON.parse(await gateText(scene))).toMatchObject({
          previous: [
            { Failover: 'PRIMARY', ResourceRecords: [{ Value: primaryTarget }] },
            { Failover: 'SECONDARY' },
          ],
        });
      },
      // Both calls of prepare fail for as long as the SDK tries.
      { faults: faultsOf({ 'route53.ListResourceRecordSets': Array(4).fill('error5xx') }) },
    ));
});

describe('undo', () => {
  it('closes the gate and waits until the zone answers the primary again', () =>
    inTraffic(async scene => {
      const baseline = await begin(scene);
      await watch(scene, baseline);
      expect(await undo(scene, baseline)).toMatchObject({ status: 'done' });
      await expect(gateText(scene)).rejects.toMatchObject({ name: 'NoSuchKey' });
      await scene.wait(61);
      expect(whereUsersGo(scene.world, 'app-name')).toBe('primary');
    }));

  it('puts the previous records back', () =>
    inTraffic(async scene => {
      const before = await setsOf(scene);
      const baseline = await beginInVain(scene);
      await watch(scene, baseline);
      expect(await primaryTargetOf(scene)).toBe(recoveryTarget);
      expect(await undo(scene, baseline)).toMatchObject({ status: 'done' });
      expect(await setsOf(scene)).toEqual(before);
    }));

  it('puts them back although the control plane was down when the step began', () =>
    inTraffic(
      async scene => {
        const baseline = await beginInVain(scene);
        await watch(scene, baseline);
        expect(await undo(scene, baseline)).toMatchObject({ status: 'done' });
        expect(await primaryTargetOf(scene)).toBe(primaryTarget);
      },
      { faults: faultsOf({ 'route53.ListResourceRecordSets': Array(4).fill('error5xx') }) },
    ));

  it('needs no control plane when no record was changed', () =>
    inTraffic(async scene => {
      const baseline = await begin(scene);
      await watch(scene, baseline);
      scene.world.loseRegion('us-east-1');
      expect(await undo(scene, baseline)).toMatchObject({ status: 'done' });
    }));

  it('leaves a gate open that was open before', () =>
    inTraffic(async scene => {
      await scene.call('s3.PutObject', recovery, { ...gate, Body: 'opened by hand' });
      const baseline = await begin(scene);
      await watch(scene, baseline);
      expect(await undo(scene, baseline)).toMatchObject({ status: 'done' });
      expect(await gateText(scene)).toContain('adopted');
    }));

  it('does not close a gate that another run has taken over', () =>
    inTraffic(async scene => {
      const baseline = await begin(scene);
      await scene.call('s3.PutObject', recovery, { ...gate, Body: 'mine now' });
      expect(await undo(scene, baseline)).toMatchObject({ status: 'done' });
      expect(await gateText(scene)).toBe('mine now');
    }));

  it('has nothing to do when nothing was done', () =>
    inTraffic(async scene => {
      expect(await undo(scene, {})).toMatchObject({ status: 'done' });
      expect(scene.changes).toEqual([]);
    }));
});

describe('prepare refuses, and nothing is changed,', () => {
  const refusal = async (scene: TrafficScene, wanted = parameters) => {
    const preparation = await scene.drive(action.prepare(scene.context(), wanted));
    expect(scene.changes).toEqual([]);
    return preparation;
  };

  it('when the health check would work the wrong way round', () =>
    inTraffic(async scene => {
      const check = checksOf(scene.world).get(appName.primaryHealthCheck);
      if (check) check.config.Inverted = false;
      expect(await refusal(scene)).toMatchObject({
        status: 'refused',
        reasons: [{ what: expect.stringContaining('is not inverted') }],
      });
    }));

  it('when the record that users are to be sent to leads elsewhere', () =>
    inTraffic(async scene => {
      const wanted = { ...parameters, name: { ...appName, recoveryTarget: 'other.example' } };
      expect(await refusal(scene, wanted)).toMatchObject({
        status: 'refused',
        reasons: [{ what: expect.stringContaining('SECONDARY') }],
      });
    }));

  it('when the zone has an alias where the plan has a CNAME', () =>
    inTraffic(async scene => {
      const wanted = { ...parameters, name: { ...appName, name: aliasName.name } };
      expect(await refusal(scene, wanted)).toMatchObject({
        status: 'refused',
        reasons: [{ what: expect.stringContaining('is of type A') }],
      });
    }));

  it('when two names share one gate', () =>
    inTraffic(async scene => {
      await begin(scene);
      const wanted = { ...parameters, name: { ...aliasName, gate: appName.gate } };
      const preparation = await scene.drive(action.prepare(scene.context(), wanted));
      expect(preparation).toMatchObject({
        status: 'refused',
        reasons: [{ what: expect.stringContaining('is also the gate of app.shop.example') }],
      });
    }));
});

describe('permissions', () => {
  it('are those of one name, one object and one health check', () => {
    const regions = { primary, recovery };
    const permissions = action.permissions(parameters, regions);
    expect(permissions.every(one => !one.resources.includes('*'))).toBe(true);
    const change = permissions.find(one => one.actions.includes('route53:ChangeResourceRecordSets'));
    expect(change?.conditions?.['ForAllValues:StringEquals']).toEqual({
      'route53:ChangeResourceRecordSetsNormalizedRecordNames': ['app.shop.example'],
      'route53:ChangeResourceRecordSetsRecordTypes': ['CNAME'],
      'route53:ChangeResourceRecordSetsActions': ['UPSERT'],
    });
    const put = permissions.find(one => one.actions.includes('s3:PutObject'));
    expect(put?.resources).toEqual(['arn:${AWS::Partition}:s3:::shop-gate/app-on-recovery']);
  });
});

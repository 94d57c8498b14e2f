import { describe, expect, it } from 'vitest';
import { ServiceUnavailableError } from '../../../shared/errors.ts';
import { setTargets } from '../../../simulator/services/elasticloadbalancing.ts';
import { appDependencies } from '../../../simulator/world/dependencies.ts';
import { setCertificate } from '../../../simulator/world/internet.ts';
import { inAws } from '../../support/aws-world.ts';
import { appName, primary, recovery, recoveryTarget, targets } from '../../support/traffic-plan.ts';
import { inTraffic, type TrafficScene } from '../../support/traffic-world.ts';

const health = 'https://app.shop.example/api/health';
const get = (scene: TrafficScene, url: string, connectTo?: string, timeoutMs = 5000) =>
  scene.drive(scene.internet.http({ url, connectTo, timeoutMs }));

describe('http', () => {
  it('leads users to the primary, which serves the paths of the plan and no others', () =>
    inTraffic(async scene => {
      const answer = await get(scene, health);
      expect(answer.status).toBe(200);
      expect(JSON.parse(answer.body)).toMatchObject({ status: 'ok', region: primary });
      expect((await get(scene, 'https://app.shop.example/api/auth/status')).status).toBe(200);
      expect((await get(scene, 'https://app.shop.example/api/unknown')).status).toBe(404);
    }));

  it('gets nothing from a lost region until the time is up', () =>
    inTraffic(async scene => {
      scene.world.loseRegion(primary);
      const before = scene.world.nowMs();
      await expect(get(scene, health)).rejects.toThrow(ServiceUnavailableError);
      expect(scene.world.nowMs() - before).toBe(5000);
    }));

  it('gets 503 from the recovery side until a target is healthy', () =>
    inTraffic(async scene => {
      expect((await get(scene, health, recoveryTarget)).status).toBe(503);
      setTargets(scene.world, targets.arn, ['10.1.0.1']);
      expect((await get(scene, health, recoveryTarget)).status).toBe(503);
      await scene.wait(31);
      const answer = await get(scene, health, recoveryTarget);
      expect(JSON.parse(answer.body)).toMatchObject({ region: recovery });
    }));

  it('follows the name once it has moved', () =>
    inTraffic(async scene => {
      setTargets(scene.world, targets.arn, ['10.1.0.1']);
      scene.world.loseRegion(primary);
      const { bucket, key } = appName.gate;
      await scene.call('s3.PutObject', recovery, { Bucket: bucket, Key: key, Body: '' });
      await scene.wait(200);
      expect(JSON.parse((await get(scene, health)).body)).toMatchObject({ region: recovery });
    }));

  it('answers an error while the database behind the application is down', () =>
    inTraffic(async scene => {
      appDependencies(scene.world).databaseAt = () => undefined;
      expect((await get(scene, health)).status).toBe(500);
    }));

  it('reaches others outside of both regions, and no host that the plan does not name', () =>
    inTraffic(async scene => {
      scene.world.loseRegion(primary);
      expect((await get(scene, 'https://pay.example.net/health')).status).toBe(200);
      await expect(get(scene, 'https://nobody.example.net/')).rejects.toThrow('ENOTFOUND');
    }));

  it('reaches a site, and the API of an AWS service, as long as its region lives', () =>
    inTraffic(async scene => {
      const api = `https://rds.${primary}.amazonaws.com`;
      expect((await get(scene, 'https://status.shop.example/')).status).toBe(200);
      expect((await get(scene, api)).status).toBe(403);
      scene.world.loseRegion(primary);
      await expect(get(scene, 'https://status.shop.example/')).rejects.toThrow(ServiceUnavailableError);
      await expect(get(scene, api)).rejects.toThrow(ServiceUnavailableError);
    }));

  it('shows the gate object to anybody', () =>
    inTraffic(async scene => {
      const url = `https://shop-gate.s3.${recovery}.amazonaws.com/app-on-recovery`;
      expect((await get(scene, url)).status).toBe(404);
      await scene.call('s3.PutObject', recovery, { Bucket: 'shop-gate', Key: 'app-on-recovery', Body: '' });
      expect((await get(scene, url)).status).toBe(200);
    }));
});

describe('tls', () => {
  const inspect = (scene: TrafficScene, host: string, serverName = 'app.shop.example') =>
    scene.drive(scene.internet.tls({ host, port: 443, serverName, timeoutMs: 5000 }));

  it('finds valid certificates for the names of the plan, on both sides', () =>
    inTraffic(async scene => {
      for (const host of ['app.shop.example', recoveryTarget]) {
        const result = await inspect(scene, host);
        expect(result.authorized).toBe(true);
        expect(Date.parse(result.validTo)).toBeGreaterThan(scene.world.nowMs());
      }
    }));

  it('finds none for another name, and what a fault made bad', () =>
    inTraffic(async scene => {
      const other = await inspect(scene, recoveryTarget, 'other.example');
      expect(other).toMatchObject({ authorized: false, authorizationError: 'ERR_TLS_CERT_ALTNAME_INVALID' });
      setCertificate(scene.world, 'app.shop.example', { validTo: '2026-01-01T00:00:00.000Z' });
      expect(await inspect(scene, recoveryTarget)).toMatchObject({ authorizationError: 'CERT_HAS_EXPIRED' });
    }));

  it('gets nothing from a lost region', () =>
    inTraffic(async scene => {
      scene.world.loseRegion(recovery);
      await expect(inspect(scene, recoveryTarget)).rejects.toThrow(ServiceUnavailableError);
    }));
});

it('answers what the plan says of an endpoint, whatever the query', () => {
  const account = {
    type: 'endpoint',
    region: recovery,
    url: 'https://api.exchange.example/account',
    answers: { balances: [{ asset: 'BTC', free: '4.1' }] },
  };
  return inAws({ account }, async ({ play }) => {
    const request = { url: `${account.url}?timestamp=1`, extract: { held: '/balances/0/free' } };
    const { seen } = await play('http.request', request);
    expect(seen).toMatchObject({ status: 'done', outputs: { values: { held: '4.1' } } });
  });
});

it('is the same for the same seed', async () => {
  const play = (seed: number) =>
    inTraffic(
      async scene => {
        await scene.call('s3.PutObject', recovery, { Bucket: 'shop-gate', Key: 'app-on-recovery', Body: '' });
        await get(scene, health);
        await scene.wait(300);
        return scene.world.changes;
      },
      { seed },
    );
  expect(await play(7)).toEqual(await play(7));
  expect(await play(7)).not.toEqual(await play(8));
});

import { describe, expect, it } from 'vitest';
import { action as checkRotation } from '../../../shared/actions/secrets/check-rotation.ts';
import { action as getParameters } from '../../../shared/actions/secrets/get-parameters.ts';
import { action as checkReplica } from '../../../shared/actions/secrets/replication-check.ts';
import { action as rotate } from '../../../shared/actions/secrets/rotate.ts';
import type { Network } from '../../../shared/ports.ts';
import { service as secretsmanager } from '../../../simulator/services/secretsmanager.ts';
import { parametersOf } from '../../../simulator/services/ssm/parameters.ts';
import { appDependencies } from '../../../simulator/world/dependencies.ts';
import { useSqlData } from '../../support/stores-sql.ts';
import {
  components,
  faultsOf,
  inStores,
  primary,
  recovery,
  type Scene,
  stepsOf,
} from '../../support/stores-world.ts';

const postgres = useSqlData();
const { secret, database, settings } = components;
const apiSecret = components['api-secret'];
const homeSecret = components['home-secret'];
const why = (...texts: string[]) => texts.map(text => ({ what: expect.stringContaining(text) }));
const inSql = (test: (scene: Scene) => Promise<void>, more = {}) =>
  inStores(test, { postgres: postgres(), ...more });
const current = ({ world }: Scene, name = 'shop/db', region = recovery) =>
  JSON.parse(appDependencies(world).secretValue(name, region) ?? '{}') as Record<string, string>;

describe('secrets.rotate', () => {
  it('is done when the new password opens the database and the old one does not', () =>
    inSql(async scene => {
      const before = current(scene);
      const { seen, baseline } = await stepsOf(rotate, scene, { secret, database }).carryOut(5);
      expect(seen).toMatchObject({
        status: 'done',
        outputs: { previousVersionId: baseline.previousVersionId, oldFails: 'proven' },
        evidence: [{ what: expect.stringMatching(/works \(.* lets it in\) and the old one does not/) }],
      });
      expect(current(scene).password).not.toBe(before.password);
      const kept = JSON.stringify([seen, baseline, scene.changes]);
      for (const value of [before.password, current(scene).password]) expect(kept).not.toContain(value);
    }));

  it('rotates once when replies are lost', () =>
    inSql(
      async scene => {
        const { baseline } = await stepsOf(rotate, scene, { secret, database }).carryOut(5);
        await stepsOf(rotate, scene, { secret, database }).act(baseline);
        const changes = scene.world.changes.filter(({ what }) => what.endsWith('has been rotated'));
        expect(changes).toHaveLength(1);
      },
      { faults: faultsOf({ 'secretsmanager.RotateSecret': ['lost-reply', 'throttle'] }) },
    ));

  it('is never done while the old value still works', () =>
    inSql(async scene => {
      // The issuer takes every password: nothing was revoked.
      const open: Partial<Network> = {
        sql: async () => ({ query: async () => ({ rows: [] }), end: async () => {} }),
      };
      const context = { ...scene.context, network: { ...scene.context.network, ...open } };
      const step = stepsOf(rotate, { ...scene, context }, { secret, database });
      const preparation = await step.prepare();
      if (preparation.status !== 'ready') throw new Error('not ready');
      await step.act(preparation.baseline);
      await scene.wait(120);
      expect(await step.observe(preparation.baseline)).toMatchObject({
        status: 'pending',
        note: expect.stringContaining('old value is not proven to fail'),
      });
    }));

  it('gives a signing key a random value, and undo brings the old one back', () =>
    inSql(async scene => {
      const given = { secret: homeSecret, generate: ['password'], length: 64, oldFails: 'after-restart' };
      const before = current(scene, 'shop/api', primary);
      const step = stepsOf(rotate, scene, given);
      const { seen, baseline } = await step.carryOut();
      await step.act(baseline);
      expect(seen).toMatchObject({ status: 'done', outputs: { oldFails: 'after-restart' } });
      const after = current(scene, 'shop/api', primary);
      expect(after).toEqual({ ...before, password: expect.stringMatching(/^[A-Za-z0-9]{64}$/) });
      expect(await step.undo(baseline)).toMatchObject({ status: 'done' });
      expect(current(scene, 'shop/api', primary)).toEqual(before);
    }));

  it('counts the random value whose reply was lost', () =>
    inSql(
      async scene => {
        const given = { secret: homeSecret, generate: ['password'], oldFails: 'after-restart' };
        const { seen } = await stepsOf(rotate, scene, given).carryOut();
        expect(seen).toMatchObject({ status: 'done' });
        const made = scene.world.changes.filter(({ what }) => what === 'shop/api has a new version');
        expect(made).toHaveLength(1);
      },
      { faults: faultsOf({ 'secretsmanager.PutSecretValue': ['lost-reply'] }) },
    ));

  it.each([
    ['a secret without rotation', { secret: homeSecret }, 'no rotation of its own'],
    ['a replica', { secret: apiSecret, generate: ['password'] }, 'replica'],
    ['a key that is not there', { secret: homeSecret, generate: ['jwt'] }, '{{jwt}}'],
    [
      'a secret that is not there',
      { secret: { id: 'x', type: 'secret', region: recovery, name: 'x' } },
      'does not exist',
    ],
  ])('refuses %s', (_name, given, text) =>
    inSql(async scene => {
      const step = stepsOf(rotate, scene, { database, ...given });
      expect(await step.prepare()).toMatchObject({ status: 'refused', reasons: why(text) });
    }),
  );

  it('rotates nothing in a drill that it could not take back, and needs a proof', () =>
    inSql(
      async scene => {
        expect(await stepsOf(rotate, scene, { secret, database }).prepare()).toMatchObject({
          status: 'refused',
          reasons: why('This is a drill'),
        });
        expect(rotate.parameters.safeParse({ secret }).success).toBe(false);
      },
      { mode: 'drill' },
    ));
});

describe('secrets.check-rotation', () => {
  it('proves by requests that the new key is taken and the old one refused', () =>
    inSql(async scene => {
      const given = { secret: homeSecret, generate: ['password'], oldFails: 'after-restart' };
      const { baseline } = await stepsOf(rotate, scene, given).carryOut();
      const fresh = `Bearer ${current(scene, 'shop/api', primary).password}`;
      let restarted = false;
      const http: Network['http'] = async ({ headers }) => {
        const known = headers?.authorization === fresh || !restarted;
        return { status: known ? 200 : 401, headers: {}, body: '', latencyMs: 1 };
      };
      const context = { ...scene.context, network: { ...scene.context.network, http } };
      const step = stepsOf(
        checkRotation,
        { ...scene, context },
        {
          secret: homeSecret,
          previousVersionId: baseline.previousVersionId,
          request: { url: 'https://shop.example/whoami', key: 'password' },
        },
      );
      expect(await step.observe({})).toMatchObject({
        status: 'pending',
        note: expect.stringContaining('old value'),
      });
      restarted = true;
      expect(await step.observe({})).toMatchObject({ status: 'done', outputs: { verdict: 'replaced' } });
    }));
});

describe('an intrusion', () => {
  it('lasts until the leaked password is replaced where it is checked', () =>
    inSql(async scene => {
      const component = { ...scene.world.plan.components.secret, id: 'secret' } as never;
      const holds = secretsmanager.strike?.(scene.world, { type: 'intrusion', component });
      expect(holds?.()).toBe(true);
      await stepsOf(rotate, scene, { secret, database }).carryOut(5);
      expect(holds?.()).toBe(false);
    }));
});

describe('secrets.replication-check', () => {
  const given = { secret: apiSecret };

  it('waits until the replica holds the newest version', () =>
    inSql(async scene => {
      const before = await stepsOf(checkReplica, scene, given).carryOut(5);
      expect(before.seen).toMatchObject({ status: 'done', outputs: { compared: 'yes' } });
      expect(scene.world.nowMs()).toBe(scene.world.outageStartedAtMs);
      await scene.call(
        'secretsmanager.PutSecretValue',
        { SecretId: 'shop/api', ClientRequestToken: 'v2', SecretString: '{}' },
        primary,
      );
      const step = stepsOf(checkReplica, scene, given);
      const { seen } = await step.carryOut(5);
      expect(seen).toMatchObject({ status: 'done', outputs: { compared: 'yes', versionId: 'v2' } });
      expect(scene.world.nowMs()).toBeGreaterThan(scene.world.outageStartedAtMs);
    }));

  it('says that it did not compare when the primary region is lost', () =>
    inSql(async scene => {
      const step = stepsOf(checkReplica, scene, given);
      scene.world.loseRegion(primary);
      expect((await step.carryOut(5)).seen).toMatchObject({ status: 'done', outputs: { compared: 'no' } });
    }));

  it('refuses a secret that is no replica', () =>
    inSql(async scene => {
      expect(await stepsOf(checkReplica, scene, { secret }).prepare()).toMatchObject({
        status: 'refused',
        reasons: why('no replica'),
      });
    }));
});

describe('secrets.get-parameters', () => {
  const given = { parameters: settings };

  it('finds all parameters, over more than one page', () =>
    inSql(async scene => {
      for (let n = 0; n < 15; n++) {
        const Name = `/shop/production/more/${n}`;
        parametersOf(scene.world).set(`${recovery}${Name}`, {
          Name,
          Type: 'SecureString',
          Value: 'x',
          Version: 1,
        });
      }
      const { seen } = await stepsOf(getParameters, scene, given).carryOut();
      expect(seen).toMatchObject({ status: 'done', outputs: { found: 17 } });
    }));

  it('refuses when one is missing or empty, and names it', () =>
    inSql(async scene => {
      const Name = '/shop/production/mode';
      parametersOf(scene.world).set(`${recovery}${Name}`, {
        Name,
        Type: 'SecureString',
        Value: '',
        Version: 1,
      });
      expect(await stepsOf(getParameters, scene, given).prepare()).toMatchObject({
        status: 'refused',
        reasons: why('missing or empty below /shop/production in ap-southeast-4: mode'),
      });
    }));
});

it('may change the secret of the step and no other', () =>
  inSql(async scene => {
    const changing = stepsOf(rotate, scene, { secret, database })
      .permissions()
      .filter(({ actions }) => actions.includes('secretsmanager:RotateSecret'));
    expect(changing.flatMap(({ resources }) => resources)).toEqual([
      'arn:${AWS::Partition}:secretsmanager:ap-southeast-4:${AWS::AccountId}:secret:shop/db-??????',
    ]);
  }));

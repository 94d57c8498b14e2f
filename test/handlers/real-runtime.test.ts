import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { topicName } from '../../deploy/names.ts';
import { createRuntime } from '../../handlers/real-runtime.ts';
import { loadRuntime } from '../../handlers/runtime.ts';
import { runbookName } from '../../state-machines/compile-system.ts';
import { makePlan } from '../communication/fixture.ts';

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'lifeboat-'));
  await writeFile(join(directory, 'plan.json'), JSON.stringify(makePlan()));
  await writeFile(join(directory, 'broken.json'), '{');
});
afterAll(() => rm(directory, { recursive: true, force: true }));

const environment = {
  LIFEBOAT_SYSTEM: 'shop',
  LIFEBOAT_PLAN_FILE: 'plan.json',
  LIFEBOAT_TABLE: 'lifeboat-shop',
  LIFEBOAT_LINK_SECRET: 'lifeboat/shop/links',
  LIFEBOAT_REPORT_BUCKET: 'lifeboat-shop-reports',
  LIFEBOAT_ACCOUNT: '123456789012',
  LIFEBOAT_PARTITION: 'aws',
  LIFEBOAT_DECISION_URL: 'https://abc.execute-api.ap-southeast-4.amazonaws.com/',
};
beforeEach(() => {
  vi.stubEnv('LAMBDA_TASK_ROOT', directory);
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
});
afterEach(() => {
  vi.unstubAllEnvs();
});

describe('the runtime of a deployed function', () => {
  it('has the plan that was packed with it and the names of its deployment', async () => {
    const runtime = await createRuntime({});
    expect(runtime.plan.system.id).toBe('shop');
    expect(runtime.settings).toEqual({
      tableName: 'lifeboat-shop',
      runbookArns: {
        'region-failure': `arn:aws:states:ap-southeast-4:123456789012:stateMachine:${runbookName('shop', 'region-failure')}`,
      },
      topicArns: expect.objectContaining({
        'on-call': `arn:aws:sns:ap-southeast-4:123456789012:${topicName('shop', 'on-call')}`,
      }),
      verifyMachineArns: {
        one: 'arn:aws:states:ap-southeast-4:123456789012:stateMachine:shop-lifeboat-verify',
        fleet: 'arn:aws:states:ap-southeast-4:123456789012:stateMachine:shop-lifeboat-verify-fleet',
      },
      reportFunctionArn: 'arn:aws:lambda:ap-southeast-4:123456789012:function:lifeboat-shop-report',
      decisionUrl: environment.LIFEBOAT_DECISION_URL,
      linkSecretName: environment.LIFEBOAT_LINK_SECRET,
      reportBucket: environment.LIFEBOAT_REPORT_BUCKET,
    });
    expect(Math.abs(runtime.clock.now().getTime() - Date.now())).toBeLessThan(1000);
  });

  it('names every value of its environment that is missing', async () => {
    vi.stubEnv('LIFEBOAT_TABLE', undefined);
    vi.stubEnv('LIFEBOAT_ACCOUNT', undefined);
    await expect(createRuntime({})).rejects.toMatchObject({
      name: 'InvalidInputError',
      message: 'The environment of this function is not complete: LIFEBOAT_TABLE, LIFEBOAT_ACCOUNT',
    });
  });

  it.each(['none.json', 'broken.json'])('says that its plan can not be read: %s', async file => {
    vi.stubEnv('LIFEBOAT_PLAN_FILE', file);
    await expect(createRuntime({})).rejects.toMatchObject({
      name: 'InvalidInputError',
      message: expect.stringContaining(file),
    });
  });

  it('refuses the plan of another system', async () => {
    vi.stubEnv('LIFEBOAT_SYSTEM', 'bank');
    await expect(createRuntime({})).rejects.toThrow(
      'This function is one of "bank", and was packed with the plan of "shop"',
    );
  });

  it('opens only the connections that its handler brings', async () => {
    const http = async () => ({ status: 200, headers: {}, body: '', latencyMs: 1 });
    const runtime = await createRuntime({ http });
    expect(runtime.network.http).toBe(http);
    const { network } = runtime;
    const options = { timeoutMs: 1, connectTimeoutMs: 1, statementTimeoutMs: 1 };
    const refused: [string, Promise<unknown>][] = [
      ['SQL', network.sql({ ...options, url: 'postgres://x' })],
      ['Redis', network.redis({ ...options, host: 'x', port: 1, tls: true }, ['PING'])],
      ['DNS', network.dns({ ...options, name: 'x', type: 'A', resolver: '1.1.1.1' })],
      ['TLS', network.tls({ ...options, host: 'x', port: 443, serverName: 'x' })],
      ['Kubernetes', runtime.kubernetes({ cluster: 'x', region: 'y' }, { method: 'GET', path: '/' })],
    ];
    for (const [what, call] of refused) {
      await expect(call).rejects.toThrow(`This function has no ${what} connection`);
    }
  });
});

describe('the provider of the runtime', () => {
  it('makes it once', async () => {
    const provider = loadRuntime();
    expect(await provider()).toBe(await provider());
  });

  it('tries again at the next event after it could not be made', async () => {
    vi.stubEnv('LIFEBOAT_TABLE', undefined);
    const provider = loadRuntime();
    await expect(provider()).rejects.toThrow('LIFEBOAT_TABLE');
    vi.stubEnv('LIFEBOAT_TABLE', 'lifeboat-shop');
    await expect(provider()).resolves.toMatchObject({ settings: { tableName: 'lifeboat-shop' } });
  });
});

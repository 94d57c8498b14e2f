import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { createAwsClients } from '../../../shared/aws/aws-clients.ts';
import { startWire, type Wire } from '../contract/wire.ts';
import type { Server } from '../servers/process.ts';
import { credentials, pythonProgram, startMoto } from '../servers/python.ts';
import { everything, type Kept } from './everything.ts';

/** `--live` against a moto of its own: what it asks, what it makes, and that nothing stays. */

/** The account that moto plays. */
const account = '123456789012';
const root = join(import.meta.dirname, '../../..');
const region = 'eu-west-1';
const live = ['test/e2e/live/live.ts', '--region', region];

type Ended = { status: number | null; text: string };

describe.skipIf(!inject('servers').moto.up)('cases in an account', () => {
  let moto: Server & { url: string };
  let wire: Wire;
  beforeAll(async () => {
    moto = await startMoto();
    wire = await startWire(moto.url);
  });
  afterAll(async () => {
    await wire?.stop();
    await moto?.stop();
  });

  /** Runs it to its end; `during` gets what it has said so far, whenever it says more. */
  function run(command: string[], during: (text: string, process: ChildProcess) => void = () => {}) {
    const [program = '', ...args] = command;
    const env = {
      PATH: `${join(root, 'node_modules/.bin')}:${process.env.PATH}`,
      NO_COLOR: '1',
      ...credentials,
      AWS_ENDPOINT_URL: wire.url,
    };
    const child = spawn(program, args, { cwd: root, env });
    let text = '';
    return new Promise<Ended>(resolve => {
      for (const stream of [child.stdout, child.stderr]) {
        stream.on('data', chunk => {
          text += chunk;
          during(text, child);
        });
      }
      child.on('close', status => resolve({ status, text }));
    });
  }
  const allowed = (...more: string[]) => [process.execPath, ...live, '--account', account, ...more];
  const only = (kind: string) => allowed('--only', kind);
  /** Operations that were heard since the last question and that make something. */
  const made = () => wire.heard().filter(name => /\.(Create|Put|Update|Delete)/.test(name));
  const kept = () => {
    const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey } = credentials;
    const options = { primary: region, endpoint: moto.url, credentials: { accessKeyId, secretAccessKey } };
    return everything(createAwsClients(options), region);
  };
  const runOf = ({ text }: Ended) => /run {7}([0-9a-f]{8}):/.exec(text)?.[1] ?? 'no run';

  test('nothing is begun where nobody can be asked', async () => {
    const { status, text } = await run([process.execPath, ...live]);
    expect(text).toContain(`account   ${account}`);
    expect(text).toContain(`address   ${wire.url}`);
    expect(text).toContain('at most 0.05 USD');
    expect(text).toContain('Nobody can be asked here');
    expect(status).toBe(2);
    expect(made()).toEqual([]);
  });

  test('nothing is begun when another account is meant', async () => {
    const { status, text } = await run([process.execPath, ...live, '--account', '210987654321']);
    expect(text).toContain('--account says 210987654321, and the credentials belong to 123456789012');
    expect(status).toBe(2);
    expect(made()).toEqual([]);
  });

  /** A terminal, on which `typed` is typed. */
  const atTerminal = (typed: string, ...more: string[]) => {
    const script = 'import pty, sys; sys.exit(pty.spawn(sys.argv[1:]) >> 8)';
    const command = [pythonProgram('python'), '-c', script, process.execPath, ...live, ...more];
    let done = false;
    return run(command, (text, child) => {
      if (done || !text.includes('Type the id of the account')) return;
      done = true;
      child.stdin?.write(`${typed}\n`);
    });
  };

  test('nothing is begun when another id is typed', async () => {
    const { status, text } = await atTerminal('210987654321');
    expect(text).toContain('That is not the id of this account');
    expect(status).toBe(2);
    expect(made()).toEqual([]);
  });

  test('after the right id it goes on', async () => {
    const ended = await atTerminal(account, '--only', 'secrets.get-parameters');
    expect(ended.text).toMatch(/Removed the parameter \/lifeboat-e2e-[0-9a-f]{8}-12-shop/);
    expect(ended.status, ended.text).toBe(0);
    expect(await kept()).toEqual([]);
  });

  test('every case is played, all that is made is tagged, and nothing is left', async () => {
    let before: Kept[] | undefined;
    // The first thing that is asked when all is played, before anything is removed.
    wire.listen(async name => {
      if (name === 's3.ListBuckets') before ??= await kept();
    });
    const ended = await run(allowed());
    wire.listen(() => {});
    const types = {
      bucket: 6,
      secret: 1,
      parameter: 3,
      'IP set': 1,
      'event bus': 1,
      rule: 1,
      'target group': 2,
    };
    const wanted = { ...types, VPC: 5, 'security group': 3, 'network ACL': 3 };
    const count = Object.groupBy(before ?? [], ({ type }) => type);
    expect(Object.fromEntries(Object.entries(count).map(([type, of]) => [type, of?.length]))).toEqual(wanted);
    const tag = { Key: 'lifeboat:e2e', Value: runOf(ended) };
    for (const one of before ?? []) expect(one).toMatchObject({ tags: expect.arrayContaining([tag]) });
    expect(ended.status, ended.text).toBe(0);
    expect(ended.text).toContain('26 passed');
    expect(ended.text).toContain(`Nothing of the run ${runOf(ended)} is left.`);
    expect(await kept()).toEqual([]);
    expect(wire.strangers().filter(problem => !/LockToken is not of/.test(problem))).toEqual([]);
  });

  test('a case that fails in the middle leaves nothing', async () => {
    wire.fill({ 'wafv2.UpdateIPSet': '{"NextLockToken":"a"}' });
    const ended = await run(only('wafv2.block-addresses'));
    wire.fill({});
    expect(ended.text).toContain('1 failed');
    expect(ended.text).toContain('Removed the IP set');
    expect(ended.status).toBe(1);
    expect(await kept()).toEqual([]);
  });

  test('an interruption leaves nothing', async () => {
    let playing: ChildProcess | undefined;
    // The second one comes while it is removed already: impatience changes nothing.
    const moments = ['secretsmanager.PutSecretValue', 'secretsmanager.DeleteSecret'];
    wire.listen(name => moments.includes(name) && playing?.kill('SIGINT'));
    const ended = await run(only('secrets.put-value'), (_text, child) => {
      playing = child;
    });
    wire.listen(() => {});
    expect(ended.text).toContain('Interrupted. What was made is removed first');
    expect(ended.text).toContain('Still removing; please wait');
    expect(ended.text).toContain('Removed the secret');
    expect(ended.status, ended.text).toBe(130);
    expect(await kept()).toEqual([]);
  });

  test('what can not be removed is named, and removed later', async () => {
    wire.fill({ 'secretsmanager.DeleteSecret': '{}' });
    const ended = await run(only('secrets.put-value'));
    wire.fill({});
    const id = runOf(ended);
    expect(ended.status).toBe(1);
    expect(ended.text).toMatch(new RegExp(`  - the secret lifeboat-e2e-${id}-11-shop/app`));
    expect(ended.text).toContain(`--live --region eu-west-1 --tear-down ${id}`);
    expect(await kept()).toMatchObject([{ type: 'secret', tags: [{ Key: 'lifeboat:e2e', Value: id }] }]);
    const again = await run(allowed('--tear-down', id));
    expect(again.status, again.text).toBe(0);
    expect(await kept()).toEqual([]);
  });
});

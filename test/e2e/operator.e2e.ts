import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { PutSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { environmentOf } from './deployed/call-aws.ts';
import { clientOf } from './deployed/clients.ts';
import { lifeboat, type Said } from './deployed/lifeboat.ts';
import { planPath } from './deployed/packages.ts';
import { executionsOf, until } from './wired/executions.ts';
import { fillPurchases } from './wired/liquid-abt.ts';
import { type Loopback, startLoopback } from './wired/loopback.ts';
import { makeRestorableInSydney } from './wired/melbourne.ts';

const { ministack, moto, postgres } = inject('servers');
const plan = planPath('liquid-abt');
const machine = 'liquid-abt-database-failure';

/** Lifeboat's commands as somebody on call types them, each in a process of its own, against the deployed system. */
describe.skipIf(!ministack.up || !moto.up || !postgres.up)('somebody on call at a terminal', () => {
  let world: Loopback;
  const call = (name: string, ...args: string[]) => lifeboat(world.place, name, plan, ...args);
  const said = (words: string, exitCode = 0): Partial<Said> => ({
    exitCode,
    [exitCode === 0 ? 'out' : 'err']: expect.stringContaining(words),
  });

  beforeAll(async () => {
    if (!postgres.up) return;
    world = await startLoopback(postgres);
    await loseDatabaseHost();
    await makeRestorableInSydney(world.plan, world.moto);
    await fillPurchases(world.postgres.port);
  }, 400_000);
  afterAll(() => world?.stop());

  /** The question that waits, once `status` shows one about this step. */
  const question = (step: string) =>
    until(`a question about ${step}`, 100, async () => {
      const { out } = await call('status');
      const of = out.split('WAITS FOR').find(part => part.includes(`Step ${step} `));
      return of?.match(/\bq[0-9a-f]{12}\b/)?.[0];
    });
  const ended = (of: string, executions = 1) =>
    until('the end of the execution', 100, async () => {
      const all = await executionsOf(world.place, of);
      return all.length === executions && all.every(({ status }) => status !== 'RUNNING')
        ? all.map(({ status }) => status).sort()
        : undefined;
    });
  /** A login that names no host: a step that looks there fails at its first look. */
  const loseDatabaseHost = () =>
    clientOf(SecretsManagerClient, { ...world.place, region: 'ap-southeast-2' }).send(
      new PutSecretValueCommand({
        SecretId: 'liquid-abt/production/database',
        SecretString: JSON.stringify({ username: 'lifeboat', password: 'not-a-secret' }),
      }),
    );

  test('is told that nothing is open', async () => {
    expect(await call('ack', '--by', 'Ana')).toMatchObject(said('No incident is open', 1));
  });

  test('starts a scenario once, and is told whose run it is the second time', async () => {
    const start = (scenario: string) =>
      call('start', '--scenario', scenario, '--mode', 'recover', '--by', 'Ana', '--reason', 'no writes');
    expect(await start('database-failure')).toMatchObject(
      said('Started database-failure in the incident liquid-abt-'),
    );
    await until('the run', 60, async () =>
      (await call('status')).out.includes('\n  run ') ? true : undefined,
    );
    expect(await start('database-failure')).toMatchObject(said('Attached: Ana started database-failure'));
    expect(await start('region-failure')).toMatchObject(
      said('Not started: Ana started database-failure (recover)', 1),
    );
    expect(await executionsOf(world.place, machine)).toHaveLength(1);
  });

  test('acknowledges, which is kept and stops the escalation', async () => {
    expect(await call('ack', '--by', 'Ana')).toMatchObject(
      said('is acknowledged by Ana; the escalation has stopped'),
    );
    expect(await call('ack', '--by', 'Ben')).toMatchObject(said('was acknowledged by Ana before'));
    expect(await call('status')).toMatchObject(said('Ana'));
  });

  test('watches the status until it is stopped', async () => {
    const cli = fileURLToPath(new URL('../../cli/lifeboat.mjs', import.meta.url));
    const child = spawn(process.execPath, [cli, 'status', plan, '--watch'], {
      env: { PATH: process.env.PATH ?? '', NO_COLOR: '1', ...environmentOf(world.place) },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    let out = '';
    child.stdout.setEncoding('utf8').on('data', text => {
      out += text;
    });
    await until('a second reading', 30, async () => (out.includes('Read again at') ? out : undefined));
    const closed = new Promise(resolve => child.on('close', resolve));
    child.kill('SIGINT');
    await closed;
    expect(out.match(/LIQUID ABT: Database failure/g)?.length).toBeGreaterThanOrEqual(1);
  });

  test('has a step tried again, which fails again, and skips it; the run goes on and recovers', async () => {
    const first = await question('count-tenants');
    expect(await call('retry', first, '--by', 'nobody')).toMatchObject(said('Not taken', 1));
    expect(await call('retry', first, '--by', 'on-call-engineer')).toMatchObject(
      said('Taken; the run goes on'),
    );
    // The same answer again is the one that was taken; another one comes too late.
    expect(await call('retry', first, '--by', 'on-call-engineer')).toMatchObject(said('Taken'));
    const late = await call('skip', first, '--by', 'on-call-engineer', '--reason', 'too late');
    expect(late).toMatchObject(said('Not taken', 1));
    const second = await until('the second attempt', 100, async () => {
      const id = await question('count-tenants');
      return id === first ? undefined : id;
    });
    const skip = ['skip', second, '--by', 'on-call-engineer'] as const;
    expect(await call(...skip)).toMatchObject({ exitCode: 2 });
    expect(await call(...skip, '--reason', 'counted by hand')).toMatchObject(said('Taken; the run goes on'));
    expect(await ended(machine)).toEqual(['SUCCEEDED']);
    expect(await call('status')).toMatchObject(said('LIQUID ABT: Database failure: resolved'));
  });

  test('ends a run: what was done stays, and the incident stays open until it is resolved', async () => {
    const start = [
      '--scenario',
      'database-failure',
      '--mode',
      'planned',
      '--by',
      'Ana',
      '--reason',
      'exercise',
    ];
    expect(await call('start', ...start)).toMatchObject(said('Started database-failure'));
    await question('count-tenants');
    expect(await call('resolve', '--by', 'Ana')).toMatchObject(said('still under way', 1));
    const abort = ['abort', '--by', 'Ana', '--reason', 'the secret is at fault'] as const;
    expect(await call(...abort)).toMatchObject(said('begins nothing new'));
    expect(await ended(machine, 2)).toEqual(['FAILED', 'SUCCEEDED']);
    const { out } = await call('status');
    // MiniStack calls every error of a function Runtime.HandlerError, so that the run counts as failed there; under
    // Lambda's own client the error is an AbortedError, and the run as aborted.
    expect(out).toMatch(/run (aborted|failed)/);
    expect(out).toContain('Fail over to the standby: 2 of 2 done');
    expect(await call('resolve', '--by', 'Ana')).toMatchObject(said('is resolved'));
    expect(await call('resolve', '--by', 'Ana')).toMatchObject(said('No incident is open', 1));
  });

  describe('is asked which backup takes the place of the database', () => {
    const start = ['--scenario', 'chosen-backup', '--by', 'Ana', '--reason', 'the data is wrong'] as const;
    const asked = () =>
      until('the question', 100, async () => {
        const { out } = await call('status');
        return out.match(/lifeboat approve \S+ (q[0-9a-f]{12})/)?.[1];
      });
    const changing = () => world.rds.calls.filter(name => /^(Restore|Modify|Delete|Create)/.test(name));

    test('denies it, and nothing is changed', async () => {
      expect(await call('start', ...start)).toMatchObject(said('Started chosen-backup'));
      const id = await asked();
      const { out } = await call('status');
      expect(out).toMatch(/WAITS FOR .*Database Administrator/);
      expect(out).toMatch(/Replace the production database by its state of \d{4}-\d\d-\d\dT/);
      expect(await call('deny', id, '--by', 'cto')).toMatchObject({ exitCode: 2 });
      const stranger = await call('deny', id, '--by', 'security-team', '--reason', 'no');
      expect(stranger).toMatchObject(said('Not taken', 1));
      const denied = await call('deny', id, '--by', 'cto', '--reason', 'the data is right');
      expect(denied).toMatchObject(said('Taken'));
      expect(await ended('liquid-abt-chosen-backup')).toEqual(['FAILED']);
      expect(changing()).toEqual([]);
      expect(await call('approve', id, '--by', 'cto', '--reason', 'after all')).toMatchObject(
        said('Not taken', 1),
      );
      expect(await call('resolve', '--by', 'Ana')).toMatchObject(said('is resolved'));
    });

    test('approves it, and the run promotes a replica of the restored backup', async () => {
      expect(await call('start', ...start, '--set', 'by-replica=true')).toMatchObject(
        said('Started chosen-backup'),
      );
      const id = await asked();
      expect(await call('approve', id, '--by', 'cto')).toMatchObject({ exitCode: 2 });
      const approve = ['approve', id, '--by', 'database-administrator', '--reason', 'agreed'] as const;
      expect(await call(...approve)).toMatchObject(said('Taken; the run goes on'));
      expect(await call(...approve)).toMatchObject(said('Taken'));
      // The cluster in Sydney is not there, so that the run asks about the application.
      const skip = ['--by', 'on-call-engineer', '--reason', 'stopped by hand'] as const;
      const stop = await question('stop-application');
      expect(changing()).toEqual(['RestoreDBInstanceFromDBSnapshot', 'CreateDBInstanceReadReplica']);
      expect(await call('skip', stop, ...skip)).toMatchObject(said('Taken; the run goes on'));
      await until('the promotion', 100, async () => {
        const { out } = await call('status');
        return /done +Replica becomes a database of its own/.test(out) ? out : undefined;
      });
      expect(world.rds.calls).toContain('PromoteReadReplica');
    }, 300_000);
  });
});

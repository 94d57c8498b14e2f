import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { createAwsClients } from '../../../shared/aws/aws-clients.ts';
import type { AwsClients } from '../../../shared/aws/clients.ts';
import { announcement, askPermission, type Whereabouts } from './permission.ts';
import { type LiveRun, prefixOf, tagKey } from './sandbox-run.ts';
import { tearDown } from './tear-down.ts';

/**
 * `npm run test:e2e -- --live`: asks, has the cases played by a process of its own, and removes what they made however
 * that process ended. Exit 0 when all is well, 1 when a case failed or something is left, 2 when nothing was begun,
 * 130 after an interruption.
 */

const usage = `npm run test:e2e -- --live [--region REGION] [--account ID] [--only KIND]
npm run test:e2e -- --live --tear-down RUN    removes what a run left behind`;

const say = (line: string) => console.log(line);

async function main(): Promise<number> {
  const given = readArguments();
  if (!given) return 2;
  const region = given.region ?? process.env.AWS_REGION ?? process.env.AWS_DEFAULT_REGION;
  if (!region) return refuse('No region is given. Say which with --region, or AWS_REGION.');
  const torn = given['tear-down'];
  if (torn !== undefined && !/^[0-9a-f]{8}$/.test(torn)) return refuse(`${torn} is no id of a run.`);
  const run: LiveRun = { id: torn ?? randomBytes(4).toString('hex'), region };
  const aws = createAwsClients({ primary: region, recovery: region });
  const where = await whereabouts(aws, region);
  if (typeof where === 'string') return refuse(where);
  say(announcement(where, run));
  const no = await askPermission(where, given.account);
  if (no) return refuse(no);
  return torn === undefined ? playAndTearDown(aws, run, given.only) : removeAll(aws, run);
}

function readArguments() {
  try {
    const text = { type: 'string' } as const;
    const options = {
      live: { type: 'boolean' },
      region: text,
      account: text,
      only: text,
      'tear-down': text,
    } as const;
    return parseArgs({ options }).values;
  } catch (error) {
    console.error(`${(error as Error).message}\n${usage}`);
    return undefined;
  }
}

function refuse(why: string): number {
  console.error(`${why}\nNothing was begun, and nothing was changed.`);
  return 2;
}

async function whereabouts(aws: AwsClients, region: string): Promise<Whereabouts | string> {
  try {
    const { Account, Arn } = await aws.client(STSClient, region).send(new GetCallerIdentityCommand({}));
    if (!Account) return 'AWS does not say which account the credentials belong to.';
    return { account: Account, arn: Arn ?? '', region, endpoint: process.env.AWS_ENDPOINT_URL };
  } catch (error) {
    return `AWS does not say which account the credentials belong to: ${String(error)}`;
  }
}

async function playAndTearDown(aws: AwsClients, run: LiveRun, only: string | undefined): Promise<number> {
  let interrupted = false;
  let playing: ChildProcess | undefined;
  const interrupt = () => {
    say(interrupted ? 'Still removing; please wait.' : '\nInterrupted. What was made is removed first …');
    interrupted = true;
    try {
      if (playing?.pid !== undefined) process.kill(-playing.pid, 'SIGKILL');
    } catch {
      // It has ended already.
    }
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, interrupt);
  let status = 1;
  try {
    playing = play(run, only);
    status = await new Promise<number>((resolve, reject) => {
      playing?.once('error', reject);
      playing?.once('close', code => resolve(code ?? 1));
    });
  } catch (error) {
    console.error(`The cases can't be started: ${String(error)}`);
  }
  const removed = await removeAll(aws, run);
  if (interrupted) return removed === 0 ? 130 : 1;
  return status === 0 ? removed : 1;
}

/** In a process group of its own, which the terminal's interruption does not reach: this process ends it. */
function play(run: LiveRun, only: string | undefined): ChildProcess {
  const vitest = join(import.meta.dirname, '../../../node_modules/.bin/vitest');
  const config = join(import.meta.dirname, '../../../vitest.live.config.ts');
  const filter = only === undefined ? [] : ['-t', only];
  return spawn(vitest, ['run', '--config', config, ...filter], {
    cwd: join(import.meta.dirname, '../../..'),
    env: { ...process.env, LIFEBOAT_LIVE_RUN: run.id, LIFEBOAT_LIVE_REGION: run.region },
    stdio: ['ignore', 'inherit', 'inherit'],
    detached: true,
  });
}

async function removeAll(aws: AwsClients, run: LiveRun): Promise<number> {
  const pauseMs = process.env.AWS_ENDPOINT_URL ? 200 : 5_000;
  const left = await tearDown(aws, run, { pauseMs, say });
  if (left.length === 0) {
    say(`Nothing of the run ${run.id} is left.`);
    return 0;
  }
  console.error(`
Still there in ${run.region}, and it may cost money:
${left.map(one => `  - ${one}`).join('\n')}
Try again:  npm run test:e2e -- --live --region ${run.region} --tear-down ${run.id}
By hand: everything whose name begins with ${prefixOf(run)}, or whose tag ${tagKey} is ${run.id}.`);
  return 1;
}

process.exitCode = await main();

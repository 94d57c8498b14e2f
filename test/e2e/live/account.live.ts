import { createAwsClients } from '../../../shared/aws/aws-clients.ts';
import type { Network } from '../../../shared/ports.ts';
import { planWith } from '../../support/aws-world.ts';
import type { ContractCase } from '../contract/case.ts';
import { type Counterpart, contract } from '../contract/contract.ts';
import { type Played, playCase } from '../contract/play-case.ts';
import { liveCases } from './live-cases.ts';
import { runInEnvironment } from './sandbox-run.ts';

/** Played by `live.ts`, which removes afterwards what is made here, whatever becomes of this process. */

const run = runInEnvironment();
/** Whoever is asked in an account is AWS; nothing of the cases connects to anything else. */
const nobody = () => Promise.reject(new Error('no case in an account connects to anything but AWS'));
const network: Network = {
  http: nobody,
  tls: nobody,
  dns: nobody,
  mongo: nobody,
  sql: nobody,
  redis: nobody,
};
/** Seconds between two looks; none of the changes takes AWS a minute. */
const pauseSeconds = process.env.AWS_ENDPOINT_URL ? 0.1 : 2;

/** By the ordinary chain of credentials, and at AWS itself unless `AWS_ENDPOINT_URL` names another place. */
async function inAccount(one: ContractCase): Promise<Played> {
  const aws = createAwsClients({ primary: run.region, recovery: run.region });
  const ids = { ...one.ids, ...(await one.given?.(aws)) };
  return playCase(
    {
      plan: planWith(one.components(ids) as never),
      ids,
      aws,
      network,
      outageStartedAt: new Date(Date.now() - 600_000).toISOString(),
      nowMs: () => Date.now(),
      drive: work => work,
      wait: () => new Promise(resolve => setTimeout(resolve, pauseSeconds * 1000)),
      looks: one.emulator?.status === 'pending' ? 5 : 60,
      reportBucket: 'none',
    },
    one,
  );
}

const account: Counterpart = {
  name: 'the account',
  up: true,
  start: async () => ({ play: inAccount, strangers: () => [], stop: async () => {} }),
};

contract('sandbox', liveCases(run), account);

import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
import { createAwsClients } from '../../../shared/aws/aws-clients.ts';
import type { AwsClients } from '../../../shared/aws/clients.ts';
import { sqlError } from '../../../shared/network/sql-errors.ts';
import type { Network } from '../../../shared/ports.ts';
import { connectPods } from '../../../simulator/kubernetes/arrange.ts';
import { serveClusterDatabases } from '../../../simulator/kubernetes/cluster-databases.ts';
import { simulateKubernetes } from '../../../simulator/kubernetes/simulate-kubernetes.ts';
import { reportBucketOf } from '../../../simulator/services/s3.ts';
import { loadServices } from '../../../simulator/services.ts';
import { startVirtualTime } from '../../../simulator/world/clock.ts';
import { createWorld } from '../../../simulator/world/create-world.ts';
import { appDependencies } from '../../../simulator/world/dependencies.ts';
import { createInternet } from '../../../simulator/world/internet.ts';
import { simulatedRedis } from '../../../simulator/world/redis.ts';
import { simulatedClients } from '../../../simulator/world/simulated-clients.ts';
import type { World } from '../../../simulator/world/world.ts';
import { planWith, regions } from '../../support/aws-world.ts';
import { faultsOf, outageStartedAt } from '../../support/compute-world.ts';
import { clusterName } from '../servers/kubernetes.ts';
import { credentials } from '../servers/python.ts';
import type { ContractCase } from './case.ts';
import { emulatedNetwork } from './emulated-network.ts';
import { type Played, playCase } from './play-case.ts';

/** Plays a case in the simulator, in virtual time. */
export async function inSimulator(one: ContractCase): Promise<Played> {
  const ids = one.ids ?? {};
  const plan = planWith(one.components(ids) as never);
  const services = await loadServices();
  const time = startVirtualTime(Date.parse(outageStartedAt));
  try {
    const world = createWorld({ plan, seed: 1, faults: faultsOf(one.faults), services, outageStartedAt });
    const drive = <T>(work: Promise<T>) => time.drive(work, world.inFlight);
    serveClusterDatabases(world);
    connectPods(world);
    const kubernetes = simulateKubernetes(world);
    const access = { cluster: clusterName, region: regions.recovery };
    return await playCase(
      {
        plan,
        ids,
        aws: simulatedClients(world, regions),
        network: {
          ...createInternet(world),
          sql: sqlIn(world, one.readOnly ?? []),
          redis: simulatedRedis(world),
        },
        outageStartedAt,
        nowMs: () => world.nowMs(),
        drive,
        wait: seconds => drive(new Promise<void>(resolve => setTimeout(resolve, seconds * 1000))),
        looks: 1_500,
        kubernetes,
        readObject: async path => {
          const { status, body } = await kubernetes(access, { method: 'GET', path });
          return status === 404 ? undefined : body;
        },
        reportBucket: reportBucketOf(plan.system.id),
      },
      one,
    );
  } finally {
    time.stop();
  }
}

/** Databases of the simulated world as a write probe meets them; `data.e2e.ts` has a real PostgreSQL. */
function sqlIn(world: World, readOnly: readonly string[]): Network['sql'] {
  return async ({ url, connectTimeoutMs }) => {
    const host = new URL(url).hostname;
    const found = appDependencies(world).databaseAt(host);
    if (!found) throw sqlError(host, { message: `nothing within ${connectTimeoutMs} ms` });
    return {
      async query(text) {
        if (text.includes('@@global.read_only')) {
          const shut = found.inRecovery || found.setReadOnly;
          return { rows: [{ read_only: shut ? 1 : 0, innodb_read_only: 0 }] };
        }
        const shut = !found.writable || readOnly.some(name => host.startsWith(`${name}.`));
        if (shut && /^(insert|update)/i.test(text.trim())) {
          throw sqlError(host, { message: 'cannot execute in a read-only transaction', code: '25006' });
        }
        const replayedAt = found.replayedAtMs === undefined ? null : found.replayedAtMs / 1000;
        return { rows: [{ in_recovery: found.inRecovery === true, replayed_at: replayedAt }] };
      },
      async end() {},
    };
  };
}

/** Plays a case against an emulator, in an account of its own. `AWS_ENDPOINT_URL` is the only switch. */
export async function inEmulator(url: string, one: ContractCase): Promise<Played> {
  process.env.AWS_ENDPOINT_URL = url;
  const aws = await freshAccount();
  const ids = { ...one.ids, ...(await one.given?.(aws)) };
  // The emulator's own time stands still between two looks, so waiting is only told to the action.
  let waitedMs = 0;
  return playCase(
    {
      plan: planWith(one.components(ids) as never),
      ids,
      aws,
      network: emulatedNetwork(aws, one.readOnly ?? []),
      outageStartedAt: new Date(Date.now() - 600_000).toISOString(),
      nowMs: () => Date.now() + waitedMs,
      drive: work => work,
      wait: async seconds => {
        waitedMs += Math.min(seconds, 5) * 1000;
      },
      looks: one.emulator?.status === 'pending' ? 5 : 60,
      reportBucket: 'lifeboat-reports',
    },
    one,
  );
}

let accounts = 0;

/**
 * Clients of an account that nobody has used: moto keeps the state of accounts apart, and a role of another account is
 * a way into it. Against something that lends no roles the cases share one account.
 */
export async function freshAccount(): Promise<AwsClients> {
  const given = { ...credentials, ...process.env } as typeof credentials & { AWS_SESSION_TOKEN?: string };
  const keys = {
    accessKeyId: given.AWS_ACCESS_KEY_ID,
    secretAccessKey: given.AWS_SECRET_ACCESS_KEY,
    ...(given.AWS_SESSION_TOKEN && { sessionToken: given.AWS_SESSION_TOKEN }),
  };
  const account = String(100_000_000_000 + (process.pid % 100_000) * 1_000 + accounts++);
  const own = createAwsClients({ ...regions, credentials: keys });
  const role = { RoleArn: `arn:aws:iam::${account}:role/lifeboat`, RoleSessionName: 'contract' };
  const lent = await own
    .client(STSClient, regions.recovery)
    .send(new AssumeRoleCommand(role))
    .catch(() => ({ Credentials: undefined }));
  const { Credentials } = lent;
  if (!Credentials?.AccessKeyId || !Credentials.SecretAccessKey) return own;
  return createAwsClients({
    ...regions,
    credentials: {
      accessKeyId: Credentials.AccessKeyId,
      secretAccessKey: Credentials.SecretAccessKey,
      sessionToken: Credentials.SessionToken,
    },
  });
}

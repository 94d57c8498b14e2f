import type { ActionContext, Change } from '../../../shared/actions/contract.ts';
import { createAwsClients } from '../../../shared/aws/aws-clients.ts';
import { resourceName, runTags } from '../../../shared/aws/names.ts';
import type { ComponentOf } from '../../../shared/plan/components.ts';
import type { Mode, Run, Step } from '../../../shared/runbook/contract.ts';

export const primary = 'ap-southeast-2';
export const recovery = 'ap-southeast-4';
export const outageStartedAt = '2026-03-10T16:42:00.000Z';
export const keyArn = `arn:aws:kms:${recovery}:123456789012:key/11111111-2222-3333-4444-555555555555`;
export const backupArn = `arn:aws:rds:${recovery}:123456789012:auto-backup:ab-EXAMPLE`;
export const secretUrl = 'postgresql://app:s3cr3t%40x@old-host:5432/old';

export const target: ComponentOf<'rds-restore-target'> = {
  id: 'dr-database',
  type: 'rds-restore-target',
  region: recovery,
  identifier: 'app-dr',
  source: 'database',
  sourceIdentifier: 'app-production',
  sourceRegion: primary,
  engine: 'postgres',
  instanceClass: 'db.r6g.large',
  multiAz: true,
  subnetGroup: 'app-dr',
  securityGroups: ['sg-0dr'],
  parameterGroup: 'app-pg16',
  kmsKey: 'alias/app-dr',
  database: 'app',
  port: 5432,
  credentials: 'secret:app/db#url',
  writeProbe: 'INSERT INTO heartbeat VALUES (1) ON CONFLICT DO NOTHING',
};

export const database: ComponentOf<'rds-instance'> = {
  id: 'database',
  type: 'rds-instance',
  region: primary,
  identifier: 'app-production',
  engine: 'postgres',
  multiAz: true,
  database: 'app',
  port: 5432,
  credentials: 'secret:app/db#url',
  writeProbe: 'SELECT 1',
};

/** Where the same database is restored beside the live one. */
export const besideTarget: ComponentOf<'rds-restore-target'> = {
  ...target,
  id: 'beside-database',
  region: primary,
  identifier: 'app-repaired',
  subnetGroup: 'app-production',
  securityGroups: ['sg-0live'],
  kmsKey: 'alias/app',
};

/** A standing read replica in the recovery region. */
export const replica: ComponentOf<'rds-instance'> = {
  ...database,
  id: 'read-replica',
  region: recovery,
  identifier: 'app-replica',
  multiAz: false,
  replicaOf: 'database',
};

export const newDatabase: ComponentOf<'rds-new-instance'> = {
  id: 'new-database',
  type: 'rds-new-instance',
  region: recovery,
  identifier: 'app-new',
  engine: 'postgres',
  engineVersion: '16.4',
  instanceClass: 'db.r6g.large',
  allocatedStorage: 100,
  storageType: 'gp3',
  multiAz: false,
  subnetGroup: 'app-dr',
  securityGroups: ['sg-0dr'],
  parameterGroup: 'app-pg16',
  kmsKey: 'alias/app-dr',
  database: 'app',
  port: 5432,
  credentials: 'secret:app/db#url',
  writeProbe: 'SELECT 1',
};

export const step: Step = {
  id: 'restore',
  phase: 'activate',
  title: 'Restore',
  action: 'rds.restore',
  with: {},
  timeoutSeconds: 3600,
  onFailure: 'ask',
  modes: ['recover'],
};

export function runIn(mode: Mode): Run {
  return {
    id: '20260310-abc123',
    incidentId: 'incident',
    system: 'app',
    scenario: 'region-failure',
    mode,
    startedAt: '2026-03-10T16:50:00.000Z',
    outageStartedAt,
    parameters: {},
  };
}

export const runTagged = runTags(runIn('recover'));
export const instanceName = resourceName('app-dr', runIn('recover'), 63);

/** A database server as the action meets it; its `urls` and `queries` are what was sent to it. */
export type FakeServer = {
  urls: string[];
  queries: string[];
  inRecovery: boolean;
  refuse?: Error;
};

export type TestContext = ActionContext & { changes: Change[]; server: FakeServer };

/** An action's surroundings: real SDK clients (mocked per test), a fake database, and a clock that stands still. */
export function contextFor(options: {
  mode?: Mode;
  now?: string;
  elapsedSeconds?: number;
  secret?: string;
  server?: Partial<FakeServer>;
}): TestContext {
  const run = runIn(options.mode ?? 'recover');
  const server: FakeServer = { urls: [], queries: [], inRecovery: false, ...options.server };
  const changes: Change[] = [];
  return {
    run,
    step,
    changes,
    server,
    clock: { now: () => new Date(options.now ?? '2026-03-10T17:00:00.000Z') },
    aws: createAwsClients({
      primary,
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
      ignoreConfiguredEndpoints: true,
    }),
    regions: { primary, recovery },
    network: {
      http: () => Promise.reject(new Error('no HTTP in this test')),
      tls: () => Promise.reject(new Error('no TLS in this test')),
      dns: () => Promise.reject(new Error('no DNS in this test')),
      mongo: () => Promise.reject(new Error('no MongoDB in this test')),
      redis: () => Promise.reject(new Error('no Redis in this test')),
      async sql({ url }) {
        server.urls.push(url);
        if (server.refuse) throw server.refuse;
        return {
          async query(text) {
            server.queries.push(text);
            return { rows: [{ in_recovery: server.inRecovery }] };
          },
          async end() {},
        };
      },
    },
    kubernetes: () => Promise.reject(new Error('no cluster in this test')),
    secret: async () => options.secret ?? secretUrl,
    nameOf: person => person,
    notify: async () => [],
    changed: async change => {
      changes.push(change);
    },
    remember: async () => {},
    names: {
      resource: (base, maxLength) => resourceName(base, run, maxLength),
      tags: () => runTags(run),
    },
    elapsedSeconds: options.elapsedSeconds ?? 0,
  };
}

/** An error as the SDK throws it. */
export function awsError(name: string, status = 400): Error {
  const error = new Error(`${name} from AWS`);
  error.name = name;
  return Object.assign(error, {
    $fault: status >= 500 ? 'server' : 'client',
    $metadata: { httpStatusCode: status },
  });
}

/** What a region that does not answer looks like to Node. */
export function noAnswer(): Error {
  return Object.assign(new Error('connect ETIMEDOUT'), { name: 'TimeoutError', code: 'ETIMEDOUT' });
}

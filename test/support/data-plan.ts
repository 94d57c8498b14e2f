import type { ComponentOf, ComponentType } from '../../shared/plan/components.ts';
import { type Plan, planSchema } from '../../shared/plan/schema.ts';

export const primary = 'ap-southeast-2';
export const recovery = 'ap-southeast-4';

const sql = {
  engine: 'aurora-postgresql',
  database: 'app',
  port: 5432,
  credentials: 'secret:app/db',
  writeProbe: 'INSERT INTO heartbeat VALUES (1) ON CONFLICT DO NOTHING',
} as const;
const restore = {
  type: 'rds-cluster-restore-target',
  region: recovery,
  sourceRegion: primary,
  subnetGroup: 'app-dr',
  securityGroups: ['sg-0dr'],
  clusterParameterGroup: 'app-aurora-16',
  kmsKey: 'alias/app-dr',
  instanceClass: 'db.r6g.large',
} as const;
const cache = {
  type: 'elasticache-replication-group',
  port: 6379,
  tls: true,
  credentials: 'secret:app/cache',
} as const;

/** Clusters, caches and tables of a small system in two regions; each test takes what it is about. */
const written = {
  orders: { ...sql, type: 'rds-cluster', region: primary, identifier: 'app-orders', globalCluster: 'global' },
  'orders-recovery': {
    ...sql,
    type: 'rds-cluster',
    region: recovery,
    identifier: 'app-orders-dr',
    globalCluster: 'global',
  },
  global: {
    type: 'aurora-global-cluster',
    region: recovery,
    identifier: 'app-global',
    primary: 'orders',
    secondary: 'orders-recovery',
  },
  users: { ...sql, type: 'rds-cluster', region: primary, identifier: 'app-users' },
  stock: { ...sql, type: 'rds-cluster', region: primary, identifier: 'app-stock', engine: 'postgres' },
  'users-restored': {
    ...sql,
    ...restore,
    identifier: 'app-users-dr',
    source: 'users',
    sourceIdentifier: 'app-users',
  },
  'stock-restored': {
    ...sql,
    ...restore,
    engine: 'postgres',
    identifier: 'app-stock-dr',
    source: 'stock',
    sourceIdentifier: 'app-stock',
  },
  'users-beside': {
    ...sql,
    ...restore,
    region: primary,
    identifier: 'app-users-beside',
    source: 'users',
    sourceIdentifier: 'app-users',
  },
  cache: { ...cache, region: primary, identifier: 'app', endpoint: 'app.primary.cache.amazonaws.com' },
  'cache-recovery': {
    ...cache,
    region: recovery,
    identifier: 'app-dr',
    endpoint: 'app.recovery.cache.amazonaws.com',
  },
  store: {
    type: 'elasticache-global-datastore',
    region: recovery,
    identifier: 'ldgnf-app',
    primary: 'cache',
    secondary: 'cache-recovery',
  },
  'new-cache': {
    type: 'elasticache-target',
    region: recovery,
    identifier: 'app-new',
    nodeType: 'cache.r6g.large',
    nodes: 3,
    subnetGroup: 'app-cache',
    securityGroups: ['sg-0cache'],
    credentials: 'secret:app/cache',
    mayStartEmpty: true,
  },
  redis: {
    type: 'redis-server',
    region: primary,
    host: 'redis.primary.internal',
    credentials: 'secret:app/redis',
  },
  'redis-replica': {
    type: 'redis-server',
    region: recovery,
    host: 'redis.recovery.internal',
    credentials: 'secret:app/redis',
    replicaOf: 'redis',
  },
  'redis-seed': { type: 'redis-server', region: recovery, host: 'redis-seed.recovery.internal', tls: false },
  sessions: {
    type: 'dynamodb-table',
    region: recovery,
    name: 'app-sessions',
    heartbeat: { key: { id: 'heartbeat' }, attribute: 'at' },
  },
  'sessions-primary': { type: 'dynamodb-table', region: primary, name: 'app-sessions' },
  alone: { type: 'dynamodb-table', region: recovery, name: 'app-alone' },
} as const;

export function dataPlan(): Plan {
  return planSchema.parse({
    lifeboat: 1,
    system: { id: 'app', title: 'App', owner: 'team', version: '1', reviewed: '2026-01-01' },
    regions: { primary, recovery },
    objectives: { rto: '4h', rpo: '1h' },
    severities: {},
    components: written,
    people: {},
    channels: {},
    audiences: {},
    scenarios: {},
  });
}

const parsed = dataPlan().components;

/** A component of the plan, as a step gets it. */
export function component<T extends ComponentType>(type: T, id: keyof typeof written): ComponentOf<T> {
  const found = parsed[id];
  if (found?.type !== type) throw new Error(`"${id}" is not of type ${type}`);
  return { ...found, id } as ComponentOf<T>;
}

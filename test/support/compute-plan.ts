import { type Plan, planSchema } from '../../shared/plan/schema.ts';

const recovery = 'ap-southeast-4';
const primary = 'ap-southeast-2';

export const components = {
  primaryApp: {
    id: 'primary-app',
    type: 'k8s-deployment',
    region: primary,
    cluster: 'shop-production',
    namespace: 'shop',
    name: 'shop-app',
    container: 'app',
  },
  app: {
    id: 'app',
    type: 'k8s-deployment',
    region: recovery,
    cluster: 'shop-dr',
    namespace: 'shop',
    name: 'shop-app',
    container: 'app',
  },
  nodes: {
    id: 'nodes',
    type: 'eks-nodegroup',
    region: recovery,
    cluster: 'shop-dr',
    name: 'general',
    standbySize: 1,
  },
  secret: { id: 'secret', type: 'secret', region: recovery, name: 'shop/app' },
  database: {
    id: 'database',
    type: 'rds-instance',
    region: recovery,
    identifier: 'shop',
    engine: 'postgres',
    multiAz: true,
    database: 'shop',
    port: 5432,
    credentials: 'secret:shop/app#url',
    writeProbe: 'INSERT INTO heartbeat VALUES (1, now()) ON CONFLICT (id) DO UPDATE SET at = now()',
  },
  cache: {
    id: 'cache',
    type: 'elasticache-replication-group',
    region: recovery,
    identifier: 'shop-dr',
    endpoint: 'shop-dr.cache.amazonaws.com',
    port: 6379,
    tls: true,
  },
} as const;

/** A small plan with one application in two regions. */
export function computePlan(): Plan {
  return planSchema.parse({
    lifeboat: 1,
    system: { id: 'shop', title: 'Shop', owner: 'Platform', version: '1', reviewed: '2026-01-06' },
    regions: { primary, recovery },
    objectives: { rto: '4h', rpo: '1h' },
    severities: {},
    components: {
      'primary-app': components.primaryApp,
      app: components.app,
      nodes: components.nodes,
      secret: components.secret,
      database: components.database,
      cache: components.cache,
    },
    people: {},
    channels: {},
    audiences: {},
    scenarios: {},
  });
}

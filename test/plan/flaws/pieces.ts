/** Parts that several flawed plans are made of. */

export const lost = 'disaster: { type: region-loss, region: primary }';
export const damaged = 'disaster: { type: corruption, component: database, damage: "DELETE FROM orders" }';
export const inside = 'disaster: { type: intrusion, components: [database] }';

export const fence = '- { id: fence, do: rds.fence, with: { database: database } }';
export const ready = '- { id: ready, do: elbv2.target-health, with: { targetGroup: targets, healthy: 2 } }';
export const move = '- { id: move, do: route53.failover, with: { name: name, fallbackAfter: 5m } }';
export const served = "- { id: served, do: http.check, with: { url: 'https://shop.acme.test/' } }";

/** Looks for the newest state, and restores it in the other region. */
export const restore = `
- { id: find, do: rds.find-restore-point, with: { target: restored, maxLoss: 1h } }
${fence}
- id: restore
  do: rds.restore
  with:
    target: restored
    method: \${steps.find.method}
    from: \${steps.find.from}
    pointTime: \${steps.find.pointTime}`;

export const back = `
back:
  title: Back
  severity: critical
  manualOnly: true
  modes: [planned]
  failbackOf: incident
  phases:
    - id: back
      title: Back
      stage: execute
      steps:
        - { id: look-again, do: http.check, with: { url: 'https://shop.acme.test/' } }`;

/** A deployment in each region, each with its cluster. */
export const standing = `
old-cluster: { type: eks-cluster, region: eu-central-1, name: old }
old-app:
  { type: k8s-deployment, region: eu-central-1, cluster: old, namespace: shop, name: shop, container: shop }`;

export const bucket = (id: string, region: string) =>
  `${id}: { type: s3-bucket, region: ${region}, name: shop-${id} }`;

export const weighted = `
record:
  type: dns-record
  region: eu-west-1
  name: pay.acme.test
  hostedZone: Z0451727QLRBN5XKDTW
  recordType: CNAME
  primaryTarget: primary.acme.test
  recoveryTarget: recovery.acme.test
  routing: weighted
  resolvers: [9.9.9.9]`;

/** An Aurora cluster of the primary region, and what it is restored into in the other one. */
export const cluster = `
orders:
  type: rds-cluster
  region: eu-central-1
  identifier: orders
  engine: aurora-postgresql
  database: orders
  credentials: secret:orders/database
  writeProbe: SELECT 1
orders-restored:
  type: rds-cluster-restore-target
  region: eu-west-1
  identifier: orders-dr
  source: orders
  sourceIdentifier: orders
  sourceRegion: eu-central-1
  engine: aurora-postgresql
  instanceClass: db.r6g.large
  subnetGroup: orders
  securityGroups: [sg-0a1b2c3d4e5f60718]
  clusterParameterGroup: orders
  kmsKey: alias/orders
  database: orders
  credentials: secret:orders/dr/database
  writeProbe: SELECT 1`;

export const server = `
own:
  type: postgres-server
  region: eu-central-1
  host: db.shop.internal
  database: shop
  credentials: secret:shop/own
  writeProbe: SELECT 1`;

export const builds = 'builds: { type: codebuild-project, region: eu-west-1, name: builds }';

/** What the database is restored into beside itself, where its region still stands. */
export const beside = `
beside:
  type: rds-restore-target
  region: eu-central-1
  identifier: shop-clean
  source: database
  sourceIdentifier: shop
  sourceRegion: eu-central-1
  instanceClass: db.t4g.medium
  multiAz: false
  subnetGroup: shop
  securityGroups: [sg-0a1b2c3d4e5f60718]
  parameterGroup: shop
  kmsKey: alias/shop
  database: shop
  credentials: secret:shop/database
  writeProbe: SELECT 1`;

export const newCache = `
new-cache:
  type: elasticache-target
  region: eu-west-1
  identifier: shop-cache
  nodeType: cache.t4g.small
  subnetGroup: shop
  securityGroups: [sg-0a1b2c3d4e5f60718]
  mayStartEmpty: true`;

export const datastore = `
far: { type: elasticache-replication-group, region: eu-central-1, identifier: far, endpoint: far.cache.internal }
near: { type: elasticache-replication-group, region: eu-west-1, identifier: near, endpoint: near.cache.internal }
store: { type: elasticache-global-datastore, region: eu-west-1, identifier: store, primary: far, secondary: near }`;

/** A read replica of the database, in another region. */
export const replica = `
replica:
  type: rds-instance
  region: eu-west-1
  identifier: shop-replica
  replicaOf: database
  engine: postgres
  multiAz: false
  database: shop
  credentials: secret:shop/database
  writeProbe: SELECT 1`;

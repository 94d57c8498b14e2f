import { StopDBInstanceAutomatedBackupsReplicationCommand } from '@aws-sdk/client-rds';
import { expect } from 'vitest';
import { recovery, runId, taggedByRun } from './case.ts';
import { contract, onTheWire } from './contract.ts';
import { database, makeInstanceOfRun, rds, standby, stateOf, target } from './rds-world.ts';

const region = recovery;

/** Kinds whose service or operation no emulator has: what they send is held against AWS's own models, and no more. */

const endpointRegions = ['us-east-1', 'us-west-2', 'eu-west-1', 'ap-northeast-1', 'ap-southeast-2'];
const control = (name: string, on: boolean) => ({
  type: 'routing-control',
  region,
  arn: `arn:aws:route53-recovery-control::123456789012:controlpanel/0123456789abcdef0123456789abcdef/routingcontrol/${name}`,
  healthCheckId: `hc-${name}`,
  endpoints: endpointRegions.map(one => ({
    region: one,
    url: `https://abc123.route53-recovery-cluster.${one}.amazonaws.com/v1`,
  })),
  on,
});
const endpointGroup = (side: string) =>
  `arn:aws:globalaccelerator::123456789012:accelerator/0a1b2c3d/listener/1f/endpoint-group/${side}`;
const loadBalancer = (of: string) => ({
  type: 'load-balancer',
  region: of,
  name: 'gates',
  dnsName: `gates.${of}.elb.amazonaws.com`,
  hostedZoneId: 'Z1',
});
const accelerated = {
  home: loadBalancer('ap-southeast-2'),
  away: loadBalancer(region),
  gates: {
    type: 'accelerator',
    region,
    arn: 'arn:aws:globalaccelerator::123456789012:accelerator/0a1b2c3d',
    dnsName: 'a0a1b2c3d4e5f6071.awsglobalaccelerator.com',
    primary: { arn: endpointGroup('home'), loadBalancer: 'home' },
    recovery: { arn: endpointGroup('away'), loadBalancer: 'away', weight: 0 },
  },
};
const replicated = {
  documents: { type: 'efs-file-system', region: 'ap-southeast-2', fileSystemId: 'fs-0a1b2c3d4e5f60718' },
  copy: { type: 'efs-file-system', region, fileSystemId: 'fs-08f7e6d5c4b3a2910', replicaOf: 'documents' },
};
const nodegroup = {
  nodes: { type: 'eks-nodegroup', region, cluster: 'shop-dr', name: 'general', standbySize: 1 },
};
const sqlCluster = {
  engine: 'aurora-postgresql',
  database: 'app',
  port: 5432,
  credentials: 'secret:app/db',
  writeProbe: 'INSERT INTO heartbeat VALUES (1) ON CONFLICT DO NOTHING',
  type: 'rds-cluster',
};
const global = {
  orders: { ...sqlCluster, region: 'ap-southeast-2', identifier: 'app-orders', globalCluster: 'global' },
  standby: { ...sqlCluster, region, identifier: 'app-orders-dr', globalCluster: 'global' },
  global: {
    type: 'aurora-global-cluster',
    region,
    identifier: 'app-global',
    primary: 'orders',
    secondary: 'standby',
  },
};

/** A global cluster of DocumentDB or Neptune. */
const globalOf = (family: 'docdb' | 'neptune') => ({
  parks: { type: `${family}-cluster`, region: 'ap-southeast-2', identifier: 'parks', globalCluster: 'pair' },
  standby: { type: `${family}-cluster`, region, identifier: 'parks-dr', globalCluster: 'pair' },
  pair: {
    type: `${family}-global-cluster`,
    region,
    identifier: 'parks-global',
    primary: 'parks',
    secondary: 'standby',
  },
});
const pairMoves = { global: 'pair', to: 'standby', from: 'parks' };
const pairForced = { ...pairMoves, maxLoss: '1h', acceptedRisks: ['data-loss', 'unfenced-writer'] };

const replicationGroup = (of: string, identifier: string) => ({
  type: 'elasticache-replication-group',
  region: of,
  identifier,
  endpoint: `${identifier}.cache.amazonaws.com`,
  port: 6379,
  tls: true,
});
const datastore = {
  cache: replicationGroup('ap-southeast-2', 'app'),
  standby: replicationGroup(region, 'app-dr'),
  store: {
    type: 'elasticache-global-datastore',
    region,
    identifier: 'ldgnf-app',
    primary: 'cache',
    secondary: 'standby',
  },
};

contract(
  'kinds without an emulator',
  [
    {
      kind: 'arc.routing-control',
      shows: 'turns one control on and the other off, in one call',
      components: () => ({ home: control('aaaaaaaa', true), standby: control('bbbbbbbb', false) }),
      with: () => ({ on: 'standby', off: 'home' }),
      expect: {
        calls: [
          [
            'route53recoverycluster.UpdateRoutingControlStates',
            {
              UpdateRoutingControlStateEntries: expect.arrayContaining([
                expect.objectContaining({ RoutingControlState: 'On' }),
                expect.objectContaining({ RoutingControlState: 'Off' }),
              ]),
            },
          ],
        ],
      },
    },
    {
      kind: 'eks.scale-nodegroup',
      shows: 'asks for more nodes, with a token',
      components: () => nodegroup,
      with: () => ({ nodegroup: 'nodes', size: 3 }),
      expect: {
        calls: [
          [
            'eks.UpdateNodegroupConfig',
            { clusterName: 'shop-dr', nodegroupName: 'general', clientRequestToken: expect.any(String) },
          ],
        ],
        outputs: { nodes: 3 },
      },
    },
    {
      kind: 'lifeboat.run',
      shows: 'asks the triage of another system to start, and reads what became of it in its records',
      components: () => ({ other: { type: 'lifeboat-system', region, system: 'accounts', takes: '10m' } }),
      with: () => ({ system: 'other', scenario: 'region-failure' }),
      expect: {
        calls: [['lambda.Invoke', { FunctionName: 'lifeboat-accounts-triage' }]],
        asks: ['dynamodb.GetItem', 'sfn.DescribeExecution'],
        outputs: { run: expect.any(String) },
      },
    },
    {
      kind: 'states.run',
      shows: 'starts a state machine of the user with a name of the run, and takes a field of its output',
      components: () => ({
        machine: {
          type: 'state-machine',
          region,
          arn: `arn:aws:states:${region}:123456789012:stateMachine:shop-reindex`,
          answers: { rows: 12 },
        },
      }),
      with: () => ({ machine: 'machine', input: { full: true }, returns: ['rows'] }),
      expect: {
        calls: [
          [
            'sfn.StartExecution',
            { name: expect.stringContaining(runId), input: expect.stringContaining('"full":true') },
          ],
        ],
        asks: ['sfn.DescribeStateMachine', 'sfn.DescribeExecution'],
        errors: ['sfn.DescribeExecution ExecutionDoesNotExist'],
        outputs: { output: { rows: 12 } },
      },
    },
    {
      kind: 'ssm.automation',
      shows: 'starts an automation with the role of the plan',
      components: () => ({
        runbook: {
          type: 'ssm-document',
          region,
          name: 'Shop-Rebuild',
          assumeRole: 'arn:aws:iam::123456789012:role/shop-rebuild',
        },
      }),
      with: () => ({ document: 'runbook' }),
      expect: { calls: [['ssm.StartAutomationExecution', { DocumentName: 'Shop-Rebuild' }]] },
    },
    {
      kind: 'quota.check',
      shows: 'reads a quota',
      components: () => ({}),
      with: () => ({ quotas: [{ service: 'ec2', quota: 'L-1216C47A', needed: 4 }] }),
      expect: { calls: [] },
    },
    {
      kind: 'autoscaling.replace-instance',
      shows: 'finds the group by its name',
      components: () => ({
        group: { type: 'auto-scaling-group', region, name: 'shop-workers', standbySize: 2 },
      }),
      with: () => ({ group: 'group' }),
      expect: { prepared: 'already-done', calls: [] },
    },
    {
      kind: 'lambda.switch-event-source',
      shows: 'turns an event source on, and off again',
      components: () => ({
        queue: {
          type: 'event-source-mapping',
          region,
          uuid: '12345678-1234-1234-1234-123456789012',
          enabled: false,
        },
      }),
      with: () => ({ mapping: 'queue', enabled: true }),
      expect: { calls: [['lambda.UpdateEventSourceMapping', { Enabled: true }]] },
      undo: { calls: [['lambda.UpdateEventSourceMapping', { Enabled: false }]] },
    },
    {
      kind: 'globalaccelerator.shift-traffic',
      shows: 'opens the standby, then closes the other side, and the other way round on undo',
      components: () => accelerated,
      with: () => ({ accelerator: 'gates', to: 'recovery' }),
      expect: {
        calls: [
          [
            'globalaccelerator.UpdateEndpointGroup',
            {
              EndpointGroupArn: endpointGroup('away'),
              TrafficDialPercentage: 100,
              EndpointConfigurations: [expect.objectContaining({ Weight: 128 })],
            },
          ],
          [
            'globalaccelerator.UpdateEndpointGroup',
            {
              EndpointGroupArn: endpointGroup('home'),
              TrafficDialPercentage: 0,
              EndpointConfigurations: [expect.objectContaining({ Weight: 0 })],
            },
          ],
        ],
      },
      undo: {
        calls: [
          [
            'globalaccelerator.UpdateEndpointGroup',
            {
              EndpointGroupArn: endpointGroup('home'),
              TrafficDialPercentage: 100,
              EndpointConfigurations: [expect.objectContaining({ Weight: 128 })],
            },
          ],
          [
            'globalaccelerator.UpdateEndpointGroup',
            {
              EndpointGroupArn: endpointGroup('away'),
              TrafficDialPercentage: 0,
              EndpointConfigurations: [expect.objectContaining({ Weight: 0 })],
            },
          ],
        ],
      },
    },
    {
      kind: 'efs.fail-over-replication',
      shows: 'ends the replication from the region of the replica, naming the source',
      components: () => replicated,
      with: () => ({ to: 'copy', from: 'documents', maxLoss: '1h', acceptedRisks: ['unfenced-writer'] }),
      expect: {
        calls: [['efs.DeleteReplicationConfiguration', { SourceFileSystemId: 'fs-0a1b2c3d4e5f60718' }]],
        outputs: { mountTargets: 2 },
        errors: ['efs.DescribeReplicationConfigurations ReplicationNotFound'],
      },
    },
    {
      kind: 'efs.replicate-back',
      shows: 'takes the protection off, replicates, and puts both back on undo',
      components: () => ({ ...replicated, copy: { ...replicated.copy, replicaOf: 'other' } }),
      with: () => ({ from: 'copy', to: 'documents', approvedBy: 'Head of the desk' }),
      expect: {
        calls: [
          ['efs.UpdateFileSystemProtection', { ReplicationOverwriteProtection: 'DISABLED' }],
          [
            'efs.CreateReplicationConfiguration',
            {
              SourceFileSystemId: 'fs-08f7e6d5c4b3a2910',
              Destinations: [{ Region: 'ap-southeast-2', FileSystemId: 'fs-0a1b2c3d4e5f60718' }],
            },
          ],
        ],
        errors: ['efs.DescribeReplicationConfigurations ReplicationNotFound'],
      },
      undo: {
        calls: [['efs.DeleteReplicationConfiguration', { SourceFileSystemId: 'fs-08f7e6d5c4b3a2910' }]],
      },
    },
    {
      kind: 'sqs.redrive',
      shows: 'moves dead letters back to their queue, and stops what was not moved',
      components: () => ({
        orders: { type: 'sqs-queue', region, name: 'orders', deadLetters: 'failed', takenBy: 'nobody' },
        failed: { type: 'sqs-queue', region, name: 'orders-failed', waiting: 120 },
        nobody: { type: 'event-source-mapping', region, uuid: 'a1b2-c3d4', enabled: false },
      }),
      with: () => ({ from: 'failed', into: 'orders', perSecond: 50 }),
      expect: {
        calls: [
          [
            'sqs.StartMessageMoveTask',
            {
              SourceArn: expect.stringMatching(/:orders-failed$/),
              DestinationArn: expect.stringMatching(/:orders$/),
              MaxNumberOfMessagesPerSecond: 50,
            },
          ],
        ],
        outputs: { moved: 120 },
      },
    },
    {
      kind: 'lambda.set-concurrency',
      shows: 'stops a function, and lets it run again',
      components: () => ({ fn: { type: 'lambda-function', region, name: 'reconcile' } }),
      with: () => ({ function: 'fn', reserved: 0 }),
      expect: {
        calls: [
          ['lambda.PutFunctionConcurrency', { FunctionName: 'reconcile', ReservedConcurrentExecutions: 0 }],
        ],
        outputs: { previous: null },
      },
      undo: { calls: [['lambda.DeleteFunctionConcurrency', { FunctionName: 'reconcile' }]] },
    },
    {
      kind: 'lambda.invoke',
      shows: 'invokes the version that the alias names',
      components: () => ({ fn: { type: 'lambda-function', region, name: 'reconcile', qualifier: 'live' } }),
      with: () => ({ function: 'fn', payload: { dryRun: false } }),
      expect: { calls: [['lambda.Invoke', { FunctionName: 'reconcile', Qualifier: 'live' }]] },
    },
    {
      kind: 'rds.switchover-global-cluster',
      shows: 'hands the writer over to the other region',
      components: () => global,
      mode: 'planned',
      with: () => ({ global: 'global', to: 'standby', from: 'orders' }),
      expect: { calls: [['rds.SwitchoverGlobalCluster', { GlobalClusterIdentifier: 'app-global' }]] },
    },
    {
      kind: 'docdb.switchover-global-cluster',
      shows: 'hands the writer of documents over to the other region',
      components: () => globalOf('docdb'),
      mode: 'planned',
      with: () => pairMoves,
      expect: {
        calls: [['docdb.SwitchoverGlobalCluster', { GlobalClusterIdentifier: 'parks-global' }]],
        asks: ['docdb.DescribeDBInstances'],
        outputs: { writer: 'parks-dr' },
      },
    },
    {
      kind: 'docdb.failover-global-cluster',
      shows: 'forces the writer of documents to the other region when a person accepted the risks',
      components: () => globalOf('docdb'),
      with: () => pairForced,
      expect: {
        calls: [['docdb.FailoverGlobalCluster', { AllowDataLoss: true }]],
        outputs: { writer: 'parks-dr' },
      },
    },
    {
      kind: 'neptune.switchover-global-cluster',
      shows: 'hands the writer of graphs over to the other region',
      components: () => globalOf('neptune'),
      mode: 'planned',
      with: () => pairMoves,
      expect: {
        calls: [['neptune.SwitchoverGlobalCluster', { GlobalClusterIdentifier: 'parks-global' }]],
        asks: ['neptune.DescribeDBInstances'],
        outputs: { writer: 'parks-dr' },
      },
    },
    {
      kind: 'neptune.failover-global-cluster',
      shows: 'forces the writer of graphs to the other region when a person accepted the risks',
      components: () => globalOf('neptune'),
      with: () => pairForced,
      expect: {
        calls: [['neptune.FailoverGlobalCluster', { AllowDataLoss: true }]],
        outputs: { writer: 'parks-dr' },
      },
    },
    {
      kind: 'elasticache.failover-global',
      shows: 'hands the data store over to the cache of the other region',
      components: () => datastore,
      mode: 'planned',
      with: () => ({ store: 'store', to: 'standby', from: 'cache' }),
      expect: {
        calls: [
          [
            'elasticache.FailoverGlobalReplicationGroup',
            {
              GlobalReplicationGroupId: 'ldgnf-app',
              PrimaryRegion: region,
              PrimaryReplicationGroupId: 'app-dr',
            },
          ],
        ],
        outputs: { primary: 'app-dr' },
      },
    },
    {
      kind: 'rds.replicate-backups',
      shows: 'replicates automated backups into the recovery region with its key',
      components: ids => ({ database, target: target(ids) }),
      before: async aws => {
        const SourceDBInstanceArn = 'arn:aws:rds:ap-southeast-2:123456789012:db:shop-db';
        await rds(aws).send(new StopDBInstanceAutomatedBackupsReplicationCommand({ SourceDBInstanceArn }));
      },
      with: () => ({ target: 'target' }),
      expect: {
        calls: [
          [
            'rds.StartDBInstanceAutomatedBackupsReplication',
            { SourceDBInstanceArn: expect.stringContaining('shop-db'), KmsKeyId: 'alias/shop-dr' },
          ],
        ],
      },
    },
    {
      kind: 'rds.restore',
      shows: 'restores the automated backup to a moment',
      components: ids => ({ database, target: target(ids) }),
      with: () => ({ target: 'target', pointTime: '2026-03-10T16:00:00Z' }),
      expect: {
        calls: [
          [
            'rds.RestoreDBInstanceToPointInTime',
            { TargetDBInstanceIdentifier: `shop-dr-${runId}`, DBSubnetGroupName: 'shop-dr' },
          ],
        ],
        errors: ['rds.DescribeDBInstances DBInstanceNotFoundFault'],
      },
    },
    {
      kind: 'rds.events',
      shows: 'reads what RDS said of a database',
      components: () => ({ database }),
      with: () => ({ database: 'database', event: 'RDS-EVENT-0049', wait: false }),
      expect: { calls: [], outputs: { seen: false } },
    },
    {
      kind: 'region.assess',
      shows: 'asks the database of the primary region, and does not give up a region that is well',
      components: () => ({
        database,
        site: { type: 'endpoint', region: 'ap-southeast-2', url: 'https://app.shop.example/health' },
      }),
      with: () => ({ endpoints: ['https://app.shop.example/health'], database: 'database', quorum: 1 }),
      expect: { prepared: 'refused', calls: [], reasons: /are needed to call/ },
    },
    {
      kind: 's3.replication-check',
      shows: 'compares a bucket with its replica',
      components: () => ({
        source: {
          type: 's3-bucket',
          region: 'ap-southeast-2',
          name: 'shop-dumps',
          arrivals: [{ prefix: 'database/', every: '1d' }],
        },
        replica: { type: 's3-bucket', region, name: 'shop-dumps-dr', replicaOf: 'source' },
      }),
      with: () => ({ source: 'source', replica: 'replica', within: '1h' }),
      expect: { calls: [] },
    },
    {
      kind: 'rds.failover-global-cluster',
      shows: 'forces the writer to the other region when a person accepted the loss',
      components: () => global,
      with: () => ({
        global: 'global',
        to: 'standby',
        from: 'orders',
        maxLoss: '1h',
        acceptedRisks: ['data-loss', 'unfenced-writer'],
      }),
      readOnly: ['app-orders'],
      expect: { calls: [['rds.FailoverGlobalCluster', { AllowDataLoss: true }]] },
    },
    {
      kind: 'rds.add-readers',
      shows: 'gives a cluster that only keeps the data its instances, and takes them away again',
      components: () => ({
        ...global,
        standby: { ...global.standby, instances: 0, serverless: { min: 0.5, max: 32 } },
      }),
      mode: 'drill',
      with: () => ({ database: 'standby', instances: 2, class: 'db.serverless' }),
      expect: {
        calls: ['1', '2'].map(nth => [
          'rds.CreateDBInstance',
          {
            DBInstanceIdentifier: `app-orders-dr-${runId}-${nth}`,
            DBClusterIdentifier: 'app-orders-dr',
            DBInstanceClass: 'db.serverless',
            PromotionTier: 0,
            Tags: taggedByRun,
          },
        ]),
        outputs: { instances: 2 },
      },
      undo: {
        calls: ['1', '2'].map(nth => [
          'rds.DeleteDBInstance',
          { DBInstanceIdentifier: `app-orders-dr-${runId}-${nth}`, SkipFinalSnapshot: true },
        ]),
      },
    },
    {
      kind: 'rds.remove-readers',
      shows: 'asks for nothing where what a run made is gone',
      components: () => global,
      with: () => ({ database: 'standby', instances: [`app-orders-dr-${runId}-1`] }),
      expect: {
        prepared: 'already-done',
        calls: [],
        asks: ['rds.DescribeDBClusters', 'rds.DescribeDBInstances'],
        outputs: { left: 2 },
      },
    },
    {
      kind: 'rds.scale-serverless',
      shows: 'raises the least capacity, and goes back to a range whose instances pause',
      components: () => ({
        orders: { ...sqlCluster, region, identifier: 'app-orders', serverless: { min: 0, max: 32 } },
      }),
      with: () => ({ database: 'orders', min: 8, max: 32 }),
      expect: {
        calls: [
          [
            'rds.ModifyDBCluster',
            {
              DBClusterIdentifier: 'app-orders',
              ServerlessV2ScalingConfiguration: { MinCapacity: 8, MaxCapacity: 32 },
            },
          ],
        ],
        asks: ['rds.DescribeDBEngineVersions', 'cloudwatch.GetMetricData'],
        outputs: { min: 8, max: 32, capacity: 8 },
      },
      undo: {
        calls: [
          [
            'rds.ModifyDBCluster',
            {
              ServerlessV2ScalingConfiguration: expect.objectContaining({ MinCapacity: 0, MaxCapacity: 32 }),
            },
          ],
        ],
      },
    },
    {
      kind: 'rds.failover',
      shows: 'forces a Multi-AZ database to its standby, which is to be tested on purpose',
      components: () => ({ database }),
      mode: 'planned',
      with: () => ({ database: 'database' }),
      expect: { calls: [['rds.RebootDBInstance', { DBInstanceIdentifier: 'shop-db', ForceFailover: true }]] },
    },
    {
      kind: 'rds.restore-cluster',
      shows: 'restores a cluster and gives it instances',
      components: () => ({
        users: { ...sqlCluster, region: 'ap-southeast-2', identifier: 'app-users' },
        restored: {
          ...sqlCluster,
          type: 'rds-cluster-restore-target',
          region,
          sourceRegion: 'ap-southeast-2',
          identifier: 'app-users-dr',
          source: 'users',
          sourceIdentifier: 'app-users',
          subnetGroup: 'app-dr',
          securityGroups: ['sg-0dr'],
          clusterParameterGroup: 'app-aurora-16',
          kmsKey: 'alias/app-dr',
          instanceClass: 'db.r6g.large',
        },
      }),
      with: () => ({ target: 'restored', method: 'snapshot' }),
      expect: {
        calls: [
          ['rds.RestoreDBClusterFromSnapshot', { KmsKeyId: 'alias/app-dr', Tags: taggedByRun }],
          ['rds.CreateDBInstance', { Tags: taggedByRun }],
          ['rds.CreateDBInstance', { Tags: taggedByRun }],
        ],
        errors: ['rds.DescribeDBClusters DBClusterNotFoundFault'],
      },
    },
    {
      kind: 'elasticache.failover',
      shows: 'makes a replica the primary',
      components: () => ({
        cache: {
          type: 'elasticache-replication-group',
          region,
          identifier: 'shop',
          endpoint: 'shop.cache.amazonaws.com',
          port: 6379,
          tls: true,
        },
      }),
      mode: 'planned',
      with: () => ({ cache: 'cache' }),
      // ElastiCache lets nobody choose a primary while it would choose itself.
      expect: {
        calls: [
          ['elasticache.ModifyReplicationGroup', { AutomaticFailoverEnabled: false }],
          ['elasticache.ModifyReplicationGroup', { PrimaryClusterId: expect.stringMatching(/^shop-/) }],
          ['elasticache.ModifyReplicationGroup', { AutomaticFailoverEnabled: true }],
        ],
      },
    },
    {
      kind: 'eks.update-nodegroup-version',
      shows: 'rolls the newest AMI of its version out',
      components: () => nodegroup,
      with: () => ({ nodegroup: 'nodes' }),
      expect: {
        calls: [['eks.UpdateNodegroupVersion', { clusterName: 'shop-dr', nodegroupName: 'general' }]],
      },
    },
    {
      kind: 'evidence.audit-trail',
      shows: 'looks CloudTrail up',
      components: () => ({}),
      with: () => ({ region: 'ap-southeast-2', from: '2026-03-10T00:00:00Z' }),
      expect: {
        calls: [
          ['s3.PutObject', {}],
          ['s3.PutObject', {}],
        ],
      },
    },
    {
      kind: 'secrets.replication-check',
      shows: 'compares a secret with its replica',
      components: () => ({
        home: { type: 'secret', region: 'ap-southeast-2', name: 'shop/app' },
        secret: { type: 'secret', region, name: 'shop/app', replicaOf: 'home' },
      }),
      with: () => ({ secret: 'secret' }),
      expect: { calls: [] },
    },
    {
      kind: 'rds.cutover',
      shows: 'gives the name of the live database to the restored one, and takes the tags of the run off',
      components: ids => ({ standby, target: target(ids) }),
      before: aws => makeInstanceOfRun(aws),
      with: () => ({ database: 'standby', instance: `shop-dr-${runId}` }),
      expect: {
        calls: [
          [
            'rds.ModifyDBInstance',
            {
              DBInstanceIdentifier: 'shop-standby',
              NewDBInstanceIdentifier: `shop-standby-old-${runId}`,
              ApplyImmediately: true,
            },
          ],
          [
            'rds.ModifyDBInstance',
            {
              DBInstanceIdentifier: `shop-dr-${runId}`,
              NewDBInstanceIdentifier: 'shop-standby',
              ApplyImmediately: true,
            },
          ],
          ['rds.ModifyDBInstance', { MultiAZ: true, DeletionProtection: true, BackupRetentionPeriod: 7 }],
          ['rds.RemoveTagsFromResource', { TagKeys: ['lifeboat:run', 'lifeboat:expires-at'] }],
        ],
        errors: ['rds.DescribeDBInstances DBInstanceNotFoundFault'],
        outputs: { instance: 'shop-standby', keptAs: `shop-standby-old-${runId}` },
        holds: { status: expect.any(String), ofRun: undefined, expires: undefined },
      },
      after: aws => stateOf(aws, 'shop-standby'),
    },
  ],
  onTheWire(),
);

import type { TypicalDuration } from '../actions/contract.ts';

/** How long RDS takes, in seconds: used by the actions, the linter and the simulator, so that they agree. */
export const rdsDurations = {
  restoreFromSnapshot: {
    minSeconds: 600,
    likelySeconds: 1_080,
    maxSeconds: 1_800,
    source:
      'Experience with databases below 100 GB: 10 to 30 minutes until available. Blocks load from S3 on first use, so full speed comes hours later (RDS User Guide, "Restoring to a DB instance"). Replace by measured times.',
  },
  restoreToPointInTime: {
    minSeconds: 1_200,
    likelySeconds: 1_800,
    maxSeconds: 3_600,
    source:
      'Experience: 20 to 60 minutes, since the logs since the last snapshot are replayed. Replace by measured times.',
  },
  multiAzFailover: {
    minSeconds: 60,
    likelySeconds: 80,
    maxSeconds: 120,
    source: 'RDS User Guide, "Failing over a Multi-AZ DB instance": typically 60 to 120 seconds',
  },
  stop: {
    minSeconds: 120,
    likelySeconds: 300,
    maxSeconds: 900,
    source: 'Experience: 2 to 15 minutes; a Multi-AZ instance is nearer the upper end',
  },
  start: {
    minSeconds: 180,
    likelySeconds: 420,
    maxSeconds: 900,
    source: 'Experience: 3 to 15 minutes',
  },
  delete: {
    minSeconds: 180,
    likelySeconds: 360,
    maxSeconds: 900,
    source: 'Experience: 3 to 15 minutes without a final snapshot',
  },
  changePassword: {
    minSeconds: 30,
    likelySeconds: 90,
    maxSeconds: 240,
    source: 'Experience: a cluster is resetting-master-credentials for one to three minutes',
  },
  create: {
    minSeconds: 300,
    likelySeconds: 540,
    maxSeconds: 900,
    source: 'Experience: 5 to 15 minutes for an empty instance; a Multi-AZ instance is nearer the upper end',
  },
  createReplica: {
    minSeconds: 600,
    likelySeconds: 1_080,
    maxSeconds: 1_800,
    source: 'Experience with databases below 100 GB in the same region: 10 to 30 minutes',
  },
  createReplicaElsewhere: {
    minSeconds: 1_200,
    likelySeconds: 2_700,
    maxSeconds: 7_200,
    source:
      'Experience with databases below 100 GB in another region: 20 minutes to 2 hours; a snapshot is copied first, and large databases take longer',
  },
  promoteReplica: {
    minSeconds: 120,
    likelySeconds: 360,
    maxSeconds: 900,
    source:
      'RDS User Guide, "Promoting a read replica": several minutes or longer, depending on its size; the instance is rebooted',
  },
  createSnapshot: {
    minSeconds: 120,
    likelySeconds: 420,
    maxSeconds: 1_800,
    source: 'Experience: 2 to 30 minutes, by how much has changed since the last snapshot',
  },
  copySnapshot: {
    minSeconds: 600,
    likelySeconds: 1_500,
    maxSeconds: 5_400,
    source:
      'Experience with databases below 100 GB: 10 to 90 minutes to another region; the first copy is a full one',
  },
  firstReplication: {
    minSeconds: 900,
    likelySeconds: 2_100,
    maxSeconds: 7_200,
    source: 'Experience: 15 minutes to 2 hours until the first copy of the backups can be restored',
  },
  rename: {
    minSeconds: 180,
    likelySeconds: 480,
    maxSeconds: 720,
    source:
      'RDS User Guide, "Renaming a DB instance": the new DNS name becomes effective in about 10 minutes',
  },
  addStandby: {
    minSeconds: 600,
    likelySeconds: 1_200,
    maxSeconds: 3_600,
    source:
      'Experience: 10 to 60 minutes until a Single-AZ instance has its standby; it goes on serving meanwhile',
  },
  auroraFailover: {
    minSeconds: 15,
    likelySeconds: 30,
    maxSeconds: 60,
    source:
      'Aurora User Guide, "Fault tolerance for an Aurora DB cluster": typically restored within 60, often within 30 seconds',
  },
  multiAzClusterFailover: {
    minSeconds: 15,
    likelySeconds: 25,
    maxSeconds: 35,
    source:
      'RDS API Reference, FailoverDBCluster: a Multi-AZ DB cluster typically takes less than 35 seconds',
  },
  detectClusterFailure: {
    minSeconds: 5,
    likelySeconds: 10,
    maxSeconds: 30,
    source: 'Experience; Aurora checks the health of its instances every few seconds',
  },
  globalSwitchover: {
    minSeconds: 30,
    likelySeconds: 90,
    maxSeconds: 300,
    source: 'Experience: half a minute to 5 minutes; the larger the replication lag, the longer',
  },
  globalFailover: {
    minSeconds: 60,
    likelySeconds: 150,
    maxSeconds: 600,
    source:
      'Aurora User Guide, "Using Amazon Aurora Global Database": an RTO in the order of minutes; to be replaced by measurement',
  },
  docdbGlobalSwitchover: {
    minSeconds: 60,
    likelySeconds: 180,
    maxSeconds: 600,
    source:
      'Amazon DocumentDB Developer Guide, "Performing a switchover for an Amazon DocumentDB global cluster": approximately three minutes, and the larger the lag, the longer',
  },
  docdbGlobalFailover: {
    minSeconds: 30,
    likelySeconds: 60,
    maxSeconds: 300,
    source:
      'Amazon DocumentDB Developer Guide, "Performing a managed failover for an Amazon DocumentDB global cluster": typically within a minute',
  },
  neptuneGlobalSwitchover: {
    minSeconds: 60,
    likelySeconds: 180,
    maxSeconds: 600,
    source: 'Experience with Aurora, whose storage and whose ways it shares; to be replaced by measurement',
  },
  neptuneGlobalFailover: {
    minSeconds: 60,
    likelySeconds: 150,
    maxSeconds: 600,
    source:
      'Neptune User Guide, "Using failover in a Neptune global database": an RTO in the order of minutes; to be replaced by measurement',
  },
  createClusterInstance: {
    minSeconds: 240,
    likelySeconds: 420,
    maxSeconds: 900,
    source: 'Experience: 4 to 15 minutes until an instance of an Aurora cluster is available',
  },
  /** How long an instance of Aurora Serverless takes to grow to a new least capacity. */
  growServerless: {
    minSeconds: 5,
    likelySeconds: 30,
    maxSeconds: 180,
    source:
      'Aurora User Guide, "How Aurora Serverless v2 works": it scales while it serves, the faster the bigger it is; figures are experience, to be replaced by measurement',
  },
  scaleServerless: {
    minSeconds: 60,
    likelySeconds: 150,
    maxSeconds: 420,
    source:
      'Seconds to three minutes until the instances have grown, and one to two minutes until CloudWatch shows it; experience, to be replaced by measurement',
  },
  /** From the moment a zone is gone until RDS begins the failover. */
  detectZoneLoss: {
    minSeconds: 15,
    likelySeconds: 30,
    maxSeconds: 60,
    source: 'Experience; the 60 to 120 seconds of the guide are counted from the start of the failover',
  },
} as const satisfies Record<string, TypicalDuration>;

import type { TypicalDuration } from '../actions/contract.ts';

/** How long ElastiCache takes, in seconds: used by the actions and the simulator, so that they agree. */
export const elasticacheDurations = {
  create: {
    minSeconds: 420,
    likelySeconds: 780,
    maxSeconds: 1_200,
    source: 'Experience: 10 to 20 minutes for three nodes; a restore of a snapshot is nearer the upper end',
  },
  failover: {
    minSeconds: 15,
    likelySeconds: 30,
    maxSeconds: 90,
    source:
      'Experience; ElastiCache User Guide, "Minimizing downtime with Multi-AZ": a few seconds to minutes',
  },
  modify: {
    minSeconds: 20,
    likelySeconds: 60,
    maxSeconds: 180,
    source: 'Experience with settings of a group',
  },
  globalFailover: {
    minSeconds: 15,
    likelySeconds: 40,
    maxSeconds: 120,
    source:
      'ElastiCache User Guide, "Replication across AWS Regions using global datastores": typically within a minute',
  },
  delete: { minSeconds: 180, likelySeconds: 360, maxSeconds: 900, source: 'Experience: 3 to 15 minutes' },
  snapshot: {
    minSeconds: 60,
    likelySeconds: 240,
    maxSeconds: 1_200,
    source: 'Experience, by the size of the cache',
  },
} as const satisfies Record<string, TypicalDuration>;

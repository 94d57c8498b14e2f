import * as z from 'zod';
import { isUnreachable } from '../../aws/aws-errors.ts';
import { elasticacheArn } from '../../aws/elasticache-arns.ts';
import {
  endpointOf,
  membersOf,
  primaryNodeOf,
  readGroup,
  readLoneCluster,
} from '../../aws/elasticache-reader.ts';
import { cache } from '../../plan/components.ts';
import { defineAction } from '../contract.ts';
import { pending, unansweredSeconds } from '../outcomes.ts';

/** Says what ElastiCache knows of a cache, so that later steps can go by it. "Unreachable" is an answer. */
export const action = defineAction({
  kind: 'elasticache.describe',
  summary: 'Reads the status, nodes and endpoint of an ElastiCache cache',
  parameters: z.strictObject({ cache }),
  components: { cache: 'elasticache-replication-group' },
  outputs: {
    status: 'available, modifying, …, or missing, or unreachable',
    primary: 'node that is the primary; empty if unknown',
    zone: 'its zone; empty if unknown',
    nodes: 'number of nodes',
    endpoint: 'host name that follows the primary; empty if unknown',
    automaticFailover: 'enabled, disabled, enabling, disabling, or unknown',
  },
  drill: 'same',
  mutates: false,
  typical: {
    minSeconds: 0.2,
    likelySeconds: 0.5,
    maxSeconds: 12,
    source: 'One read; 12 s where nothing answers',
  },
  failureModes: ['The identifier is the one of a single cache cluster and not of a replication group'],
  permissions: ({ cache: { region, identifier } }) => [
    {
      actions: ['elasticache:DescribeReplicationGroups'],
      resources: [elasticacheArn('replicationgroup', region, identifier)],
    },
    {
      actions: ['elasticache:DescribeCacheClusters'],
      resources: [elasticacheArn('cluster', region, identifier)],
    },
  ],

  async prepare(_context, { cache: { identifier, region } }) {
    return {
      status: 'ready',
      baseline: {},
      evidence: [{ what: `Asks ElastiCache in ${region} for ${identifier}` }],
    };
  },

  async observe(context, { cache: { region, identifier } }) {
    const unknown = { primary: '', zone: '', nodes: 0, endpoint: '', automaticFailover: 'unknown' };
    try {
      const group = await readGroup(context.aws, region, identifier);
      if (group === undefined) {
        const lone = await readLoneCluster(context.aws, region, identifier);
        const what = lone
          ? `${identifier} in ${region} is a single cache cluster (${lone}), not a replication group`
          : `There is no replication group ${identifier} in ${region}`;
        return { status: 'done', outputs: { status: 'missing', ...unknown }, evidence: [{ what }] };
      }
      const primary = primaryNodeOf(group);
      const outputs = {
        status: group.Status ?? 'unknown',
        primary: primary?.CacheClusterId ?? '',
        zone: primary?.PreferredAvailabilityZone ?? '',
        nodes: membersOf(group).length,
        endpoint: endpointOf(group)?.host ?? '',
        automaticFailover: group.AutomaticFailover ?? 'unknown',
      };
      const what = `${identifier} in ${region} is ${outputs.status} with ${outputs.nodes} nodes; its primary is ${outputs.primary || 'unknown'}, automatic failover ${outputs.automaticFailover}`;
      return { status: 'done', outputs, evidence: [{ what, data: outputs }] };
    } catch (error) {
      if (!isUnreachable(error)) throw error;
      const what = `ElastiCache in ${region} does not answer`;
      if (context.elapsedSeconds < unansweredSeconds) return pending(what);
      return { status: 'done', outputs: { status: 'unreachable', ...unknown }, evidence: [{ what }] };
    }
  },
});

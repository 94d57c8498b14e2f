import type { Problem } from '../finding.ts';
import type { CheckContext, LintRule } from '../lint-rule.ts';
import { type Command, commandsIn } from './commands.ts';

export const commandTopology: LintRule = {
  id: 'command-topology',
  severity: 'error',
  reason: 'A command for another topology answers that there is no such thing, in the middle of the outage.',
  check: context => commandsIn(context).flatMap(command => mismatches(context, command)),
};

type Mismatch = { find: string; message: string; mend: string };

function mismatches({ plan }: CheckContext, { line, path, text }: Command): Problem[] {
  const components = Object.values(plan.components);
  const named = (type: string) =>
    components.flatMap(each => (each.type === type && 'identifier' in each ? [each.identifier] : []));
  const has = (type: string) => components.some(each => each.type === type);
  const found: (Mismatch | undefined)[] = [
    clusterCall(line, named('rds-instance')),
    instanceCall(line, named('rds-cluster')),
    /\bpg_promote\s*\(/.test(line) && (has('rds-instance') || has('rds-cluster'))
      ? {
          find: 'pg_promote',
          message: 'pg_promote() is not for RDS, and fails on a writer anywhere',
          mend: 'Use rds.promote-replica for a replica, rds.failover for a Multi-AZ database.',
        }
      : undefined,
    /\b(?:SLAVEOF|REPLICAOF)\s+NO\s+ONE\b/i.test(line) && has('elasticache-replication-group')
      ? {
          find: 'NO ONE',
          message: 'ElastiCache blocks SLAVEOF and REPLICAOF',
          mend: 'Use elasticache.failover; redis.promote is for servers of your own.',
        }
      : undefined,
  ];
  return found.flatMap(mismatch => {
    if (!mismatch) return [];
    const { find, message, mend } = mismatch;
    const place = text.includes(find) ? { find } : {};
    return [{ rule: commandTopology.id, severity: 'error' as const, path, ...place, message, mend }];
  });
}

/** A call for clusters with the name of an instance. */
function clusterCall(line: string, instances: readonly string[]): Mismatch | undefined {
  const [, call, id] =
    /\baws\s+rds\s+(failover-db-cluster|restore-db-cluster-\S+|describe-db-clusters)\b.*?--(?:source-)?db-cluster-identifier[= ](\S+)/.exec(
      line,
    ) ?? [];
  if (call === undefined || id === undefined || !instances.includes(id)) return undefined;
  return {
    find: call,
    message: `${call} answers DBClusterNotFound for "${id}", which is an instance`,
    mend: 'Use rds.failover, which takes the call that fits what RDS says.',
  };
}

function instanceCall(line: string, clusters: readonly string[]): Mismatch | undefined {
  const [, call, id] =
    /\baws\s+rds\s+(restore-db-instance-to-point-in-time|reboot-db-instance|promote-read-replica)\b.*?--(?:source-)?db-instance-identifier[= ](\S+)/.exec(
      line,
    ) ?? [];
  if (call === undefined || id === undefined || !clusters.includes(id)) return undefined;
  return {
    find: call,
    message: `${call} is for instances, and "${id}" is a cluster`,
    mend: 'Use rds.failover or rds.restore-cluster.',
  };
}

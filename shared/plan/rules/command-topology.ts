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

function mismatches({ plan }: CheckContext, { plain: line, path, text, placed }: Command): Problem[] {
  const components = Object.values(plan.components);
  const named = (type: string) =>
    components.flatMap(each => (each.type === type && 'identifier' in each ? [each.identifier] : []));
  const has = (type: string) => components.some(each => each.type === type);
  const isRds = has('rds-instance') || has('rds-cluster');
  const isOwn = has('postgres-server') || has('k8s-statefulset');
  const found: (Mismatch | undefined)[] = [
    clusterCall(line, named('rds-instance')),
    instanceCall(line, named('rds-cluster')),
    podOfNone(line, plan),
    /\b(?:pg_promote\s*\(|pg_ctl\s+promote\b)/i.test(line) && isRds
      ? {
          find: /pg_(?:promote|ctl)/i.exec(line)?.[0] ?? '',
          message: 'pg_promote() is not for RDS, and fails on a writer anywhere',
          mend: 'Use rds.promote-replica for a replica, rds.failover for a Multi-AZ database.',
        }
      : undefined,
    /\bpg_promote\s*\(/i.test(line) && placed?.step.do === 'sql.exec' && !isRds
      ? {
          find: /pg_promote/i.exec(line)?.[0] ?? '',
          message: 'sql.exec begins a transaction that writes, which a server in recovery refuses',
          mend: 'Use sql.promote, which looks at the old writer and measures the loss besides.',
        }
      : undefined,
    /\btimescaledb(?:_\w+)?\b/i.test(line) &&
    /\b(?:select|create\s+extension|alter|drop)\b/i.test(line) &&
    isRds &&
    !isOwn
      ? {
          find: /timescaledb/i.exec(line)?.[0] ?? '',
          message: 'RDS does not offer TimescaleDB, and the databases of this plan are on RDS',
          mend: 'Declare the database as what it is, such as a postgres-server or a k8s-statefulset, or leave this out.',
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
    /\baws\s+rds\s+([a-z]\S+)\s.*?--(?:source-)?db-cluster-identifier[= ]+(\S+)/.exec(line) ?? [];
  if (call === undefined || id === undefined || !instances.includes(id)) return undefined;
  return {
    find: call,
    message: `${call} answers DBClusterNotFound for "${id}", which is an instance`,
    mend: 'Use rds.failover, which takes the call that fits what RDS says.',
  };
}

/** A database or cache in a pod, where the plan has none in pods. */
function podOfNone(line: string, { components }: CheckContext['plan']): Mismatch | undefined {
  const [, pod, set] =
    /\bkubectl\s+exec\b(?:\s+-\S+)*\s+(?:pods?\/)?((\S*(?:postgres|timescale|mysql|maria|redis|mongo)\S*)-\d+)\b/.exec(
      line,
    ) ?? [];
  if (pod === undefined || set === undefined) return undefined;
  const all = Object.values(components);
  if (all.some(each => each.type === 'k8s-statefulset' && each.name === set)) return undefined;
  const managed = all.find(({ type }) =>
    /^(?:rds-(?:instance|cluster)|elasticache-replication-group)$/.test(type),
  );
  if (!managed) return undefined;
  return {
    find: pod,
    message: `The plan has no stateful set "${set}"; its data is in "${managed.id}", of type ${managed.type}`,
    mend: 'Ask that one with sql.query, sql.exec or redis.info, or declare the stateful set that it really is.',
  };
}

function instanceCall(line: string, clusters: readonly string[]): Mismatch | undefined {
  const [, call, id] =
    /\baws\s+rds\s+([a-z]\S+)\s.*?--(?:source-)?db-instance-identifier[= ]+(\S+)/.exec(line) ?? [];
  if (call === undefined || id === undefined || !clusters.includes(id)) return undefined;
  return {
    find: call,
    message: `${call} is for instances, and "${id}" is a cluster`,
    mend: 'Use rds.failover or rds.restore-cluster.',
  };
}

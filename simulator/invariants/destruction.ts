import { runTag } from '../../shared/aws/names.ts';
import type { JsonObject } from '../../shared/json.ts';
import { keptManifestName, runLabel } from '../../shared/kubernetes/object-api.ts';
import { findCluster } from '../kubernetes/cluster.ts';
import { findOne } from '../kubernetes/resources.ts';
import { metadataOf } from '../kubernetes/store.ts';
import { tablesOf } from '../services/dynamodb/tables.ts';
import { firewallsOf } from '../services/ec2/firewalls.ts';
import { elasticacheState } from '../services/elasticache/state.ts';
import type { KubernetesCallInput } from '../services/kubernetes.ts';
import { clusterState } from '../services/rds/clusters.ts';
import { keyOf, rdsState } from '../services/rds/state.ts';
import type { Call, World } from '../world/world.ts';

/** Reports every request to destroy something that does not carry the tag of a run. */
export function watchDestruction(world: World, report: (violation: string | undefined) => void): void {
  const kept = new Set<string>();
  world.onCall(call => {
    noteKept(kept, call);
    if (!/^(Delete|Terminate|Remove|Purge)/.test(call.operation)) return;
    // The records of Lifeboat's own store.
    if (call.service === 'dynamodb' && call.operation === 'DeleteItem') return;
    report(foreign(world, call, kept));
  });
}

function foreign(world: World, call: Call, kept: ReadonlySet<string>): string | undefined {
  const name = `${call.service}.${call.operation}`;
  if (call.service === 'kubernetes') return foreignObject(world, call, kept);
  switch (name) {
    case 'rds.DeleteDBInstance': {
      const id = String(call.input.DBInstanceIdentifier);
      const instance = rdsState(world).instances.get(keyOf(call.region, id));
      const own = instance?.shown.TagList?.some(tag => tag.Key === runTag);
      return instance && !own ? `${name} on ${id}, which no run made` : undefined;
    }
    case 'rds.DeleteDBCluster': {
      const id = String(call.input.DBClusterIdentifier);
      const cluster = clusterState(world).clusters.get(keyOf(call.region, id));
      const own = cluster?.shown.TagList?.some(tag => tag.Key === runTag);
      return cluster && !own ? `${name} on ${id}, which no run made` : undefined;
    }
    // Take a limit away, or end a replication, and nothing else.
    case 'lambda.DeleteFunctionConcurrency':
    case 'elasticfilesystem.DeleteReplicationConfiguration':
      return undefined;
    case 'dynamodb.DeleteTable': {
      const id = String(call.input.TableName);
      const table = tablesOf(world).tables.find(
        one => one.region === call.region && one.name === id && !one.lost,
      );
      const own = table?.tags.some(tag => tag.Key === runTag);
      return table && !own ? `${name} on ${id}, which no run made` : undefined;
    }
    case 'elasticache.DeleteReplicationGroup':
    case 'elasticache.DeleteSnapshot': {
      const id = String(call.input.ReplicationGroupId ?? call.input.SnapshotName);
      const { groups, snapshots } = elasticacheState(world);
      const found = [...groups.values(), ...snapshots].find(
        one => one.region === call.region && one.shown.ARN?.endsWith(`:${id}`),
      );
      const own = found?.tags.some(tag => tag.Key === runTag);
      return found && !own ? `${name} on ${id}, which no run made` : undefined;
    }
    case 'rds.RemoveTagsFromResource': {
      // What takes the live database's place is no run's any more, so that no clean-up can ever delete it.
      const foreignKeys = (call.input.TagKeys as string[]).filter(key => !key.startsWith('lifeboat:'));
      return foreignKeys.length > 0 ? `${name} takes away ${foreignKeys.join(', ')}` : undefined;
    }
    case 'rds.DeleteDBSnapshot': {
      const id = String(call.input.DBSnapshotIdentifier);
      const snapshot = rdsState(world).snapshots.find(
        one => one.region === call.region && one.shown.DBSnapshotIdentifier === id,
      );
      const own = snapshot?.shown.TagList?.some(tag => tag.Key === runTag);
      return snapshot && !own ? `${name} on ${id}, which no run made` : undefined;
    }
    case 's3.DeleteObject': {
      const key = String(call.input.Key);
      const gates = Object.values(world.plan.components).flatMap(component =>
        component.type === 'dns-name' ? [component.gate.key] : [],
      );
      return gates.includes(key) ? undefined : `${name} on ${key}, which is no gate of the plan`;
    }
    case 'autoscaling.TerminateInstanceInAutoScalingGroup': {
      const id = String(call.input.InstanceId);
      return call.input.ShouldDecrementDesiredCapacity === false
        ? undefined
        : `${name} on ${id} without another instance in its place`;
    }
    case 'ec2.DeleteNetworkAclEntry': {
      const { NetworkAclId: id, RuleNumber: number } = call.input;
      const entry = firewallsOf(world)
        .acls.find(acl => acl.id === id && acl.region === call.region)
        ?.entries.find(one => one.RuleNumber === number && one.Egress === call.input.Egress);
      return entry && !entry.ours ? `${name} on rule ${number} of ${id}, which no run made` : undefined;
    }
    default:
      return `${name}: no action is known that may do this`;
  }
}

/** Copies that a run made before it deleted something: manifests in the bucket for reports, Secrets in Secrets Manager. */
function noteKept(kept: Set<string>, { service, operation, input }: Call): void {
  if (service === 's3' && operation === 'PutObject') kept.add(String(input.Key).split('/').at(-1) ?? '');
  if (service === 'secretsmanager' && operation === 'CreateSecret') kept.add(String(input.Name));
}

/** An object of a cluster may go if a run made it, if a controller makes it again, or if its manifest was kept. */
function foreignObject(world: World, call: Call, kept: ReadonlySet<string>): string | undefined {
  const { cluster: name, route } = call.input as KubernetesCallInput;
  const cluster = findCluster(world, name, call.region);
  const found = cluster && findOne(world, cluster, route);
  if (!found) return undefined;
  const { labels } = metadataOf(found.body);
  const owners = (found.body.metadata as JsonObject | undefined)?.ownerReferences;
  const remade = route.kind === 'Pod' && Array.isArray(owners) && owners.length > 0;
  const manifest = keptManifestName({ ...route, kind: String(found.body.kind) });
  const copy = [...kept].some(
    other => other === manifest || other.endsWith(`/${route.namespace}/${route.name}`),
  );
  if (labels[runLabel] !== undefined || remade || copy) return undefined;
  return `kubernetes.${call.operation} on ${route.namespace}/${route.name}, which no run made and no copy is kept of`;
}

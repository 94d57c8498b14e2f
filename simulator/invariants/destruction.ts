import { runTag } from '../../shared/aws/names.ts';
import { clusterState } from '../services/rds/clusters.ts';
import { keyOf, rdsState } from '../services/rds/state.ts';
import type { Call, World } from '../world/world.ts';

/** Reports every request to destroy something that does not carry the tag of a run. */
export function watchDestruction(world: World, report: (violation: string | undefined) => void): void {
  world.onCall(call => {
    if (!/^(Delete|Terminate|Remove|Purge)/.test(call.operation) || call.service === 'dynamodb') return;
    report(foreign(world, call));
  });
}

function foreign(world: World, call: Call): string | undefined {
  const name = `${call.service}.${call.operation}`;
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
    case 's3.DeleteObject': {
      const key = String(call.input.Key);
      const gates = Object.values(world.plan.components).flatMap(component =>
        component.type === 'dns-name' ? [component.gate.key] : [],
      );
      return gates.includes(key) ? undefined : `${name} on ${key}, which is no gate of the plan`;
    }
    default:
      return `${name}: no action is known that may do this`;
  }
}

import { clustersOf } from '../kubernetes/cluster.ts';
import { type Call, SimulatedAwsError, type SimulatedService, type World } from '../world/world.ts';

/** CloudWatch Logs: the audit logs of the simulated clusters, `/aws/eks/<cluster>/cluster`. */
export const service: SimulatedService = {
  name: 'logs',
  operations: { FilterLogEvents: filterEvents },
};

/** What changed in a cluster is what its API server has noted. */
function filterEvents(world: World, { input, region }: Call): unknown {
  const group = String(input.logGroupName);
  const cluster = /^\/aws\/eks\/(.+)\/cluster$/.exec(group)?.[1];
  if (!clustersOf(world).some(({ name, region: where }) => name === cluster && where === region)) {
    throw new SimulatedAwsError('ResourceNotFoundException', 'The specified log group does not exist.');
  }
  const from = Number(input.startTime ?? 0);
  const to = Number(input.endTime ?? world.nowMs());
  const events = world.changes
    .filter(({ resource, atMs }) => resource.includes(`/${cluster}/`) && atMs >= from && atMs <= to)
    .map(({ atMs, resource, what, by }, index) => ({
      eventId: `${atMs}-${index}`,
      logStreamName: 'kube-apiserver-audit',
      timestamp: atMs,
      message: JSON.stringify({
        kind: 'Event',
        verb: 'update',
        user: { username: by },
        objectRef: { resource },
        what,
      }),
    }));
  return { events, searchedLogStreams: [] };
}

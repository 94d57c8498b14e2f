import { parseSecretValues } from '../../shared/aws/secret-json.ts';
import type { HttpRequest } from '../../shared/ports.ts';
import { clustersOf } from '../kubernetes/cluster.ts';
import { secrets } from '../services/secretsmanager/state.ts';
import { componentsOf } from './addresses.ts';
import type { World } from './world.ts';

/**
 * Whether an address that asks for a key lets this request in. What is asked there is a process, which read the key when
 * it started: until its pods are restarted it goes by the old one.
 */
export function letsIn(world: World, { url, headers = {} }: Pick<HttpRequest, 'url' | 'headers'>): boolean {
  const endpoint = componentsOf(world.plan, 'endpoint').find(one => one.url === url && one.guardedBy);
  const { guardedBy, servedBy } = endpoint ?? {};
  if (!guardedBy) return true;
  const declared = componentsOf(world.plan, 'secret').find(({ id }) => id === guardedBy.secret);
  const secret = declared && secrets(world).get(`${declared.region}/${declared.name}`);
  if (!secret) return false;
  const known = startsOf(world, servedBy).map(atMs =>
    atMs < secret.currentSinceMs ? (secret.previous ?? secret.current) : secret.current,
  );
  const versions = known.length === 0 ? [secret.current] : known;
  return versions.some(version => {
    const value = parseSecretValues(secret.versions.get(version) ?? '')?.[guardedBy.key];
    return typeof value === 'string' && Object.values(headers).some(header => header.endsWith(value));
  });
}

/** When the pods that answer there have started: those of a deployment, or those behind a target group. */
function startsOf(world: World, servedBy: string | undefined): number[] {
  const serving = componentsOf(world.plan, 'k8s-deployment').filter(
    ({ id, targetGroup }) => servedBy !== undefined && (id === servedBy || targetGroup === servedBy),
  );
  return clustersOf(world)
    .filter(({ region }) => !world.isLost(region))
    .flatMap(({ deployments }) => deployments)
    .filter(({ component }) => serving.some(({ id }) => id === component))
    .flatMap(({ pods }) => pods.filter(({ ready }) => ready))
    .map(({ startedAtMs }) => startedAtMs ?? Number.NEGATIVE_INFINITY);
}

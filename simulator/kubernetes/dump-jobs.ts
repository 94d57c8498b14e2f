import { createHash } from 'node:crypto';
import { type JsonObject, objectOrEmpty } from '../../shared/json.ts';
import { putObjectInto } from '../services/s3.ts';
import { componentsOf } from '../world/addresses.ts';
import type { World } from '../world/world.ts';
import type { SimulatedCluster } from './cluster.ts';
import { findObject, metadataOf } from './store.ts';

/** Hosts whose data the dumps of Jobs hold, by `<bucket>/<key>`; all others came before the world began. */
export function dumpSources(world: World): Map<string, string> {
  return world.state('dump-sources', () => new Map<string, string>());
}

/** What a Job of a CronJob that dumps a database leaves behind: the file and its manifest in each bucket. */
export function putDumps(world: World, cluster: SimulatedCluster, job: JsonObject, startedAt: Date): void {
  const { namespace } = metadataOf(job);
  for (const { dumps, ...cronjob } of componentsOf(world.plan, 'k8s-cronjob')) {
    if (!dumps || cronjob.namespace !== namespace) continue;
    if (cronjob.cluster !== cluster.name || cronjob.region !== cluster.region) continue;
    const parent = findObject(cluster, 'batch/v1', 'cronjobs', namespace, cronjob.name);
    if (!parent || containersOf(jobTemplate(parent.body)) !== containersOf(job)) continue;
    const servers = [
      ...componentsOf(world.plan, 'postgres-server'),
      ...componentsOf(world.plan, 'mysql-server'),
    ];
    const server = servers.find(({ id }) => id === dumps.database);
    const stamp = startedAt.toISOString().replaceAll(/[-:]/g, '').replace('T', '-').slice(0, 15);
    const key = `${dumps.prefix}${stamp}${dumps.suffix}`;
    for (const bucket of componentsOf(world.plan, 's3-bucket')) {
      if (!dumps.buckets.includes(bucket.id) || world.isLost(bucket.region)) continue;
      if (server) dumpSources(world).set(`${bucket.name}/${key}`, server.host);
      putWithManifest(world, bucket.name, key, startedAt);
    }
  }
}

function putWithManifest(world: World, bucket: string, key: string, startedAt: Date): void {
  const sourceTime = startedAt.toISOString();
  const body = `simulated dump of ${sourceTime}\n`;
  putObjectInto(world, bucket, key, { body });
  const manifest = {
    version: 1,
    system: world.plan.system.id,
    backup: key,
    file: key,
    sourceTime,
    createdAt: world.now().toISOString(),
    bytes: Buffer.byteLength(body),
    sha256: createHash('sha256').update(body).digest('hex'),
    by: 'a Job',
  };
  putObjectInto(world, bucket, `${key}.manifest.json`, { body: JSON.stringify(manifest) });
}

function jobTemplate({ spec }: JsonObject): JsonObject {
  return objectOrEmpty(objectOrEmpty(spec).jobTemplate);
}

/** The containers of a Job or of the template of one, as text to compare. */
function containersOf({ spec }: JsonObject): string {
  const template = objectOrEmpty(objectOrEmpty(spec).template);
  return JSON.stringify(objectOrEmpty(template.spec).containers);
}

import { describe, expect, it } from 'vitest';
import { action as runJob } from '../../../shared/actions/k8s/run.ts';
import { type Plan, planSchema } from '../../../shared/plan/schema.ts';
import { findCluster } from '../../../simulator/kubernetes/cluster.ts';
import { dumpSources } from '../../../simulator/kubernetes/dump-jobs.ts';
import { findObject } from '../../../simulator/kubernetes/store.ts';
import { service as codebuild } from '../../../simulator/services/codebuild.ts';
import { bucketsOf } from '../../../simulator/services/s3/state.ts';
import { readObject } from '../../../simulator/services/s3.ts';
import { componentsOf } from '../../../simulator/world/addresses.ts';
import type { World } from '../../../simulator/world/world.ts';
import { inWorld, type Scene } from '../../support/compute-world.ts';

const primary = 'ap-southeast-2';
const recovery = 'ap-southeast-4';
const placed = { region: recovery, cluster: 'shop-dr', namespace: 'shop' };

/** A system that runs PostgreSQL itself, and whose recovery cluster is made when it is needed. */
function plan(): Plan {
  const server = { type: 'postgres-server', database: 'shop', credentials: 'secret:shop/database' };
  return planSchema.parse({
    lifeboat: 1,
    system: { id: 'shop', title: 'Shop', owner: 'Platform', version: '1', reviewed: '2026-01-06' },
    regions: { primary, recovery },
    objectives: { rto: '4h', rpo: '1h' },
    severities: {},
    components: {
      production: { type: 'eks-cluster', region: primary, name: 'shop' },
      cluster: {
        type: 'eks-cluster',
        region: recovery,
        name: 'shop-dr',
        madeBy: 'infrastructure',
        onDemand: true,
      },
      infrastructure: { type: 'codebuild-project', region: recovery, name: 'shop-infrastructure' },
      nodes: { type: 'eks-nodegroup', region: recovery, cluster: 'shop-dr', name: 'general', standbySize: 2 },
      app: { ...placed, type: 'k8s-deployment', name: 'app', container: 'app', replicas: 2 },
      postgres: {
        type: 'k8s-statefulset',
        region: primary,
        cluster: 'shop',
        namespace: 'shop',
        name: 'postgres',
        container: 'postgres',
        service: 'postgres-service',
      },
      database: { ...server, region: primary, host: 'postgres.shop.internal', writeProbe: 'SELECT 1' },
      nightly: {
        type: 'k8s-cronjob',
        region: primary,
        cluster: 'shop',
        namespace: 'shop',
        name: 'postgres-backup',
        dumps: { database: 'database', buckets: ['dumps'], prefix: 'database/' },
      },
      other: { type: 'k8s-cronjob', region: primary, cluster: 'shop', namespace: 'shop', name: 'cleanup' },
      dumps: {
        type: 's3-bucket',
        region: primary,
        name: 'shop-dumps',
        arrivals: [{ prefix: 'database/', every: '5m', rows: { orders: 7 } }],
      },
    },
    people: {},
    channels: {},
    audiences: {},
    scenarios: {},
  });
}

const inShop = <T>(test: (scene: Scene) => Promise<T>) => inWorld(test, { plan: plan() });

async function build({ world, wait }: Scene, variables: Record<string, string>): Promise<void> {
  const environmentVariablesOverride = Object.entries(variables).map(([name, value]) => ({ name, value }));
  const input = { projectName: 'shop-infrastructure', environmentVariablesOverride };
  await codebuild.operations.StartBuild?.(world, {
    service: 'codebuild',
    operation: 'StartBuild',
    region: recovery,
    input,
  });
  await wait(1200);
}

const manifestsOf = (world: World) =>
  [...(bucketsOf(world).get('shop-dumps')?.objects.keys() ?? [])].filter(key =>
    key.endsWith('.manifest.json'),
  );

const dump = (scene: Scene, name: string) => {
  const components = scene.world.plan.components;
  const cronjob = componentsOf(scene.world.plan, 'k8s-cronjob').find(({ id }) => id === name);
  const cluster = { ...components.production, id: 'production' };
  const given = runJob.parameters.parse({ cluster, namespace: 'shop', name: 'emergency', cronjob });
  return scene.drive(
    (async () => {
      const prepared = await runJob.prepare(scene.context, given);
      if (prepared.status !== 'ready') throw new Error(JSON.stringify(prepared));
      await runJob.act?.(scene.context, given, prepared.baseline);
    })(),
  );
};

describe('a cluster on demand', () => {
  it('is made with its nodes by the build of its project, and taken away by one that says so', () =>
    inShop(async scene => {
      const { world } = scene;
      expect(findCluster(world, 'shop-dr', recovery)).toBeUndefined();
      await build(scene, { CLUSTER: 'shop-dr' });
      expect(findCluster(world, 'shop-dr', recovery)).toMatchObject({
        nodes: [{ ready: true }, { ready: true }],
        deployments: [],
      });
      await build(scene, { ACTION: 'delete' });
      expect(findCluster(world, 'shop-dr', recovery)).toBeUndefined();
    }));
});

describe('a Job of a CronJob that dumps', () => {
  it('leaves a dump of its own moment and its manifest', () =>
    inShop(async scene => {
      const before = manifestsOf(scene.world);
      await dump(scene, 'nightly');
      await scene.wait(300);
      const [made, ...more] = manifestsOf(scene.world).filter(key => !before.includes(key));
      expect(more).toEqual([]);
      const manifest = JSON.parse(readObject(scene.world, 'shop-dumps', made ?? '') ?? '{}');
      expect(manifest.sourceTime).toMatch(/^2026-03-10T16:4/);
      expect(dumpSources(scene.world).get(`shop-dumps/${manifest.file}`)).toBe('postgres.shop.internal');
    }));

  it('is not every Job of the namespace', () =>
    inShop(async scene => {
      const before = manifestsOf(scene.world);
      await dump(scene, 'other');
      await scene.wait(300);
      expect(manifestsOf(scene.world)).toEqual(before);
    }));
});

it('dumps that come every five minutes hold data that is a few minutes old, with the rows of the plan', () =>
  inShop(async ({ world }) => {
    const newest = manifestsOf(world).sort().at(-1) ?? '';
    expect(JSON.parse(readObject(world, 'shop-dumps', newest) ?? '{}')).toMatchObject({
      sourceTime: '2026-03-10T16:37:30.000Z',
      rows: { orders: 7 },
    });
  }));

it('a stateful set has the Service that the plan names', () =>
  inShop(async ({ world }) => {
    const cluster = findCluster(world, 'shop', primary);
    const service = cluster && findObject(cluster, 'v1', 'services', 'shop', 'postgres-service');
    expect(service?.body).toMatchObject({ spec: { selector: { app: 'postgres' } } });
  }));

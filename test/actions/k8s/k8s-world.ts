import type { Action, ActionContext, Observation, Preparation } from '../../../shared/actions/contract.ts';
import { createSecretReader } from '../../../shared/aws/secret-reader.ts';
import type { JsonObject } from '../../../shared/json.ts';
import { type Plan, planSchema } from '../../../shared/plan/schema.ts';
import { watchDestruction } from '../../../simulator/invariants/destruction.ts';
import { connectPods } from '../../../simulator/kubernetes/arrange.ts';
import {
  findCluster,
  type SimulatedCluster,
  type SimulatedDeployment,
} from '../../../simulator/kubernetes/cluster.ts';
import { serveClusterDatabases } from '../../../simulator/kubernetes/cluster-databases.ts';
import { findObject } from '../../../simulator/kubernetes/store.ts';
import { putSecret } from '../../../simulator/services/secretsmanager.ts';
import { inWorld, run, type Scene } from '../../support/compute-world.ts';

const region = 'ap-southeast-4';
const placed = { region, cluster: 'shop-dr', namespace: 'shop' };
const good = 'registry.example/shop@sha256:1111111111111111111111111111111111111111111111111111111111111111';

/** A recovery side that serves: an application, its worker, a database of its own, Secrets, a CronJob. */
export const parts = {
  cluster: { id: 'cluster', type: 'eks-cluster', region, name: 'shop-dr' },
  primaryCluster: {
    id: 'primary-cluster',
    type: 'eks-cluster',
    region: 'ap-southeast-2',
    name: 'shop-production',
  },
  nodes: { id: 'nodes', type: 'eks-nodegroup', region, cluster: 'shop-dr', name: 'general', standbySize: 4 },
  app: {
    ...placed,
    id: 'app',
    type: 'k8s-deployment',
    name: 'shop-app',
    container: 'app',
    image: good,
    replicas: 2,
    uses: ['keys'],
  },
  primaryApp: {
    id: 'primary-app',
    type: 'k8s-deployment',
    region: 'ap-southeast-2',
    cluster: 'shop-production',
    namespace: 'shop',
    name: 'shop-app',
    container: 'app',
    image: good,
    uses: ['keys'],
  },
  database: {
    ...placed,
    id: 'database',
    type: 'k8s-statefulset',
    name: 'timescaledb',
    container: 'postgres',
    image: 'timescale/timescaledb:2.17',
    replicas: 1,
    uses: [],
    database: {
      host: 'timescaledb.shop.svc.cluster.local',
      name: 'shop',
      credentials: 'secret:shop/database#url',
      writeProbe: 'SELECT 1',
    },
  },
  keys: { ...placed, id: 'keys', type: 'k8s-secret', name: 'shop-keys', keys: ['API_KEY'] },
  cleanup: { ...placed, id: 'cleanup', type: 'k8s-cronjob', name: 'cleanup' },
  ingress: { ...placed, id: 'ingress', type: 'k8s-ingress', name: 'shop' },
  namespace: {
    id: 'namespace',
    type: 'k8s-namespace',
    region,
    cluster: 'shop-dr',
    name: 'shop',
    veleroSchedule: 'nightly',
  },
} as const;

const exec = [
  { command: 'node check.js', output: 'all rows are consistent\n' },
  { command: 'node fail.js', exitCode: 3, output: 'two rows differ' },
  { command: 'node slow.js', takes: '10m' },
];

function plan(): Plan {
  return planSchema.parse({
    lifeboat: 1,
    system: { id: 'shop', title: 'Shop', owner: 'Platform', version: '1', reviewed: '2026-01-06' },
    regions: { primary: 'ap-southeast-2', recovery: region },
    objectives: { rto: '4h', rpo: '1h' },
    severities: {},
    components: Object.fromEntries(Object.values(parts).map(part => [part.id, part])),
    people: {},
    channels: {},
    audiences: {},
    scenarios: {},
    rehearsal: { exec },
  });
}

export type K8sScene = Scene & {
  cluster: SimulatedCluster;
  /** Deletions that no rule allows; has to stay empty. */
  destroyed: string[];
  workload(name: string): SimulatedDeployment;
  object(apiVersion: string, plural: string, name: string): JsonObject | undefined;
};

/** Runs a test on the recovery side, with the run in the given mode. */
export function inCluster<T>(
  test: (scene: K8sScene) => Promise<T>,
  options: Parameters<typeof inWorld>[1] & { mode?: typeof run.mode } = {},
): Promise<T> {
  return inWorld(
    async scene => {
      const { world } = scene;
      serveClusterDatabases(world);
      connectPods(world);
      putSecret(world, region, 'shop/keys', '{"API_KEY":"second","EXTRA":"more"}');
      const cluster = findCluster(world, 'shop-dr', region);
      if (!cluster) throw new Error('no cluster');
      const destroyed: string[] = [];
      watchDestruction(world, violation => violation !== undefined && destroyed.push(violation));
      const context: ActionContext = {
        ...scene.context,
        run: { ...run, mode: options.mode ?? 'recover' },
        secret: createSecretReader(scene.context.aws),
      };
      const workload = (name: string) => {
        const found = cluster.deployments.find(deployment => deployment.name === name);
        if (!found) throw new Error(`no workload ${name}`);
        return found;
      };
      const object = (apiVersion: string, plural: string, name: string) =>
        (
          findObject(cluster, apiVersion, plural, 'shop', name) ??
          findObject(cluster, apiVersion, plural, '', name)
        )?.body;
      const answer = await test({ ...scene, context, cluster, destroyed, workload, object });
      if (destroyed.length > 0) throw new Error(destroyed.join('\n'));
      return answer;
    },
    { plan: plan(), ...options },
  );
}

/** Parameters as a step's are after they were parsed. */
export const given = (action: Action, parameters: object) => action.parameters.parse(parameters) as never;

export function prepare(scene: K8sScene, action: Action, parameters: object): Promise<Preparation> {
  return scene.drive(action.prepare(scene.context, given(action, parameters)));
}

/** What a refusal says, in one text. */
export async function refusalOf(scene: K8sScene, action: Action, parameters: object): Promise<string> {
  const preparation = await prepare(scene, action, parameters);
  if (preparation.status !== 'refused') throw new Error(`not refused: ${JSON.stringify(preparation)}`);
  return preparation.reasons.map(({ what, mend }) => `${what} ${mend}`).join(' ');
}

/** Prepares and acts once; the baseline is for observe and undo. */
export async function begin(scene: K8sScene, action: Action, parameters: object): Promise<JsonObject> {
  const preparation = await prepare(scene, action, parameters);
  if (preparation.status !== 'ready') throw new Error(`not ready: ${JSON.stringify(preparation)}`);
  const { baseline } = preparation;
  await scene.drive(Promise.resolve(action.act?.(scene.context, given(action, parameters), baseline)));
  return baseline;
}

/** Prepares, acts (again after a reply that was lost), and observes every five seconds until it is no longer pending. */
export async function perform(
  scene: K8sScene,
  action: Action,
  parameters: object,
  options: { lostReplies?: number } = {},
): Promise<{ seen: Exclude<Observation, { status: 'pending' }>; baseline: JsonObject; notes: string[] }> {
  const preparation = await prepare(scene, action, parameters);
  if (preparation.status !== 'ready') throw new Error(`not ready: ${JSON.stringify(preparation)}`);
  const { baseline } = preparation;
  const input = given(action, parameters);
  let lost = options.lostReplies ?? 0;
  for (;;) {
    try {
      await scene.drive(Promise.resolve(action.act?.(scene.context, input, baseline)));
      break;
    } catch (error) {
      if (lost === 0) throw error;
      lost -= 1;
    }
  }
  const notes: string[] = [];
  for (let looks = 0; looks < 1000; looks++) {
    const context = { ...scene.context, elapsedSeconds: looks * 5 };
    const seen = await scene.drive(action.observe(context, input, baseline));
    if (seen.status !== 'pending') return { seen, baseline, notes };
    notes.push(seen.note);
    await scene.wait(5);
  }
  throw new Error(`still pending: ${notes.at(-1)}`);
}

/** Undoes until it is done, and says how often it was called. */
export async function undo(
  scene: K8sScene,
  action: Action,
  parameters: object,
  baseline: JsonObject,
): Promise<Observation> {
  for (let calls = 0; calls < 200; calls++) {
    const work = action.undo?.(scene.context, given(action, parameters), baseline, {});
    const seen = await scene.drive(Promise.resolve(work));
    if (!seen) throw new Error('there is no undo');
    if (seen.status !== 'pending') return seen;
    await scene.wait(5);
  }
  throw new Error('still undoing');
}

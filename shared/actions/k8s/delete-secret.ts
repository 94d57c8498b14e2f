import * as z from 'zod';
import { keepSecret, keptSecretPermission, readKeptSecret } from '../../aws/kept-secrets.ts';
import type { JsonObject } from '../../json.ts';
import {
  cleanManifest,
  createObject,
  deleteObject,
  listObjects,
  readObject,
} from '../../kubernetes/object-api.ts';
import { readsSecret, secretRef, secretSchema } from '../../kubernetes/secrets.ts';
import { k8sSecret } from '../../plan/components.ts';
import { type ActionContext, defineAction, type Reason } from '../contract.ts';
import { refuseProductionInDrill } from '../drill-guard.ts';
import { recordChange, refused } from '../k8s-object.ts';
import { clusterPermission } from '../k8s-permission.ts';

const parameters = z.strictObject({
  secret: k8sSecret,
  evenIfUsed: z
    .boolean()
    .default(false)
    .meta({ description: 'Delete it although workloads read it: their new pods will not start' }),
});
type Parameters = z.output<typeof parameters>;

/** Types that something other than the application needs; without them releases, certificates or pulls break. */
const closedTypes = [
  'helm.sh/release.v1',
  'kubernetes.io/service-account-token',
  'kubernetes.io/tls',
  'kubernetes.io/dockerconfigjson',
  'bootstrap.kubernetes.io/token',
];

/**
 * Deletes one named Secret, after an encrypted copy was made in Secrets Manager. It is refused while workloads read the
 * Secret, since their next pods would not start. Deleting it revokes nothing: the values work until their issuer has
 * other ones (secrets.rotate).
 *
 * In the cluster the function's role needs: `get`, `delete` and, for undo, `create` on this Secret, and `list` on
 * deployments, statefulsets, daemonsets and cronjobs of the namespace.
 */
export const action = defineAction({
  kind: 'k8s.delete-secret',
  summary: 'Deletes a Kubernetes Secret and keeps an encrypted copy',
  parameters,
  components: { secret: 'k8s-secret' },
  outputs: { copy: 'Name of the copy in Secrets Manager' },
  drill: 'isolated',
  mutates: true,
  typical: { minSeconds: 1, likelySeconds: 2, maxSeconds: 20, source: 'Some requests' },
  failureModes: [
    'The leaked values still work at their issuer',
    'New pods do not start, and running pods keep the values',
    'An operator makes the Secret again at once',
  ],
  permissions: ({ secret }) => [
    clusterPermission(secret.cluster, secret.region),
    keptSecretPermission(secret.region),
  ],

  async prepare(context, given) {
    const { secret, evenIfUsed } = given;
    const drill = refuseProductionInDrill(context, secret.region, `Secret ${secret.name}`);
    if (drill) return drill;
    const found = await readObject(context, secret, secretRef(secret));
    if (!found) {
      const what = `There is no Secret ${secret.name} in namespace ${secret.namespace}`;
      return { status: 'already-done', baseline: {}, outputs: { copy: '' }, evidence: [{ what }] };
    }
    const { type } = secretSchema.parse(found);
    if (closedTypes.includes(type)) return refused(neededElsewhere(given, type));
    const readers = await readersOf(context, given);
    if (readers.length > 0 && !evenIfUsed) return refused(stillRead(given, readers));
    const warning = readers.length > 0 ? `; ${readers.join(', ')} read it and will start no new pods` : '';
    return {
      status: 'ready',
      baseline: {},
      evidence: [{ what: `Secret ${secret.name} will be deleted${warning}`, data: { readers } }],
    };
  },

  async act(context, { secret }) {
    const ref = secretRef(secret);
    const found = await readObject(context, secret, ref);
    if (!found) return;
    const copy = JSON.stringify(cleanManifest(found));
    await keepSecret(context, secret.region, keptName(secret), copy);
    await recordChange(
      context,
      secret,
      'Delete',
      ref,
      `Secret ${secret.name} deleted; a copy is kept, encrypted`,
    );
    await deleteObject(context, secret, ref);
  },

  async observe(context, { secret }) {
    if (await readObject(context, secret, secretRef(secret))) {
      return { status: 'pending', note: `Secret ${secret.name} is still there` };
    }
    const copy = `lifeboat/kept/${context.run.id}/${context.step.id}/${keptName(secret)}`;
    const what = `Secret ${secret.name} is deleted; running pods keep its values, and the values themselves still work at their issuer`;
    return { status: 'done', outputs: { copy }, evidence: [{ what, data: { copy } }] };
  },

  async undo(context, { secret }) {
    const ref = secretRef(secret);
    if (await readObject(context, secret, ref)) {
      return { status: 'done', outputs: {}, evidence: [{ what: `Secret ${secret.name} is there` }] };
    }
    const kept = await readKeptSecret(context, secret.region, keptName(secret));
    if (kept === undefined) return { status: 'done', outputs: {}, evidence: [] };
    await recordChange(context, secret, 'Create', ref, `Secret ${secret.name} made again from its copy`);
    await createObject(context, secret, JSON.parse(kept) as JsonObject);
    return { status: 'pending', note: `making Secret ${secret.name} again` };
  },
});

const keptName = ({ namespace, name }: Parameters['secret']) => `${namespace}/${name}`;

const readerKinds = [
  ['apps/v1', 'Deployment'],
  ['apps/v1', 'StatefulSet'],
  ['apps/v1', 'DaemonSet'],
  ['batch/v1', 'CronJob'],
] as const;

async function readersOf(context: ActionContext, { secret }: Parameters): Promise<string[]> {
  const readers: string[] = [];
  for (const [apiVersion, kind] of readerKinds) {
    const objects = await listObjects(context, secret, { apiVersion, kind, namespace: secret.namespace });
    for (const object of objects ?? []) {
      if (!readsSecret(object, secret.name)) continue;
      readers.push(`${kind} ${(object.metadata as { name?: string }).name}`);
    }
  }
  return readers;
}

function neededElsewhere({ secret }: Parameters, type: string): Reason {
  return {
    what: `Secret ${secret.name} is of the type ${type}, which is no credential of the application.`,
    mend: 'Replace it where it comes from (cert-manager, Helm, the registry) instead of deleting it.',
  };
}

function stillRead({ secret }: Parameters, readers: string[]): Reason {
  return {
    what: `${readers.join(', ')} read Secret ${secret.name}, so no new pod of theirs would start.`,
    mend: 'Replace the values with k8s.create-secret and restart the pods; set evenIfUsed if it must go all the same.',
  };
}

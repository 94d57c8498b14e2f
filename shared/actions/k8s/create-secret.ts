import * as z from 'zod';
import { keepSecret, keptSecretPermission, readKeptSecret } from '../../aws/kept-secrets.ts';
import { parseSecretValues } from '../../aws/secret-json.ts';
import { secretReadPermission } from '../../aws/secret-reference.ts';
import { InvalidInputError } from '../../errors.ts';
import type { JsonObject } from '../../json.ts';
import {
  applyObject,
  deleteObject,
  labelsOf,
  readObject,
  replaceObject,
  runLabel,
} from '../../kubernetes/object-api.ts';
import { digestOf, encode, secretRef, secretSchema } from '../../kubernetes/secrets.ts';
import { secretReference } from '../../plan/components/base.ts';
import { k8sSecret } from '../../plan/components.ts';
import { type ActionContext, defineAction } from '../contract.ts';
import { refuseProductionInDrill } from '../drill-guard.ts';
import { recordChange, refused } from '../k8s-object.ts';
import { clusterPermission } from '../k8s-permission.ts';

const parameters = z
  .strictObject({
    secret: k8sSecret,
    from: secretReference.optional().meta({ description: 'A JSON secret whose keys become the keys' }),
    values: z
      .record(z.string(), secretReference)
      .optional()
      .meta({ description: 'A reference for each key, such as DATABASE_URL: secret:shop/database#url' }),
    type: z.string().default('Opaque'),
  })
  .refine(({ from, values }) => (from === undefined) !== (values === undefined), 'either from or values');
type Parameters = z.output<typeof parameters>;

const baselineSchema = z.object({ existed: z.boolean() });
const keptSchema = z.object({ type: z.string(), data: z.record(z.string(), z.string()) });
/** After this long an applied Secret must show. */
const visibleWithinSeconds = 60;

/**
 * Makes a Secret, or replaces its values, from Secrets Manager or Parameter Store. Values are in memory only; what the
 * Secret held before is kept encrypted in Secrets Manager, and undo brings it back. Running pods keep the old values
 * until they are restarted (k8s.rollout-restart).
 *
 * In the cluster the function's role needs: `get`, `create`, `patch`, `update` and, for undo, `delete` on this Secret.
 */
export const action = defineAction({
  kind: 'k8s.create-secret',
  summary: 'Makes or replaces a Kubernetes Secret from Secrets Manager',
  parameters,
  components: { secret: 'k8s-secret' },
  outputs: { version: 'resourceVersion that was read back', keys: 'Names of its keys' },
  drill: 'isolated',
  mutates: true,
  typical: { minSeconds: 1, likelySeconds: 2, maxSeconds: 20, source: 'Three requests' },
  failureModes: [
    'Pods keep the old values until they are restarted',
    'A key that a pod needs is missing, so the pod does not start',
    'The Secret is immutable, or an operator (External Secrets) writes it again',
    'The reference can not be read in this region',
  ],
  permissions: ({ secret, from, values = {} }) => [
    clusterPermission(secret.cluster, secret.region),
    ...[...new Set([...(from ? [from] : []), ...Object.values(values)])].map(reference =>
      secretReadPermission(reference, secret.region),
    ),
    keptSecretPermission(secret.region),
  ],

  async prepare(context, given) {
    const { secret } = given;
    const drill = refuseProductionInDrill(context, secret.region, `Secret ${secret.name}`);
    if (drill) return drill;
    const wanted = await wantedData(context, given);
    const missing = (secret.keys ?? []).filter(key => !(key in wanted));
    if (missing.length > 0) {
      return refused({
        what: `Consumers of Secret ${secret.name} read ${missing.join(', ')}, which it would not have.`,
        mend: 'Add the keys to the secret in Secrets Manager or to "values" in the plan, then retry.',
      });
    }
    const found = await readObject(context, secret, secretRef(secret));
    const now = found && secretSchema.parse(found);
    const keys = Object.keys(wanted).sort();
    if (now && digestOf(now.data) === digestOf(wanted)) {
      const outputs = { version: now.metadata.resourceVersion, keys };
      const what = `Secret ${secret.name} holds the wanted values already, in version ${outputs.version}`;
      return { status: 'already-done', baseline: { existed: true }, outputs, evidence: [{ what }] };
    }
    if (now?.immutable) {
      return refused({
        what: `Secret ${secret.name} is immutable.`,
        mend: 'Delete it with k8s.delete-secret before this step.',
      });
    }
    const what = `Secret ${secret.name} will ${now ? 'be replaced' : 'be made'}, with the keys ${keys.join(', ')}`;
    return { status: 'ready', baseline: { existed: now !== undefined }, evidence: [{ what }] };
  },

  async act(context, given, baseline) {
    const { secret, type } = given;
    const wanted = await wantedData(context, given);
    const found = await readObject(context, secret, secretRef(secret));
    const now = found && secretSchema.parse(found);
    if (now && digestOf(now.data) === digestOf(wanted)) return;
    if (now && baselineSchema.parse(baseline).existed) {
      const before = JSON.stringify({ type: now.type, data: now.data });
      await keepSecret(context, secret.region, keptName(given), before);
    }
    const what = `Secret ${secret.name} ${now ? 'replaced' : 'made'}: ${Object.keys(wanted).sort().join(', ')}`;
    await recordChange(context, secret, 'Apply', secretRef(secret), what);
    const { apiVersion, kind, namespace, name } = secretRef(secret);
    const metadata = { name, namespace, labels: { [runLabel]: context.run.id } } as JsonObject;
    const body = { apiVersion, kind, metadata, type: now?.type ?? type, data: wanted };
    // A replacement drops keys that are no longer wanted; server-side apply would leave those of other managers.
    if (now) await replaceObject(context, secret, body);
    else await applyObject(context, secret, body);
  },

  async observe(context, given) {
    const { secret } = given;
    const found = await readObject(context, secret, secretRef(secret));
    const now = found && secretSchema.parse(found);
    const wanted = await wantedData(context, given);
    if (!now || digestOf(now.data) !== digestOf(wanted)) {
      if (context.elapsedSeconds < visibleWithinSeconds) {
        return { status: 'pending', note: 'the cluster does not show the new values yet' };
      }
      const mend =
        'Look whether an operator such as External Secrets or a pipeline writes it; stop it, then retry.';
      const what = `Secret ${secret.name} does not hold what was written into it.`;
      return { status: 'failed', reasons: [{ what, mend }], evidence: [] };
    }
    const outputs = { version: now.metadata.resourceVersion, keys: Object.keys(now.data).sort() };
    const what = `Secret ${secret.name} was read back in version ${outputs.version}; running pods have the old values until they are restarted`;
    return { status: 'done', outputs, evidence: [{ what, data: outputs }] };
  },

  async undo(context, given, baseline) {
    const { secret } = given;
    const ref = secretRef(secret);
    const found = await readObject(context, secret, ref);
    if (!baselineSchema.parse(baseline).existed) {
      if (!found || labelsOf(found)[runLabel] !== context.run.id) {
        return { status: 'done', outputs: {}, evidence: [{ what: `Secret ${secret.name} is gone` }] };
      }
      await recordChange(
        context,
        secret,
        'Delete',
        ref,
        `Secret ${secret.name}, which this run made, deleted`,
      );
      await deleteObject(context, secret, ref);
      return { status: 'pending', note: `Secret ${secret.name} is being deleted` };
    }
    const kept = await readKeptSecret(context, secret.region, keptName(given));
    const before = kept === undefined ? undefined : keptSchema.parse(JSON.parse(kept));
    const now = found && secretSchema.parse(found);
    if (!before || (now && digestOf(now.data) === digestOf(before.data))) {
      const what = `Secret ${secret.name} holds what it held before`;
      return { status: 'done', outputs: {}, evidence: [{ what }] };
    }
    await recordChange(context, secret, 'Replace', ref, `Secret ${secret.name} put back as it was`);
    const { apiVersion, kind, namespace, name } = ref;
    const metadata = { name, namespace } as JsonObject;
    const body = { apiVersion, kind, metadata, ...before };
    if (now) await replaceObject(context, secret, body);
    else await applyObject(context, secret, body);
    return { status: 'pending', note: 'putting the values from before back' };
  },
});

const keptName = ({ secret }: Parameters) => `${secret.namespace}/${secret.name}`;

/** Keys with their values in base64. Read anew in every call, so that no value is ever stored. */
async function wantedData(
  context: ActionContext,
  { secret, from, values }: Parameters,
): Promise<Record<string, string>> {
  if (from !== undefined) {
    const parsed = parseSecretValues(await context.secret(from, secret.region));
    const texts = Object.entries(parsed ?? {}).map(([key, value]) => [key, String(value ?? '')]);
    if (texts.length > 0) return encode(Object.fromEntries(texts));
    throw new InvalidInputError(`The value behind "${from}" is no JSON object of texts`, {
      nextStep: 'Name a key for each value under "values" instead.',
    });
  }
  const read = await Promise.all(
    Object.entries(values ?? {}).map(
      async ([key, reference]) => [key, await context.secret(reference, secret.region)] as const,
    ),
  );
  return encode(Object.fromEntries(read));
}

import { createHash } from 'node:crypto';
import {
  DescribeSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager';
import * as z from 'zod';
import { isNotFound, request } from '../../aws/aws-errors.ts';
import { changedKeys, mergeSecret, missingKeys, parseSecretValues } from '../../aws/secret-json.ts';
import {
  absent,
  beingDeleted,
  changedSince,
  isReplica,
  missingKey,
  notJson,
} from '../../aws/secret-reasons.ts';
import { secretArn } from '../../aws/secret-reference.ts';
import { StepFailedError } from '../../errors.ts';
import { type ComponentOf, secret } from '../../plan/components.ts';
import { type ActionContext, defineAction, type Reason } from '../contract.ts';

type Secret = ComponentOf<'secret'>;

const parameters = z.object({
  secret,
  /** Keys to set. `{{key}}` stands for another key of the secret; see `mergeSecret`. */
  values: z.record(z.string(), z.string()),
});
const baselineSchema = z.object({ previousVersionId: z.string() });

/**
 * Sets keys of a JSON secret and leaves the others as they are. Values are never logged, recorded or put into an
 * error; evidence names keys and versions only.
 */
export const action = defineAction({
  kind: 'secrets.put-value',
  summary: 'Writes values, such as a new endpoint, into the secret that the application reads',
  parameters,
  components: { secret: 'secret' },
  outputs: { versionId: 'version of the secret that holds the values' },
  drill: 'isolated',
  mutates: true,
  typical: { minSeconds: 1, likelySeconds: 2, maxSeconds: 10, source: 'two requests' },
  failureModes: [
    'The secret in the recovery region is a replica, which can only be read',
    'The secret is not JSON, or waits to be deleted',
    'Running pods keep the old value until they are restarted',
    'A rotation overwrites the value',
  ],
  contradictions: ({ secret: target }) =>
    target.replicaOf === undefined
      ? []
      : [
          {
            what: `${target.id} is a replica of ${target.replicaOf}, and a replica can only be read`,
            mend: 'Give the recovery side a secret of its own, without "replicaOf", and let the application there read that.',
          },
        ],
  permissions: ({ secret: { name, region } }) => [
    {
      actions: [
        'secretsmanager:DescribeSecret',
        'secretsmanager:GetSecretValue',
        'secretsmanager:PutSecretValue',
        'secretsmanager:UpdateSecretVersionStage',
      ],
      resources: [secretArn(name, region)],
    },
  ],

  async prepare(context, { secret: target, values }) {
    const found = await read(context, target);
    if ('reasons' in found) return { status: 'refused', reasons: found.reasons, evidence: [] };
    const { current, versionId } = found;
    const unknown = missingKeys(current, values);
    if (unknown.length > 0) {
      return {
        status: 'refused',
        reasons: unknown.map(key => missingKey(target, key)),
        evidence: [],
      };
    }
    const keys = changedKeys(current, mergeSecret(current, values));
    const baseline = { previousVersionId: versionId };
    if (keys.length === 0) {
      return {
        status: 'already-done',
        baseline,
        outputs: { versionId },
        evidence: [{ what: `${target.name} holds the values already, in version ${versionId}` }],
      };
    }
    return {
      status: 'ready',
      baseline,
      evidence: [{ what: `${target.name} will change in: ${keys.join(', ')}`, data: { keys, versionId } }],
    };
  },

  async act(context, { secret: target, values }, baseline) {
    const found = await read(context, target);
    if ('reasons' in found) throw unreadable(found.reasons);
    const merged = mergeSecret(found.current, values);
    const keys = changedKeys(found.current, merged);
    if (keys.length === 0) return;
    const { previousVersionId } = baselineSchema.parse(baseline);
    await context.changed({
      call: 'secretsmanager.PutSecretValue',
      region: target.region,
      resource: target.name,
      what: `New values for: ${keys.join(', ')}`,
    });
    await request({ call: 'secretsmanager.PutSecretValue', region: target.region }, () =>
      context.aws.client(SecretsManagerClient, target.region).send(
        new PutSecretValueCommand({
          SecretId: target.name,
          SecretString: JSON.stringify(merged),
          ClientRequestToken: requestToken(context, previousVersionId, values),
        }),
      ),
    );
  },

  async observe(context, { secret: target, values }) {
    const found = await read(context, target);
    if ('reasons' in found) return { status: 'failed', reasons: found.reasons, evidence: [] };
    const keys = changedKeys(found.current, mergeSecret(found.current, values));
    if (keys.length > 0) {
      return { status: 'pending', note: `${target.name} does not hold yet: ${keys.join(', ')}` };
    }
    const { versionId } = found;
    return {
      status: 'done',
      outputs: { versionId },
      evidence: [
        {
          what: `${target.name} in ${target.region} holds the values of ${Object.keys(values).join(', ')} (version ${versionId}, AWSCURRENT)`,
        },
      ],
    };
  },

  async undo(context, { secret: target, values }, baseline) {
    const { previousVersionId } = baselineSchema.parse(baseline);
    const found = await read(context, target);
    if ('reasons' in found) return { status: 'failed', reasons: found.reasons, evidence: [] };
    if (found.versionId === previousVersionId) {
      const what = `${target.name} holds version ${previousVersionId} again`;
      return { status: 'done', outputs: { versionId: previousVersionId }, evidence: [{ what }] };
    }
    if (found.versionId !== requestToken(context, previousVersionId, values)) {
      return { status: 'failed', reasons: [changedSince(target, found.versionId)], evidence: [] };
    }
    await context.changed({
      call: 'secretsmanager.UpdateSecretVersionStage',
      region: target.region,
      resource: target.name,
      what: `Back to version ${previousVersionId}`,
    });
    await request({ call: 'secretsmanager.UpdateSecretVersionStage', region: target.region }, () =>
      context.aws.client(SecretsManagerClient, target.region).send(
        new UpdateSecretVersionStageCommand({
          SecretId: target.name,
          VersionStage: 'AWSCURRENT',
          MoveToVersionId: previousVersionId,
          RemoveFromVersionId: found.versionId,
        }),
      ),
    );
    return { status: 'pending', note: `${target.name} goes back to version ${previousVersionId}` };
  },
});

type Found =
  | { current: NonNullable<ReturnType<typeof parseSecretValues>>; versionId: string }
  | { reasons: Reason[] };

/** The current version, or everything that keeps it from being changed. */
async function read(context: ActionContext, target: Secret): Promise<Found> {
  const { name, region } = target;
  const client = context.aws.client(SecretsManagerClient, region);
  try {
    const description = await request({ call: 'secretsmanager.DescribeSecret', region }, () =>
      client.send(new DescribeSecretCommand({ SecretId: name })),
    );
    if (description.DeletedDate !== undefined) return { reasons: [beingDeleted(target)] };
    const primary = description.PrimaryRegion;
    if (primary !== undefined && primary !== region) return { reasons: [isReplica(target, primary)] };
    const reply = await request({ call: 'secretsmanager.GetSecretValue', region }, () =>
      client.send(new GetSecretValueCommand({ SecretId: name, VersionStage: 'AWSCURRENT' })),
    );
    const current = parseSecretValues(reply.SecretString);
    if (current === undefined || reply.VersionId === undefined) return { reasons: [notJson(target)] };
    return { current, versionId: reply.VersionId };
  } catch (error) {
    if (isNotFound(error, 'ResourceNotFoundException')) return { reasons: [absent(target)] };
    throw error;
  }
}

/**
 * A UUID that is the same for the same change of the same step, so that a repeated request makes no second version.
 * It becomes the version's id. It is made from what the plan puts in, never from what the secret holds.
 */
function requestToken(
  { run, step }: ActionContext,
  previousVersionId: string,
  values: Record<string, string>,
): string {
  const entries = Object.entries(values).sort(([a], [b]) => (a < b ? -1 : 1));
  const text = JSON.stringify([run.id, step.id, previousVersionId, entries]);
  const hex = createHash('sha256').update(text).digest('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join(
    '-',
  );
}

function unreadable(reasons: Reason[]): StepFailedError {
  return new StepFailedError(reasons.map(({ what }) => what).join('; '), {
    nextStep: reasons.map(({ mend }) => mend).join(' '),
  });
}

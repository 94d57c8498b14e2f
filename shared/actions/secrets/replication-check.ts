import type { DescribeSecretCommandOutput } from '@aws-sdk/client-secrets-manager';
import * as z from 'zod';
import { isUnreachable } from '../../aws/aws-errors.ts';
import { absent, beingDeleted } from '../../aws/secret-reasons.ts';
import { secretArn } from '../../aws/secret-reference.ts';
import { describeSecret, versionOf } from '../../aws/secret-rotation.ts';
import { secret } from '../../plan/components.ts';
import { type ActionContext, defineAction, type Reason } from '../contract.ts';
import { secretVersion } from '../secret-proof.ts';

const parameters = z.strictObject({
  secret: secret.meta({ description: 'The replica, in the recovery region' }),
});

/**
 * Checks that a replica of a secret can be read and holds what the primary region's secret holds. While that region
 * does not answer, only the first half can be told.
 */
export const action = defineAction({
  kind: 'secrets.replication-check',
  summary: 'Checks that a secret is replicated to the recovery region, readable and in step',
  parameters,
  components: { secret: 'secret' },
  outputs: {
    compared: 'yes, or no when the primary region did not answer',
    versionId: 'Version that is current in the replica',
  },
  drill: 'same',
  mutates: false,
  traits: ['expects-silence'],
  typical: {
    minSeconds: 0.2,
    likelySeconds: 1,
    maxSeconds: 120,
    source: 'Three requests; a new version arrives within seconds',
  },
  failureModes: [
    'Replication failed, for example since the key of the other region was removed',
    'The secret exists on its own in the recovery region and was never a replica',
    'The key of the replica can not be used by this function',
  ],
  permissions: ({ secret: { name, region } }, { primary }) => [
    {
      actions: ['secretsmanager:DescribeSecret', 'secretsmanager:GetSecretValue'],
      resources: [secretArn(name, region)],
    },
    { actions: ['secretsmanager:DescribeSecret'], resources: [secretArn(name, primary)] },
  ],

  async prepare(context, { secret: replica }) {
    const described = await describeSecret(context, replica);
    const reason = described ? unfit(replica, described) : absent(replica);
    if (reason) return { status: 'refused', reasons: [reason], evidence: [] };
    return { status: 'ready', baseline: { home: described?.PrimaryRegion ?? '' }, evidence: [] };
  },

  async observe(context, { secret: replica }, { home }) {
    const described = await describeSecret(context, replica);
    if (!described) return { status: 'failed', reasons: [absent(replica)], evidence: [] };
    const versionId = versionOf(described, 'AWSCURRENT') ?? '';
    // A replica whose key is gone is described as ever, and can't be read.
    if ((await secretVersion(context, replica, { VersionStage: 'AWSCURRENT' })) === undefined) {
      return { status: 'failed', reasons: [unreadable(replica)], evidence: [] };
    }
    const source = await describeSource(context, { ...replica, region: String(home) });
    if (source === 'unreachable') {
      const what = `${replica.name} can be read in ${replica.region}; ${home} does not answer, so it was not compared`;
      return { status: 'done', outputs: { compared: 'no', versionId }, evidence: [{ what }] };
    }
    const failed = source?.ReplicationStatus?.find(
      ({ Region, Status }) => Region === replica.region && Status === 'Failed',
    );
    if (failed)
      return { status: 'failed', reasons: [notReplicated(replica, failed.StatusMessage)], evidence: [] };
    if (!source || versionOf(source, 'AWSCURRENT') !== versionId) {
      return {
        status: 'pending',
        note: `${replica.name} in ${replica.region} does not hold the newest version yet`,
      };
    }
    const what = `${replica.name} holds version ${versionId} in ${home} and in ${replica.region}, and can be read`;
    return { status: 'done', outputs: { compared: 'yes', versionId }, evidence: [{ what }] };
  },
});

type Secret = z.output<typeof secret>;

async function describeSource(
  context: ActionContext,
  source: Secret,
): Promise<DescribeSecretCommandOutput | undefined | 'unreachable'> {
  try {
    return await describeSecret(context, source);
  } catch (error) {
    if (isUnreachable(error)) return 'unreachable';
    throw error;
  }
}

function unfit(
  replica: Secret,
  { DeletedDate, PrimaryRegion }: DescribeSecretCommandOutput,
): Reason | undefined {
  if (DeletedDate !== undefined) return beingDeleted(replica);
  if (PrimaryRegion !== undefined && PrimaryRegion !== replica.region) return undefined;
  return {
    what: `${replica.name} in ${replica.region} is a secret of its own and no replica, so nothing keeps it in step.`,
    mend: 'Replicate the secret of the primary region, or leave this check out if two secrets are meant.',
  };
}

function unreadable({ name, region }: Secret): Reason {
  return {
    what: `${name} in ${region} has no value that can be read.`,
    mend: 'Look at its replication status and at the KMS key of the replica.',
  };
}

function notReplicated({ name, region }: Secret, said: string | undefined): Reason {
  return {
    what: `Secrets Manager could not replicate ${name} to ${region}: ${said ?? 'it does not say why'}.`,
    mend: `Mend the cause, then run aws secretsmanager replicate-secret-to-regions again for ${region}.`,
  };
}

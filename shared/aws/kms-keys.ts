import { DescribeKeyCommand, KMSClient } from '@aws-sdk/client-kms';
import type { Reason } from '../actions/contract.ts';
import { isNamed, isNotFound, request } from './aws-errors.ts';
import type { AwsClients } from './clients.ts';

export type KeyState = { usable: true; arn: string } | { usable: false; reason: Reason };

/** Whether a key (id, ARN or alias) can decrypt in this region now; a reason with its mending if not. */
export async function readKey(aws: AwsClients, region: string, key: string): Promise<KeyState> {
  try {
    const reply = await request({ call: 'kms.DescribeKey', region }, () =>
      aws.client(KMSClient, region).send(new DescribeKeyCommand({ KeyId: key })),
    );
    const arn = reply.KeyMetadata?.Arn;
    const state = reply.KeyMetadata?.KeyState ?? 'unknown';
    if (state === 'Enabled' && arn !== undefined) return { usable: true, arn };
    return {
      usable: false,
      reason: { what: `KMS key ${key} in ${region} is ${state}`, mend: mendFor(state, key, region) },
    };
  } catch (error) {
    if (isNotFound(error, 'NotFoundException') || isNamed(error, 'InvalidArnException')) {
      return {
        usable: false,
        reason: {
          what: `KMS key ${key} does not exist in ${region}`,
          mend: `Create the key (or its alias) in ${region}, or name the right one in the plan's kmsKey. A copy of a backup must be encrypted with a key of the region that it is restored in.`,
        },
      };
    }
    throw error;
  }
}

function mendFor(state: string, key: string, region: string): string {
  if (state === 'PendingDeletion' || state === 'PendingReplicaDeletion') {
    return `Run aws kms cancel-key-deletion and then aws kms enable-key with --key-id ${key} --region ${region}.`;
  }
  if (state === 'Disabled') return `Run aws kms enable-key --key-id ${key} --region ${region}.`;
  return `Wait until the key is Enabled, or name another one in the plan's kmsKey.`;
}

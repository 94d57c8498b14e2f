import { createHash } from 'node:crypto';
import {
  DescribeSecretCommand,
  type DescribeSecretCommandOutput,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import type { ActionContext } from '../actions/contract.ts';
import type { ComponentOf } from '../plan/components.ts';
import { ifFound, request } from './aws-errors.ts';

type Secret = ComponentOf<'secret'>;

/** Undefined when there is no such secret in its region. */
export async function describeSecret(
  context: Pick<ActionContext, 'aws'>,
  { name, region }: Secret,
): Promise<DescribeSecretCommandOutput | undefined> {
  return ifFound(['ResourceNotFoundException'], async () => {
    return await request({ call: 'secretsmanager.DescribeSecret', region }, () =>
      context.aws.client(SecretsManagerClient, region).send(new DescribeSecretCommand({ SecretId: name })),
    );
  });
}

/** Id of the version with this label. */
export function versionOf(
  { VersionIdsToStages = {} }: DescribeSecretCommandOutput,
  stage: 'AWSCURRENT' | 'AWSPENDING' | 'AWSPREVIOUS',
): string | undefined {
  return Object.entries(VersionIdsToStages).find(([, stages]) => stages.includes(stage))?.[0];
}

/** A UUID from a text: it becomes the id of the version that a request makes, so a repeat makes no second one. */
export function requestTokenOf(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex');
  return [8, 12, 16, 20, 32].map((end, part, ends) => hex.slice(ends[part - 1] ?? 0, end)).join('-');
}

import {
  CloudFrontClient,
  type Distribution,
  type DistributionConfig,
  GetDistributionCommand,
  GetDistributionConfigCommand,
  UpdateDistributionCommand,
} from '@aws-sdk/client-cloudfront';
import type { ActionContext, Reason } from '../actions/contract.ts';
import { ifFound, isNamed, request } from '../aws/aws-errors.ts';
import type { AwsClients } from '../aws/clients.ts';
import type { ComponentOf } from '../plan/components.ts';

export type DistributionComponent = ComponentOf<'cloudfront-distribution'>;

/** CloudFront is called here, wherever its origins are. Nowhere else is its control plane. */
export const cloudFrontRegion = 'us-east-1';

export const cloudFrontOf = (aws: AwsClients) => aws.client(CloudFrontClient, cloudFrontRegion);

export const distributionArn = ({ distributionId }: DistributionComponent) =>
  `arn:\${AWS::Partition}:cloudfront::\${AWS::AccountId}:distribution/${distributionId}`;

/** Undefined if there is none of this id. */
export async function readDistribution(
  aws: AwsClients,
  { distributionId }: DistributionComponent,
): Promise<Distribution | undefined> {
  return ifFound(['NoSuchDistribution'], async () => {
    const reply = await request({ call: 'cloudfront.GetDistribution', region: cloudFrontRegion }, () =>
      cloudFrontOf(aws).send(new GetDistributionCommand({ Id: distributionId })),
    );
    return reply.Distribution;
  });
}

export function missingDistribution({ id, distributionId }: DistributionComponent): Reason {
  return {
    what: `There is no distribution ${distributionId}.`,
    mend: `Correct the distributionId of "${id}" in the plan.`,
  };
}

/** The origin of each behaviour: by its path pattern, and `*` for the default one. */
export type Targets = Record<string, string>;

export const defaultBehavior = '*';

export function targetsOf(config: DistributionConfig | undefined): Targets {
  const others = config?.CacheBehaviors?.Items ?? [];
  return {
    ...Object.fromEntries(
      others.map(({ PathPattern = '', TargetOriginId = '' }) => [PathPattern, TargetOriginId]),
    ),
    [defaultBehavior]: config?.DefaultCacheBehavior?.TargetOriginId ?? '',
  };
}

/** Origins and origin groups that behaviours may lead to. */
export function originsOf(config: DistributionConfig | undefined): { origins: string[]; groups: string[] } {
  return {
    origins: (config?.Origins?.Items ?? []).map(({ Id = '' }) => Id),
    groups: (config?.OriginGroups?.Items ?? []).map(({ Id = '' }) => Id),
  };
}

function withTargets(config: DistributionConfig, wanted: Targets): DistributionConfig {
  const { DefaultCacheBehavior, CacheBehaviors } = config;
  if (!DefaultCacheBehavior) return config;
  const Items = CacheBehaviors?.Items?.map(behavior => ({
    ...behavior,
    TargetOriginId: wanted[behavior.PathPattern ?? ''] ?? behavior.TargetOriginId,
  }));
  const TargetOriginId = wanted[defaultBehavior] ?? DefaultCacheBehavior.TargetOriginId;
  return {
    ...config,
    DefaultCacheBehavior: { ...DefaultCacheBehavior, TargetOriginId },
    ...(CacheBehaviors && { CacheBehaviors: { ...CacheBehaviors, ...(Items && { Items }) } }),
  };
}

/**
 * Points behaviours at other origins, and changes nothing else. CloudFront takes a whole configuration, with the version
 * that it was made from: where somebody changed it in between, nothing is sent over that, and the next look reads anew.
 */
export async function updateTargets(
  context: ActionContext,
  { distributionId: Id }: DistributionComponent,
  wanted: Targets,
  what: string,
): Promise<void> {
  const call = { call: 'cloudfront.UpdateDistribution', region: cloudFrontRegion };
  const client = cloudFrontOf(context.aws);
  const { DistributionConfig, ETag } = await request(
    { ...call, call: 'cloudfront.GetDistributionConfig' },
    () => client.send(new GetDistributionConfigCommand({ Id })),
  );
  if (!DistributionConfig) return;
  await context.changed({ ...call, resource: Id, what });
  const config = withTargets(DistributionConfig, wanted);
  try {
    await request(call, () =>
      client.send(new UpdateDistributionCommand({ Id, IfMatch: ETag, DistributionConfig: config })),
    );
  } catch (error) {
    if (!isNamed(error, 'PreconditionFailed', 'InvalidIfMatchVersion')) throw error;
  }
}

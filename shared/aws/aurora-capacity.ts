import {
  type DBCluster,
  type DBInstance,
  DescribeDBEngineVersionsCommand,
  ModifyDBClusterCommand,
  RDSClient,
} from '@aws-sdk/client-rds';
import * as z from 'zod';
import type { ActionContext } from '../actions/contract.ts';
import type { ComponentOf } from '../plan/components.ts';
import { request } from './aws-errors.ts';
import { newestDataPoint } from './newest-data-point.ts';

/** The capacity of Aurora Serverless v2, in ACU: the range of a cluster, and what each of its instances has now. */

type Cluster = ComponentOf<'rds-cluster'>;

export const rangeSchema = z.object({
  min: z.number(),
  max: z.number(),
  /** After so many idle seconds an instance pauses; only where min is 0. */
  pauseAfterSeconds: z.number().optional(),
});
export type Range = z.infer<typeof rangeSchema>;

export const serverlessClass = 'db.serverless';

/** The range of a cluster, or undefined if it has none: then it has no serverless instances either. */
export function rangeOf({ ServerlessV2ScalingConfiguration: found }: DBCluster): Range | undefined {
  if (found?.MinCapacity === undefined || found.MaxCapacity === undefined) return undefined;
  return {
    min: found.MinCapacity,
    max: found.MaxCapacity,
    ...(found.SecondsUntilAutoPause !== undefined && { pauseAfterSeconds: found.SecondsUntilAutoPause }),
  };
}

export const sameRange = (one: Range | undefined, other: Range): boolean =>
  one?.min === other.min && one.max === other.max;

export const formatRange = ({ min, max }: Range): string => `${min} to ${max} ACU`;

/** What the version of the engine lets a range be; undefined where RDS does not say so. */
export async function readLimits(
  context: ActionContext,
  region: string,
  { Engine, EngineVersion }: DBCluster,
): Promise<{ min: number; max: number } | undefined> {
  const reply = await request({ call: 'rds.DescribeDBEngineVersions', region }, () =>
    context.aws
      .client(RDSClient, region)
      .send(new DescribeDBEngineVersionsCommand({ Engine, EngineVersion, IncludeAll: true })),
  );
  const { MinCapacity, MaxCapacity } = reply.DBEngineVersions?.[0]?.ServerlessV2FeaturesSupport ?? {};
  return MinCapacity === undefined || MaxCapacity === undefined
    ? undefined
    : { min: MinCapacity, max: MaxCapacity };
}

/** Asks for a range. RDS takes nothing while it changes the cluster; that error is thrown. */
export async function requestRange(
  context: ActionContext,
  { region, identifier }: Cluster,
  from: Range,
  to: Range,
): Promise<void> {
  await context.changed({
    call: 'rds.ModifyDBCluster',
    region,
    resource: identifier,
    what: `Capacity of ${identifier} changed from ${formatRange(from)} to ${formatRange(to)}`,
  });
  await request({ call: 'rds.ModifyDBCluster', region }, () =>
    context.aws.client(RDSClient, region).send(
      new ModifyDBClusterCommand({
        DBClusterIdentifier: identifier,
        ServerlessV2ScalingConfiguration: {
          MinCapacity: to.min,
          MaxCapacity: to.max,
          // Only a range from 0 has it; RDS takes its default of 300 s without.
          ...(to.min === 0 && { SecondsUntilAutoPause: to.pauseAfterSeconds }),
        },
        ApplyImmediately: true,
      }),
    ),
  );
}

/** CloudWatch has the capacity of a minute about a minute later; one of long ago says nothing of now. */
const lookBackMs = 10 * 60_000;

/** What an instance has now in ACU, as far as CloudWatch says; undefined without a value of the last ten minutes. */
export async function capacityOf(
  context: ActionContext,
  region: string,
  { DBInstanceIdentifier = '' }: DBInstance,
): Promise<number | undefined> {
  const now = context.clock.now();
  const dimensions = [{ DBInstanceIdentifier }];
  const asked = {
    namespace: 'AWS/RDS',
    name: 'ServerlessDatabaseCapacity',
    dimensions,
    statistic: 'Minimum',
  } as const;
  const window = { from: new Date(now.getTime() - lookBackMs), to: now };
  return (await newestDataPoint(context.aws, region, asked, window))?.value;
}

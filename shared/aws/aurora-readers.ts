import { CreateDBInstanceCommand, RDSClient } from '@aws-sdk/client-rds';
import type { ActionContext } from '../actions/contract.ts';
import type { ComponentOf } from '../plan/components.ts';
import { isNamed, request } from './aws-errors.ts';
import { type KnownRefusals, refusalBehind } from './known-refusals.ts';
import { expiresTag } from './names.ts';
import { ownInstance } from './rds-own-instance.ts';

type Cluster = ComponentOf<'rds-cluster'>;

/**
 * Makes one instance of an Aurora cluster, of promotion tier 0: after a failover the writer is one of the best tier, and
 * the largest among them. "Exists already" is success where the run made it, and a cluster that is being changed takes
 * it later. Throws what a person has to mend, with the way to do it.
 */
export async function createReader(
  context: ActionContext,
  { region, identifier, engine }: Cluster,
  wanted: { name: string; class: string; parameterGroup: string | undefined },
): Promise<void> {
  // What a recovery made serves users; only in a drill it has an end.
  const tags = context.names.tags().filter(({ Key }) => context.run.mode === 'drill' || Key !== expiresTag);
  try {
    await request({ call: 'rds.CreateDBInstance', region }, () =>
      context.aws.client(RDSClient, region).send(
        new CreateDBInstanceCommand({
          DBInstanceIdentifier: wanted.name,
          DBClusterIdentifier: identifier,
          DBInstanceClass: wanted.class,
          Engine: engine,
          DBParameterGroupName: wanted.parameterGroup,
          PromotionTier: 0,
          PubliclyAccessible: false,
          Tags: tags,
        }),
      ),
    );
  } catch (error) {
    if (isNamed(error, 'InvalidDBClusterStateFault')) return;
    if (!isNamed(error, 'DBInstanceAlreadyExistsFault'))
      throw refusalBehind(error, refusals, { instanceClass: wanted.class, region }) ?? error;
    await ownInstance(context, region, wanted.name);
  }
}

/** Errors that RDS answers with at once, and what mends them. */
const refusals: KnownRefusals<{ instanceClass: string; region: string }> = [
  {
    names: ['InstanceQuotaExceededFault'],
    mend: ({ region }) =>
      `Ask for a higher quota of DB instances in ${region} (rds/L-7B6409FD), or delete what nobody uses, then retry. quota.check on schedule finds it before an outage.`,
  },
  {
    names: ['InsufficientDBInstanceCapacityFault'],
    mend: ({ instanceClass, region }) =>
      `AWS has no ${instanceClass} left in ${region} now. Name another class in the plan's step, such as one of another generation, then retry.`,
  },
  {
    names: ['DBParameterGroupNotFoundFault'],
    mend: ({ region }) =>
      `Make the DB parameter group in ${region}, or name another one in the step, then retry.`,
  },
  {
    names: ['InvalidParameterCombination', 'InvalidParameterValue'],
    mend: ({ instanceClass, region }) =>
      `Look whether the cluster can have instances of the class ${instanceClass} in ${region}; name another one in the plan's step, then retry.`,
  },
];

import {
  DescribeDBParameterGroupsCommand,
  DescribeDBSubnetGroupsCommand,
  DescribeOrderableDBInstanceOptionsCommand,
  RDSClient,
} from '@aws-sdk/client-rds';
import type { Reason } from '../actions/contract.ts';
import type { ComponentOf } from '../plan/components.ts';
import { isNotFound, request } from './aws-errors.ts';
import type { AwsClients } from './clients.ts';
import { pages } from './pages.ts';

/** What a restore target and a new instance have in common. */
type Target = Pick<
  ComponentOf<'rds-restore-target'>,
  'region' | 'subnetGroup' | 'parameterGroup' | 'instanceClass' | 'multiAz'
>;

/** Everything that a restore needs in its region besides the data and the key; each missing thing is a reason. */
export async function missingInRegion(
  aws: AwsClients,
  target: Target,
  engine: { name: string; version: string | undefined },
): Promise<Reason[]> {
  const found = await Promise.all([
    subnetGroup(aws, target),
    parameterGroup(aws, target),
    instanceClass(aws, target, engine),
  ]);
  return found.flat();
}

async function subnetGroup(aws: AwsClients, target: Target): Promise<Reason[]> {
  const { region, subnetGroup: name } = target;
  const exists = await answers('DBSubnetGroupNotFoundFault', () =>
    request({ call: 'rds.DescribeDBSubnetGroups', region }, () =>
      aws.client(RDSClient, region).send(new DescribeDBSubnetGroupsCommand({ DBSubnetGroupName: name })),
    ),
  );
  if (exists) return [];
  return [
    {
      what: `Subnet group ${name} does not exist in ${region}`,
      mend: `Create it over at least two zones of the recovery VPC, or name the right one in the plan's subnetGroup. Without it RDS would use the default VPC.`,
    },
  ];
}

async function parameterGroup(aws: AwsClients, target: Target): Promise<Reason[]> {
  const { region, parameterGroup: name } = target;
  const exists = await answers('DBParameterGroupNotFoundFault', () =>
    request({ call: 'rds.DescribeDBParameterGroups', region }, () =>
      aws
        .client(RDSClient, region)
        .send(new DescribeDBParameterGroupsCommand({ DBParameterGroupName: name })),
    ),
  );
  if (exists) return [];
  return [
    {
      what: `Parameter group ${name} does not exist in ${region}`,
      mend: `Create it in ${region} with the parameters of the primary's group, or name the right one in the plan's parameterGroup.`,
    },
  ];
}

/** The reason if a region does not offer a class for a version of an engine. */
export async function instanceClass(
  aws: AwsClients,
  target: Pick<Target, 'region' | 'instanceClass' | 'multiAz'>,
  engine: { name: string; version: string | undefined },
): Promise<Reason[]> {
  const { region, instanceClass: wanted } = target;
  const options = await pages(marker =>
    request({ call: 'rds.DescribeOrderableDBInstanceOptions', region }, () =>
      aws.client(RDSClient, region).send(
        new DescribeOrderableDBInstanceOptionsCommand({
          Engine: engine.name,
          EngineVersion: engine.version,
          DBInstanceClass: wanted,
          Marker: marker,
        }),
      ),
    ).then(reply => ({ items: reply.OrderableDBInstanceOptions, marker: reply.Marker })),
  );
  const fits = options.some(option => !target.multiAz || option.MultiAZCapable === true);
  if (fits) return [];
  const kind = `${engine.name} ${engine.version ?? ''}`.trim();
  return [
    {
      what: `RDS does not offer ${wanted} for ${kind}${target.multiAz ? ' with Multi-AZ' : ''} in ${region}`,
      mend: `Choose a class from aws rds describe-orderable-db-instance-options --engine ${engine.name} --region ${region} and put it into the plan.`,
    },
  ];
}

/** False if AWS answers with this not-found error. */
async function answers(notFound: string, read: () => Promise<unknown>): Promise<boolean> {
  try {
    await read();
    return true;
  } catch (error) {
    if (isNotFound(error, notFound)) return false;
    throw error;
  }
}

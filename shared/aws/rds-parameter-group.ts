import {
  DescribeDBInstancesCommand,
  DescribeDBParametersCommand,
  ModifyDBParameterGroupCommand,
  RDSClient,
} from '@aws-sdk/client-rds';
import type { ActionContext } from '../actions/contract.ts';
import { request } from './aws-errors.ts';
import type { AwsClients } from './clients.ts';
import { pages } from './pages.ts';

/** Instances of a region that have a parameter group: a change of it changes all of them. */
export async function instancesWith(aws: AwsClients, region: string, group: string): Promise<string[]> {
  const instances = await pages(marker =>
    request({ call: 'rds.DescribeDBInstances', region }, () =>
      aws.client(RDSClient, region).send(new DescribeDBInstancesCommand({ Marker: marker })),
    ).then(reply => ({ items: reply.DBInstances, marker: reply.Marker })),
  );
  return instances.flatMap(({ DBInstanceIdentifier: name = '', DBParameterGroups: groups = [] }) =>
    groups.some(({ DBParameterGroupName }) => DBParameterGroupName === group) ? [name] : [],
  );
}

/** What somebody has set a parameter to; undefined where it is RDS's own default. */
export async function settingOf(
  aws: AwsClients,
  region: string,
  group: string,
  name: string,
): Promise<string | undefined> {
  const parameters = await pages(marker =>
    request({ call: 'rds.DescribeDBParameters', region }, () =>
      aws
        .client(RDSClient, region)
        .send(
          new DescribeDBParametersCommand({ DBParameterGroupName: group, Source: 'user', Marker: marker }),
        ),
    ).then(reply => ({ items: reply.Parameters, marker: reply.Marker })),
  );
  return parameters.find(({ ParameterName }) => ParameterName === name)?.ParameterValue;
}

/** Sets a parameter that holds without a restart. */
export async function setParameter(
  context: ActionContext,
  { region, group, name, value }: { region: string; group: string; name: string; value: string },
): Promise<void> {
  await context.changed({
    call: 'rds.ModifyDBParameterGroup',
    region,
    resource: group,
    what: `${name} = ${value}`,
  });
  await request({ call: 'rds.ModifyDBParameterGroup', region }, () =>
    context.aws.client(RDSClient, region).send(
      new ModifyDBParameterGroupCommand({
        DBParameterGroupName: group,
        Parameters: [{ ParameterName: name, ParameterValue: value, ApplyMethod: 'immediate' }],
      }),
    ),
  );
}

import {
  DescribeInstancesCommand,
  type DescribeInstancesCommandOutput,
  EC2Client,
  type Instance,
} from '@aws-sdk/client-ec2';
import type { Permission, Reason } from '../actions/contract.ts';
import type { ComponentOf } from '../plan/components.ts';
import { request } from './aws-errors.ts';
import type { AwsClients } from './clients.ts';

export type Instances = ComponentOf<'ec2-instances'>;

const present = ['pending', 'running', 'stopping', 'stopped'];

/** All instances that are meant and not terminated, in the order of their ids. */
export async function findInstances(aws: AwsClients, { ids, tag, region }: Instances): Promise<Instance[]> {
  const named = ids
    ? { Name: 'instance-id', Values: ids }
    : { Name: `tag:${tag?.key}`, Values: [tag?.value ?? ''] };
  const found: Instance[] = [];
  let NextToken: string | undefined;
  do {
    const command = new DescribeInstancesCommand({
      Filters: [named, { Name: 'instance-state-name', Values: present }],
      NextToken,
    });
    const page: DescribeInstancesCommandOutput = await request(
      { call: 'ec2.DescribeInstances', region },
      () => aws.client(EC2Client, region).send(command),
    );
    found.push(...(page.Reservations ?? []).flatMap(reservation => reservation.Instances ?? []));
    NextToken = page.NextToken;
  } while (NextToken);
  return found.sort((a, b) => ((a.InstanceId ?? '') < (b.InstanceId ?? '') ? -1 : 1));
}

/** Whom a plan means, for sentences. */
export function describeInstances({ ids, tag }: Instances): string {
  return ids ? ids.join(', ') : `${tag?.key}=${tag?.value}`;
}

/** Why the instances that were found are not those that were meant; undefined when they are. */
export function missingInstances(instances: Instances, found: readonly Instance[]): Reason | undefined {
  const gone = (instances.ids ?? []).filter(id => !found.some(one => one.InstanceId === id));
  if (found.length > 0 && gone.length === 0) return undefined;
  return {
    what: `${gone.length > 0 ? gone.join(', ') : `No instance with the tag ${describeInstances(instances)}`} exists in ${instances.region}.`,
    mend: `Correct "${instances.id}" in the plan; instances of an Auto Scaling group are better named by a tag.`,
  };
}

/** EC2 has no resource for its Describe calls. */
export function describePermission(...operations: string[]): Permission {
  return {
    actions: operations.map(operation => `ec2:${operation}`),
    resources: ['*'],
    reason: 'EC2 has no resource-level permission for its Describe actions',
  };
}

export const ec2Arn = (region: string, rest: string) =>
  `arn:\${AWS::Partition}:ec2:${region}:\${AWS::AccountId}:${rest}`;

/** Changing these instances and no others: by their ids, or by the tag that names them. */
export function instancePermission({ ids, tag, region }: Instances, ...operations: string[]): Permission {
  const actions = operations.map(operation => `ec2:${operation}`);
  if (ids) return { actions, resources: ids.map(id => ec2Arn(region, `instance/${id}`)) };
  return {
    actions,
    resources: [ec2Arn(region, 'instance/*')],
    conditions: { StringEquals: { [`aws:ResourceTag/${tag?.key}`]: tag?.value ?? '' } },
  };
}

import {
  AutoScalingClient,
  CreateAutoScalingGroupCommand,
  CreateLaunchConfigurationCommand,
  DescribeAutoScalingGroupsCommand,
} from '@aws-sdk/client-auto-scaling';
import {
  AuthorizeSecurityGroupIngressCommand,
  CreateSecurityGroupCommand,
  CreateSubnetCommand,
  CreateVpcCommand,
  DescribeInstancesCommand,
  DescribeSnapshotsCommand,
  EC2Client,
  RevokeSecurityGroupEgressCommand,
  RunInstancesCommand,
} from '@aws-sdk/client-ec2';
import {
  CreateClusterCommand,
  CreateServiceCommand,
  DescribeServicesCommand,
  ECSClient,
  RegisterTaskDefinitionCommand,
} from '@aws-sdk/client-ecs';
import { expect } from 'vitest';
import type { AwsClients } from '../../../shared/aws/clients.ts';
import { type Ids, recovery, runId } from './case.ts';
import { contract } from './contract.ts';
import { closePortCase, denyCase, openPortCase } from './network-cases.ts';
import { emulated } from './sandbox.ts';

const region = recovery;
const ec2 = (aws: AwsClients) => aws.client(EC2Client, region);

const ids: Ids = {
  instance: 'i-0aaaaaaaaaaaaaaa1',
  quarantine: 'sg-0fffffffffffffff1',
  web: 'sg-0fffffffffffffff2',
};
const network = ({ instance = '', quarantine, web }: Ids) => ({
  one: { type: 'ec2-instances', region, ids: [instance] },
  quarantine: { type: 'security-group', region, groupId: quarantine },
  web: {
    type: 'security-group',
    region,
    groupId: web,
    ingress: [
      { port: 443, cidr: '0.0.0.0/0' },
      { port: 22, cidr: '198.51.100.0/24' },
    ],
  },
});

async function makeNetwork(aws: AwsClients): Promise<Ids> {
  const { Vpc } = await ec2(aws).send(new CreateVpcCommand({ CidrBlock: '10.9.0.0/16' }));
  const VpcId = Vpc?.VpcId;
  const { Subnet } = await ec2(aws).send(new CreateSubnetCommand({ VpcId, CidrBlock: '10.9.1.0/24' }));
  const group = async (GroupName: string) => {
    const { GroupId } = await ec2(aws).send(
      new CreateSecurityGroupCommand({ GroupName, Description: GroupName, VpcId }),
    );
    return GroupId ?? '';
  };
  const [quarantine, web] = [await group('quarantine'), await group('web')];
  await ec2(aws).send(
    new RevokeSecurityGroupEgressCommand({
      GroupId: quarantine,
      IpPermissions: [{ IpProtocol: '-1', IpRanges: [{ CidrIp: '0.0.0.0/0' }] }],
    }),
  );
  await ec2(aws).send(
    new AuthorizeSecurityGroupIngressCommand({
      GroupId: web,
      IpPermissions: [
        { IpProtocol: 'tcp', FromPort: 443, ToPort: 443, IpRanges: [{ CidrIp: '0.0.0.0/0' }] },
        { IpProtocol: 'tcp', FromPort: 22, ToPort: 22, IpRanges: [{ CidrIp: '198.51.100.0/24' }] },
      ],
    }),
  );
  const { Instances } = await ec2(aws).send(
    new RunInstancesCommand({
      ImageId: 'ami-12345678',
      MinCount: 1,
      MaxCount: 1,
      InstanceType: 't3.micro',
      SubnetId: Subnet?.SubnetId,
      SecurityGroupIds: [web],
    }),
  );
  return {
    instance: Instances?.[0]?.InstanceId ?? '',
    quarantine,
    web,
  };
}

const inNetwork = { ids, components: network, given: makeNetwork };
const groupsOf = async (aws: AwsClients, { instance = '' }: Ids) => {
  const { Reservations } = await ec2(aws).send(new DescribeInstancesCommand({ InstanceIds: [instance] }));
  const groups = Reservations?.[0]?.Instances?.[0]?.NetworkInterfaces?.[0]?.Groups ?? [];
  return groups.map(({ GroupId }) => GroupId);
};
const sandbox = emulated(region);

contract('ec2 ports', [closePortCase(sandbox), openPortCase(sandbox), denyCase(sandbox)]);

contract('ec2', [
  {
    ...inNetwork,
    kind: 'ec2.reboot',
    shows: 'reboots an instance and waits for its checks',
    with: () => ({ instances: 'one' }),
    expect: { calls: [['ec2.RebootInstances', { InstanceIds: [expect.stringMatching(/^i-/)] }]] },
  },
  {
    ...inNetwork,
    kind: 'ec2.quarantine',
    shows: 'cuts an instance off with another security group, and lets it back',
    with: () => ({ instances: 'one', quarantine: 'quarantine' }),
    expect: {
      calls: [['ec2.ModifyNetworkInterfaceAttribute', { Groups: [expect.stringMatching(/^sg-/)] }]],
    },
    after: async (aws, of) => (await groupsOf(aws, of)).map(group => group === of.quarantine),
    undo: { calls: [['ec2.ModifyNetworkInterfaceAttribute', {}]], holds: [false] },
    emulator: {
      gap: 'moto changes the interface and shows the instance with its old groups',
      status: 'pending',
    },
  },
  {
    ...inNetwork,
    kind: 'ec2.snapshot-volumes',
    shows: 'takes snapshots of all volumes, with the tags of the run',
    with: () => ({ instances: 'one' }),
    expect: {
      calls: [
        [
          'ec2.CreateSnapshots',
          {
            InstanceSpecification: { InstanceId: expect.stringMatching(/^i-/) },
            TagSpecifications: [
              {
                ResourceType: 'snapshot',
                Tags: expect.arrayContaining([{ Key: 'lifeboat:run', Value: runId }]),
              },
            ],
          },
        ],
      ],
    },
    after: async aws => {
      const { Snapshots = [] } = await ec2(aws).send(
        new DescribeSnapshotsCommand({
          OwnerIds: ['self'],
          Filters: [{ Name: 'tag:lifeboat:run', Values: [runId] }],
        }),
      );
      return Snapshots.length > 0;
    },
  },
]);

const asg = (aws: AwsClients) => aws.client(AutoScalingClient, region);
const group = {
  components: () => ({
    group: { type: 'auto-scaling-group', region, name: 'shop-workers', standbySize: 2 },
  }),
  given: async (aws: AwsClients) => {
    await asg(aws).send(
      new CreateLaunchConfigurationCommand({
        LaunchConfigurationName: 'shop',
        ImageId: 'ami-12345678',
        InstanceType: 't3.micro',
      }),
    );
    await asg(aws).send(
      new CreateAutoScalingGroupCommand({
        AutoScalingGroupName: 'shop-workers',
        LaunchConfigurationName: 'shop',
        MinSize: 1,
        MaxSize: 4,
        DesiredCapacity: 2,
        AvailabilityZones: [`${region}a`],
      }),
    );
  },
};

contract('autoscaling', [
  {
    ...group,
    kind: 'autoscaling.describe',
    shows: 'counts what is in service',
    with: () => ({ group: 'group' }),
    expect: { calls: [] },
  },
  {
    ...group,
    kind: 'autoscaling.set-desired',
    shows: 'makes a group bigger, and as big as before',
    with: () => ({ group: 'group', desired: 4 }),
    expect: {
      calls: [
        ['autoscaling.UpdateAutoScalingGroup', { AutoScalingGroupName: 'shop-workers', DesiredCapacity: 4 }],
      ],
      holds: 4,
    },
    after: async aws => {
      const { AutoScalingGroups } = await asg(aws).send(
        new DescribeAutoScalingGroupsCommand({ AutoScalingGroupNames: ['shop-workers'] }),
      );
      return AutoScalingGroups?.[0]?.DesiredCapacity;
    },
    undo: { calls: [['autoscaling.UpdateAutoScalingGroup', { DesiredCapacity: 2 }]], holds: 2 },
  },
]);

const ecs = (aws: AwsClients) => aws.client(ECSClient, region);
const service = {
  components: () => ({
    api: { type: 'ecs-service', region, cluster: 'shop-dr', name: 'api', standbyCount: 1 },
  }),
  given: async (aws: AwsClients) => {
    await ecs(aws).send(new CreateClusterCommand({ clusterName: 'shop-dr' }));
    for (let revision = 0; revision < 2; revision++) {
      await ecs(aws).send(
        new RegisterTaskDefinitionCommand({
          family: 'api',
          containerDefinitions: [{ name: 'api', image: 'x:1', memory: 128 }],
        }),
      );
    }
    await ecs(aws).send(
      new CreateServiceCommand({
        cluster: 'shop-dr',
        serviceName: 'api',
        taskDefinition: 'api:1',
        desiredCount: 1,
      }),
    );
  },
};

contract('ecs', [
  {
    ...service,
    kind: 'ecs.scale-service',
    shows: 'runs as many tasks as are wanted, and as before',
    with: () => ({ service: 'api', count: 3 }),
    expect: {
      calls: [['ecs.UpdateService', { cluster: 'shop-dr', service: 'api', desiredCount: 3 }]],
    },
    after: async aws => {
      const { services } = await ecs(aws).send(
        new DescribeServicesCommand({ cluster: 'shop-dr', services: ['api'] }),
      );
      return services?.[0]?.desiredCount;
    },
    undo: { calls: [['ecs.UpdateService', { desiredCount: 1 }]], holds: 1 },
    emulator: { gap: 'moto starts no tasks of a service', status: 'pending', holds: 3 },
  },
  {
    ...service,
    kind: 'ecs.update-service',
    shows: 'rolls another task definition out',
    with: () => ({ service: 'api', taskDefinition: 'api:2' }),
    expect: {
      calls: [['ecs.UpdateService', { cluster: 'shop-dr', service: 'api', taskDefinition: 'api:2' }]],
    },
    emulator: { gap: 'moto starts no tasks of a service', status: 'pending' },
  },
]);

import { CodeBuildClient, CreateProjectCommand } from '@aws-sdk/client-codebuild';
import { CreateSubnetCommand, CreateVpcCommand, EC2Client } from '@aws-sdk/client-ec2';
import { CreateClusterCommand, CreateNodegroupCommand, EKSClient } from '@aws-sdk/client-eks';
import {
  CreateTargetGroupCommand,
  ElasticLoadBalancingV2Client,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import { CreateKeyCommand, KMSClient } from '@aws-sdk/client-kms';
import {
  CopyDBSnapshotCommand,
  CreateDBParameterGroupCommand,
  CreateDBSnapshotCommand,
  CreateDBSubnetGroupCommand,
  RDSClient,
} from '@aws-sdk/client-rds';
import {
  ChangeResourceRecordSetsCommand,
  CreateHealthCheckCommand,
  CreateHostedZoneCommand,
  Route53Client,
} from '@aws-sdk/client-route-53';
import type { ComponentOf, ComponentType } from '../../../shared/plan/components.ts';
import type { Plan } from '../../../shared/plan/schema.ts';
import { clientOf } from '../deployed/clients.ts';

/** A component of the plan of this type. */
export function componentOf<T extends ComponentType>(plan: Plan, id: string, type: T): ComponentOf<T> {
  const component = plan.components[id];
  if (component?.type !== type) throw new Error(`${id} is not of the type ${type}`);
  return component as ComponentOf<T>;
}

export type Melbourne = {
  /** Ids as the plan has them, with those that moto gave to the same things. */
  names: [asPlanned: string, asMade: string][];
  zone: string;
  /** ARN of the application's target group. */
  targets: string;
};

/**
 * All that LIQUID ABT has in Melbourne before Sydney is lost, in moto: the copied snapshot and what a restore needs, the
 * target group, the cluster with its node group, the build projects, and the name with its failover pair.
 */
export async function makeMelbourne(plan: Plan, moto: string): Promise<Melbourne> {
  const here = { endpoint: moto, region: plan.regions.recovery };
  const network = await makeNetwork(here);
  const name = componentOf(plan, 'app-name', 'dns-name');
  const { zone, check } = await makeName(plan, moto);
  const targets = await makeTargetGroup(plan, here, network);
  const planned = componentOf(plan, 'targets-recovery', 'target-group').arn;
  const names: Melbourne['names'] = [
    await makeRestorable(plan, here, network),
    [lastOf(planned), lastOf(targets)],
    [name.hostedZone, zone],
    [name.primaryHealthCheck, check],
  ];
  await makeNodegroup(plan, here, network);
  await makeProjects(plan, here);
  return { names, zone, targets };
}

type Here = { endpoint: string; region: string };
type Network = { vpc: string; subnets: string[] };

/** A copied snapshot with the key of Melbourne, and what a restore needs beside it. Returns the names of the key. */
async function makeRestorable(plan: Plan, here: Here, network: Network): Promise<[string, string]> {
  const target = componentOf(plan, 'database-restored', 'rds-restore-target');
  const { KeyMetadata } = await clientOf(KMSClient, here).send(new CreateKeyCommand({}));
  await makeGroups(target, here, network);
  const snapshot = await takeSnapshot(target, { ...here, region: plan.regions.primary });
  await clientOf(RDSClient, here).send(
    new CopyDBSnapshotCommand({
      SourceDBSnapshotIdentifier: snapshot,
      TargetDBSnapshotIdentifier: `${snapshot.split(':').at(-1)}-copy`,
      KmsKeyId: KeyMetadata?.Arn,
    }),
  );
  return [lastOf(target.kmsKey), KeyMetadata?.KeyId ?? ''];
}

type Target = ComponentOf<'rds-restore-target'>;

/** What a restore beside the database in Sydney starts from, in moto. */
export async function makeRestorableInSydney(plan: Plan, moto: string): Promise<void> {
  const target = componentOf(plan, 'database-beside', 'rds-restore-target');
  const here = { endpoint: moto, region: plan.regions.primary };
  await makeGroups(target, here, await makeNetwork(here));
  await takeSnapshot(target, here);
}

async function takeSnapshot({ sourceIdentifier }: Target, here: Here): Promise<string> {
  const { DBSnapshot } = await clientOf(RDSClient, here).send(
    new CreateDBSnapshotCommand({
      DBInstanceIdentifier: sourceIdentifier,
      DBSnapshotIdentifier: `${sourceIdentifier}-nightly`,
    }),
  );
  return DBSnapshot?.DBSnapshotArn ?? '';
}

async function makeGroups(target: Target, here: Here, { subnets }: Network): Promise<void> {
  const rds = clientOf(RDSClient, here);
  await rds.send(
    new CreateDBSubnetGroupCommand({
      DBSubnetGroupName: target.subnetGroup,
      DBSubnetGroupDescription: 'recovery',
      SubnetIds: subnets,
    }),
  );
  await rds.send(
    new CreateDBParameterGroupCommand({
      DBParameterGroupName: target.parameterGroup,
      DBParameterGroupFamily: 'postgres16',
      Description: 'recovery',
    }),
  );
}

async function makeTargetGroup(plan: Plan, here: Here, { vpc }: Network): Promise<string> {
  const { arn } = componentOf(plan, 'targets-recovery', 'target-group');
  const { TargetGroups } = await clientOf(ElasticLoadBalancingV2Client, here).send(
    new CreateTargetGroupCommand({
      Name: arn.split('/').at(-2),
      Protocol: 'HTTP',
      Port: 8080,
      TargetType: 'ip',
      VpcId: vpc,
      HealthCheckPath: '/',
    }),
  );
  return TargetGroups?.[0]?.TargetGroupArn ?? '';
}

async function makeNodegroup(plan: Plan, here: Here, { subnets }: Network): Promise<void> {
  const { cluster, name } = componentOf(plan, 'nodes-recovery', 'eks-nodegroup');
  const roleArn = 'arn:aws:iam::123456789012:role/eks';
  const eks = clientOf(EKSClient, here);
  const resourcesVpcConfig = { subnetIds: subnets };
  await eks.send(new CreateClusterCommand({ name: cluster, roleArn, resourcesVpcConfig }));
  await eks.send(
    new CreateNodegroupCommand({
      clusterName: cluster,
      nodegroupName: name,
      nodeRole: roleArn,
      subnets,
      scalingConfig: { minSize: 1, desiredSize: 1, maxSize: 2 },
    }),
  );
}

async function makeProjects(plan: Plan, here: Here): Promise<void> {
  for (const id of ['deploy-recovery', 'tests']) {
    const { name } = componentOf(plan, id, 'codebuild-project');
    await clientOf(CodeBuildClient, here).send(
      new CreateProjectCommand({
        name,
        serviceRole: 'arn:aws:iam::123456789012:role/service-role/build',
        source: { type: 'S3', location: 'liquid-abt-sources/release.zip' },
        artifacts: { type: 'NO_ARTIFACTS' },
        environment: {
          type: 'LINUX_CONTAINER',
          image: 'aws/codebuild/standard:7.0',
          computeType: 'BUILD_GENERAL1_SMALL',
        },
      }),
    );
  }
}

export const lastOf = (arn = '') => arn.split('/').at(-1) ?? '';

async function makeNetwork(here: Here): Promise<Network> {
  const ec2 = clientOf(EC2Client, here);
  const { Vpc } = await ec2.send(new CreateVpcCommand({ CidrBlock: '10.9.0.0/16' }));
  const vpc = Vpc?.VpcId ?? '';
  const made = ['10.9.1.0/24', '10.9.2.0/24'].map(CidrBlock =>
    ec2.send(new CreateSubnetCommand({ VpcId: vpc, CidrBlock })),
  );
  return { vpc, subnets: (await Promise.all(made)).map(({ Subnet }) => Subnet?.SubnetId ?? '') };
}

/** The failover pair, with the inverted health check that looks at the gate. Users' resolvers keep it for a second. */
async function makeName(plan: Plan, moto: string): Promise<{ zone: string; check: string }> {
  const name = componentOf(plan, 'app-name', 'dns-name');
  const route53 = clientOf(Route53Client, { endpoint: moto, region: 'us-east-1' });
  const { HostedZone } = await route53.send(
    new CreateHostedZoneCommand({ Name: domainOf(name.name), CallerReference: 'e2e' }),
  );
  const { HealthCheck } = await route53.send(
    new CreateHealthCheckCommand({
      CallerReference: 'e2e',
      HealthCheckConfig: {
        Type: 'HTTPS',
        FullyQualifiedDomainName: `${name.gate.bucket}.s3.${plan.regions.recovery}.amazonaws.com`,
        ResourcePath: `/${name.gate.key}`,
        Inverted: true,
      },
    }),
  );
  const check = HealthCheck?.Id ?? '';
  const zone = HostedZone?.Id?.replace('/hostedzone/', '') ?? '';
  const set = (Failover: 'PRIMARY' | 'SECONDARY', Value: string) => ({
    Action: 'CREATE' as const,
    ResourceRecordSet: {
      Name: name.name,
      Type: name.recordType,
      SetIdentifier: Failover.toLowerCase(),
      Failover,
      TTL: 1,
      ResourceRecords: [{ Value }],
      ...(Failover === 'PRIMARY' && { HealthCheckId: check }),
    },
  });
  await route53.send(
    new ChangeResourceRecordSetsCommand({
      HostedZoneId: zone,
      ChangeBatch: {
        Changes: [set('PRIMARY', name.primaryTarget), set('SECONDARY', name.recoveryTarget)],
      },
    }),
  );
  return { zone, check };
}

export const domainOf = (name: string) => name.split('.').slice(1).join('.');

import {
  type Deployment,
  DescribeServicesCommand,
  ECSClient,
  type Service,
  UpdateServiceCommand,
  type UpdateServiceCommandInput,
} from '@aws-sdk/client-ecs';
import type { Permission, Reason } from '../actions/contract.ts';
import type { ComponentOf } from '../plan/components.ts';
import { isNamed, request } from './aws-errors.ts';
import type { AwsClients } from './clients.ts';

export type EcsService = ComponentOf<'ecs-service'>;

/** The service as ECS has it, or undefined if there is none, or none any more. */
export async function readService(aws: AwsClients, service: EcsService): Promise<Service | undefined> {
  try {
    const command = new DescribeServicesCommand({ cluster: service.cluster, services: [service.name] });
    const reply = await request({ call: 'ecs.DescribeServices', region: service.region }, () =>
      aws.client(ECSClient, service.region).send(command),
    );
    // An INACTIVE service was deleted, and is still shown for a while.
    return reply.services?.find(found => found.status !== 'INACTIVE');
  } catch (error) {
    if (isNamed(error, 'ClusterNotFoundException')) return undefined;
    throw error;
  }
}

/** Changes a service. Fields that are left out stay as they are. */
export async function updateService(
  aws: AwsClients,
  service: EcsService,
  change: Omit<UpdateServiceCommandInput, 'cluster' | 'service'>,
): Promise<void> {
  const command = new UpdateServiceCommand({ cluster: service.cluster, service: service.name, ...change });
  await request({ call: 'ecs.UpdateService', region: service.region }, () =>
    aws.client(ECSClient, service.region).send(command),
  );
}

/** The newest deployment; ECS calls it PRIMARY. */
export function primaryOf(found: Service): Deployment | undefined {
  return found.deployments?.find(deployment => deployment.status === 'PRIMARY');
}

/** Why a service is not in its steady state, or undefined when it is: one deployment, complete, all tasks running. */
export function unsteady(found: Service): string | undefined {
  const { desiredCount = 0, runningCount = 0, pendingCount = 0, deployments = [] } = found;
  if (runningCount !== desiredCount || pendingCount > 0) {
    return `${runningCount} of ${desiredCount} tasks are running, ${pendingCount} pending`;
  }
  const primary = primaryOf(found);
  // Only ECS's own rolling deployments have a rollout state.
  if (primary?.rolloutState === 'IN_PROGRESS') {
    return `its deployment is in progress${primary.rolloutStateReason ? `: ${primary.rolloutStateReason}` : ''}`;
  }
  return deployments.length > 1 ? `${deployments.length} deployments are there, one is to stay` : undefined;
}

/** `shop:41` of a task definition's ARN or of itself. */
export function shortDefinition(definition: string | undefined): string {
  return (definition ?? '').split('/').at(-1) ?? '';
}

/** The newest thing that ECS says about a service, which is mostly the reason why tasks do not start. */
export function lastEvent(found: Service): string {
  return found.events?.[0]?.message ?? 'ECS gives no reason';
}

export function missingService({ name, cluster, region, id }: EcsService): Reason {
  return {
    what: `There is no ECS service ${name} in the cluster ${cluster} in ${region}.`,
    mend: `Make it with your infrastructure code, or correct "${id}" in the plan.`,
  };
}

export function servicePermissions({ cluster, name, region }: EcsService): Permission[] {
  const arn = `arn:\${AWS::Partition}:ecs:${region}:\${AWS::AccountId}`;
  return [
    {
      actions: ['ecs:DescribeServices', 'ecs:UpdateService'],
      resources: [`${arn}:service/${cluster}/${name}`],
    },
  ];
}

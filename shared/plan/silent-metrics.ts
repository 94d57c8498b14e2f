import type { ComponentType } from './components.ts';
import type { Disaster, Plan, SignalPlan } from './schema.ts';

/** Where AWS publishes what such a component does. It publishes nothing of one that is gone. */
const namespaceOf: Partial<Record<ComponentType, string>> = {
  'auto-scaling-group': 'AWS/EC2',
  'docdb-cluster': 'AWS/DocDB',
  'dynamodb-table': 'AWS/DynamoDB',
  'ec2-instances': 'AWS/EC2',
  'ecs-service': 'AWS/ECS',
  'efs-file-system': 'AWS/EFS',
  'elasticache-replication-group': 'AWS/ElastiCache',
  'lambda-function': 'AWS/Lambda',
  'load-balancer': 'AWS/ApplicationELB',
  'neptune-cluster': 'AWS/Neptune',
  'rds-cluster': 'AWS/RDS',
  'rds-instance': 'AWS/RDS',
};

/**
 * The lost component whose metric this is, and of which no period without data is taken for a bad one: the alarm says
 * INSUFFICIENT_DATA, or that all is well, and never fires. Undefined where it does. Source: CloudWatch User Guide,
 * "Configuring how CloudWatch alarms treat missing data".
 */
export function silencedBy(
  { components }: Pick<Plan, 'components'>,
  disaster: Disaster | undefined,
  signal: SignalPlan,
): string | undefined {
  if (disaster?.type !== 'loss' || signal.type !== 'metric' || signal.missing === 'breaching')
    return undefined;
  return disaster.components.find(id => {
    const type = components[id]?.type;
    return type !== undefined && namespaceOf[type] === signal.namespace;
  });
}

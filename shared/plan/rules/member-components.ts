import type { Component, ComponentOf, ComponentType } from '../components.ts';
import type { Problem } from '../finding.ts';
import type { CheckContext } from '../lint-rule.ts';
import { idOfType } from './references.ts';

/** Clusters, data stores and replicas name each other by id: who is named has to exist and be of the right type. */
export function checkMembers(context: CheckContext, id: string, component: Component): Problem[] {
  const named = (key: string, value: string | undefined, type: ComponentType) =>
    value === undefined ? [] : idOfType(context, value, type, ['components', id, key]);
  switch (component.type) {
    case 'rds-cluster':
      return named('globalCluster', component.globalCluster, 'aurora-global-cluster');
    case 'aurora-global-cluster':
      return members(context, id, component, 'rds-cluster');
    case 'elasticache-global-datastore':
      return members(context, id, component, 'elasticache-replication-group');
    case 'redis-server':
      return named('replicaOf', component.replicaOf, 'redis-server');
    case 'rds-cluster-restore-target':
      return checkSource(context, id, component);
    default:
      return [];
  }
}

/** The two members are in two regions, or a lost region takes both of them. */
function members(
  context: CheckContext,
  id: string,
  group: ComponentOf<'aurora-global-cluster'> | ComponentOf<'elasticache-global-datastore'>,
  type: ComponentType,
): Problem[] {
  const problems = [
    ...idOfType(context, group.primary, type, ['components', id, 'primary']),
    ...idOfType(context, group.secondary, type, ['components', id, 'secondary']),
  ];
  const { [group.primary]: primary, [group.secondary]: secondary } = context.plan.components;
  if (problems.length > 0 || primary?.region !== secondary?.region) return problems;
  return [
    {
      rule: 'same-region',
      severity: 'error',
      path: ['components', id, 'secondary'],
      message: `"${group.primary}" and "${group.secondary}" are both in ${primary?.region}`,
      mend: 'Name a secondary in another region: what is lost with a region can not be recovered in it.',
    },
  ];
}

function checkSource(
  context: CheckContext,
  id: string,
  target: ComponentOf<'rds-cluster-restore-target'>,
): Problem[] {
  const unknown = idOfType(context, target.source, 'rds-cluster', ['components', id, 'source']);
  const source = context.plan.components[target.source];
  if (unknown.length > 0 || source?.type !== 'rds-cluster') return unknown;
  const wanted = { sourceIdentifier: source.identifier, sourceRegion: source.region, engine: source.engine };
  return Object.entries(wanted).flatMap(([key, value]): Problem[] => {
    const written = target[key as keyof typeof wanted];
    if (written === value) return [];
    return [
      {
        rule: 'restore-source-disagrees',
        severity: 'error',
        path: ['components', id, key],
        message: `"${written}" is not what "${target.source}" says, which is "${value}"`,
        mend: `Write "${value}".`,
      },
    ];
  });
}

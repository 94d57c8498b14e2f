import type { Component, ComponentOf } from '../../../shared/plan/components.ts';

/** DocumentDB and Neptune are managed by the API of RDS, so their clusters are kept with those of RDS. */

export type ClusterComponent = ComponentOf<'rds-cluster' | 'docdb-cluster' | 'neptune-cluster'>;
export type GlobalComponent = ComponentOf<
  'aurora-global-cluster' | 'docdb-global-cluster' | 'neptune-global-cluster'
>;

export function isCluster(component: Component | undefined): component is ClusterComponent {
  return (
    component?.type === 'rds-cluster' ||
    component?.type === 'docdb-cluster' ||
    component?.type === 'neptune-cluster'
  );
}

export function isGlobal(component: Component | undefined): component is GlobalComponent {
  return (
    component?.type === 'aurora-global-cluster' ||
    component?.type === 'docdb-global-cluster' ||
    component?.type === 'neptune-global-cluster'
  );
}

/** As AWS names it. */
export function engineOf(component: ClusterComponent): string {
  switch (component.type) {
    case 'rds-cluster':
      return component.engine;
    case 'docdb-cluster':
      return 'docdb';
    case 'neptune-cluster':
      return 'neptune';
  }
}

/** The part of a host name that says whose it is. */
export function domainOf({ type }: ClusterComponent): string {
  return type === 'rds-cluster' ? 'rds' : type.replace('-cluster', '');
}

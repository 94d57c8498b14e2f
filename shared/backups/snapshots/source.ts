import type { Backup, Plan } from '../../plan/schema.ts';

/** A database of the plan whose snapshots RDS keeps: an instance, or a cluster, which has an API of its own. */
export type Source = { kind: 'instance' | 'cluster'; identifier: string; region: string };

/** The database of that id. The plan was checked before it was deployed, so that there is one. */
export function sourceOf({ components }: Pick<Plan, 'components'>, id: string): Source {
  const component = Object.hasOwn(components, id) ? components[id] : undefined;
  if (component?.type !== 'rds-instance' && component?.type !== 'rds-cluster') {
    throw new Error(`The plan has no rds-instance or rds-cluster "${id}"`);
  }
  const { region, identifier } = component;
  return { kind: component.type === 'rds-cluster' ? 'cluster' : 'instance', region, identifier };
}

/** Id of the database that a class of backups is of; for copies that of what is copied. */
export function componentOf({ backups }: Pick<Plan, 'backups'>, backup: Backup): string | undefined {
  const original = backup.type === 'rds-snapshot-copy' ? backups[backup.of] : backup;
  return original && 'component' in original ? original.component : undefined;
}

/** The database that a class of RDS backups is of. */
export function sourceOfBackup(plan: Pick<Plan, 'components' | 'backups'>, backup: Backup): Source {
  return sourceOf(plan, componentOf(plan, backup) ?? '');
}

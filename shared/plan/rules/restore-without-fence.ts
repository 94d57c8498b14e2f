import type { Mode } from '../../runbook/contract.ts';
import type { Problem } from '../finding.ts';
import type { LintRule } from '../lint-rule.ts';
import { isBefore, type PlacedStep, type ScenarioView } from '../scenario-view.ts';
import type { Plan } from '../schema.ts';
import { isTakenWith } from './step-facts.ts';

export const restoreWithoutFence: LintRule = {
  id: 'restore-without-fence',
  severity: 'error',
  reason:
    'When the lost region comes back there are two databases that take writes, and nobody can say which one is right.',
  check: context =>
    context.scenarios.flatMap(view => view.steps.flatMap(placed => unfenced(context.plan, view, placed))),
};

/** Drills restore an isolated copy and leave the writer alone; a dry run restores nothing. */
function unfenced(plan: Plan, view: ScenarioView, moved: PlacedStep): Problem[] {
  const writer = oldWriter(plan, moved);
  if (writer === undefined) return [];
  const real = moved.modes.filter(mode => writer.modes.includes(mode));
  const fences = view.steps.filter(
    placed =>
      placed.step.do === 'rds.fence' &&
      placed.step.with.database === writer.id &&
      placed.step.onFailure !== 'continue' &&
      isTakenWith(placed, moved) &&
      isBefore(placed, moved),
  );
  const open = real.filter(mode => !fences.some(fence => fence.modes.includes(mode)));
  if (open.length === 0) return [];
  return [
    {
      rule: restoreWithoutFence.id,
      severity: 'error',
      path: [...moved.path, 'do'],
      message: `The step "${moved.step.id}" brings up a second writer while "${writer.id}" may still be one (mode ${open.join(', ')})`,
      mend: `Put an rds.fence with "database: ${writer.id}" before it.`,
    },
  ];
}

type Writer = { id: string; modes: readonly Mode[] };

/**
 * The writer whose place a step's database takes, and in which modes it has to be fenced for that. A copy that is
 * restored beside a living database takes nobody's place until it is swapped in, which takes the old one's name away.
 */
function oldWriter({ components }: Plan, { step }: PlacedStep): Writer | undefined {
  const component = (value: unknown) =>
    typeof value === 'string' && Object.hasOwn(components, value) ? components[value] : undefined;
  const writer = (id: string, modes: readonly Mode[]): Writer | undefined => {
    const type = component(id)?.type;
    return type === 'rds-instance' || type === 'rds-cluster' ? { id, modes } : undefined;
  };
  switch (step.do) {
    case 'rds.restore':
    case 'rds.restore-cluster': {
      const target = component(step.with.target);
      if (target?.type !== 'rds-restore-target' && target?.type !== 'rds-cluster-restore-target')
        return undefined;
      return target.region === target.sourceRegion
        ? undefined
        : writer(target.source, ['recover', 'planned']);
    }
    case 'rds.create-instance': {
      // Made to take a dump of the database that has the same name in another region.
      const made = component(step.with.database);
      if (made?.type !== 'rds-new-instance') return undefined;
      const replaced = Object.entries(components).find(
        ([, other]) =>
          (other.type === 'rds-instance' || other.type === 'rds-cluster') &&
          other.database === made.database &&
          other.region !== made.region,
      );
      return replaced && writer(replaced[0], ['recover', 'planned']);
    }
    case 'rds.promote-replica': {
      const replica = component(step.with.replica);
      if (replica?.type !== 'rds-instance' || !replica.replicaOf) return undefined;
      // RDS stops no writer that has a replica, so rds.fence never succeeds where RDS answers for both. There, as in
      // planned mode, the step itself proves that the writer is gone or read-only, and refuses if it can't.
      if (component(replica.replicaOf)?.region === replica.region) return undefined;
      return writer(replica.replicaOf, ['recover']);
    }
    default:
      // Members of a global database can't be stopped; its failover-global-cluster proves or asks by itself.
      return undefined;
  }
}

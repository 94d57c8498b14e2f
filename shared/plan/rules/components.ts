import { dialectOfDatabase } from '../../sql/dialects/dialects.ts';
import { mendable } from '../components/compute.ts';
import type { ComponentOf } from '../components.ts';
import type { Problem } from '../finding.ts';
import type { CheckContext } from '../lint-rule.ts';
import { nearest } from '../nearest.ts';
import type { PropertyKeyPath } from '../schema-walk.ts';
import { checkMembers } from './member-components.ts';
import { idOfType, unknownId } from './references.ts';

/** Components have to agree with each other and with the plan's regions. */
export function checkComponents(context: CheckContext): Problem[] {
  const { components, regions } = context.plan;
  const problems: Problem[] = [];
  if (regions.primary === regions.recovery) problems.push(sameRegion(regions.primary));
  for (const [id, component] of Object.entries(components)) {
    const known = component.region === regions.primary || component.region === regions.recovery;
    if (!known && regions.primary !== regions.recovery) {
      problems.push(otherRegion(context, id, component.region));
    }
    problems.push(...checkMembers(context, id, component));
    if (component.type === 'rds-instance' && component.replicaOf !== undefined) {
      problems.push(
        ...idOfType(context, component.replicaOf, 'rds-instance', ['components', id, 'replicaOf']),
      );
    }
    if (component.type === 'rds-restore-target') problems.push(...checkRestoreTarget(context, id, component));
    if (component.type === 'rds-cluster-restore-target')
      problems.push(...checkClusterTarget(context, id, component));
    if (component.type === 'endpoint' && component.servedBy !== undefined) {
      problems.push(...unknownId(context, 'components', component.servedBy, ['components', id, 'servedBy']));
    }
    if (component.type === 'secret' && component.replicaOf !== undefined) {
      problems.push(...idOfType(context, component.replicaOf, 'secret', ['components', id, 'replicaOf']));
    }
    if (component.type === 's3-bucket' && component.replicaOf !== undefined) {
      problems.push(...idOfType(context, component.replicaOf, 's3-bucket', ['components', id, 'replicaOf']));
    }
    if ('targetGroup' in component && component.targetGroup !== undefined) {
      const path = ['components', id, 'targetGroup'];
      problems.push(...idOfType(context, component.targetGroup, 'target-group', path));
    }
    if ('uses' in component) {
      const path = ['components', id, 'uses'];
      const used = component.uses ?? [];
      problems.push(...used.flatMap((other, at) => unknownId(context, 'components', other, [...path, at])));
    }
    if ('restores' in component) {
      const path = ['components', id, 'restores'];
      const restored = component.restores ?? [];
      problems.push(...restored.flatMap((other, at) => checkRestored(context, id, other, [...path, at])));
    }
    // The cluster of an ECS service is a name and no component.
    if ('cluster' in component && component.type !== 'ecs-service')
      problems.push(...checkCluster(context, id, component));
  }
  return problems;
}

/** What is said to be mended has to be something whose failure a rehearsal can play as mended. */
export function checkRestored(
  context: CheckContext,
  id: string,
  other: string,
  path: PropertyKeyPath,
): Problem[] {
  const unknown = unknownId(context, 'components', other, path);
  const component = context.plan.components[other];
  if (unknown.length > 0 || component === undefined) return unknown;
  const { type } = component;
  if (component.type === 'ec2-instances' && component.ids !== undefined) {
    return lostById(context, id, other, path);
  }
  if ((mendable as readonly string[]).includes(type)) return [];
  return [
    {
      rule: 'topology-mismatch',
      severity: 'error',
      path,
      message: `A rehearsal can not play that "${id}" mends "${other}", which is of type ${type}`,
      mend:
        type === 'endpoint'
          ? 'Name what answers there, which its "servedBy" says. What has no type of its own, such as a search domain or a broker, is a component of type service.'
          : `Name one of type ${mendable.join(', ')}, or use the actions of Lifeboat for it.`,
    },
  ];
}

/** An instance that replaces a lost one has another id, so that a component of ids does not mean it. */
function lostById({ scenarios }: CheckContext, id: string, other: string, path: PropertyKeyPath): Problem[] {
  const lost = scenarios.find(
    ({ scenario: { disaster } }) => disaster?.type === 'loss' && disaster.components.includes(other),
  );
  if (!lost) return [];
  return [
    {
      rule: 'topology-mismatch',
      severity: 'warning',
      path,
      message: `"${other}" is named by ids, and what "${id}" puts in its place after "${lost.id}" has another id`,
      mend: 'Name the instances by a tag that the new ones carry too; a rehearsal can not play it otherwise.',
    },
  ];
}

function sameRegion(region: string): Problem {
  return {
    rule: 'same-region',
    severity: 'error',
    path: ['regions', 'recovery'],
    message: `The recovery region is the primary region, ${region}`,
    mend: 'Name another region: what is lost with a region can not be recovered in it.',
  };
}

function otherRegion({ plan: { regions } }: CheckContext, id: string, region: string): Problem {
  const known = [regions.primary, regions.recovery];
  return {
    rule: 'other-region',
    severity: 'warning',
    path: ['components', id, 'region'],
    message: `"${id}" is in ${region}, which is neither the primary nor the recovery region`,
    mend: `Write ${known.join(' or ')}, or say under "waived" why it is elsewhere.`,
    near: nearest(region, known),
  };
}

/** What is restored is looked up by the source's identifier and region, so both are written down and must agree. */
function checkRestoreTarget(
  context: CheckContext,
  id: string,
  target: ComponentOf<'rds-restore-target'>,
): Problem[] {
  const path = ['components', id];
  const unknown = unknownId(context, 'components', target.source, [...path, 'source']);
  if (unknown.length > 0) return unknown;
  const source = context.plan.components[target.source];
  if (source === undefined) return [];
  const problem = (key: string, rule: string, message: string, mend: string): Problem => ({
    rule,
    severity: 'error',
    path: [...path, key],
    message,
    mend,
  });
  if (source.type !== 'rds-instance') {
    const message = `"${target.source}" is of type ${source.type}, and a database can be restored from an rds-instance only`;
    return [problem('source', 'topology-mismatch', message, 'Name the rds-instance that is backed up.')];
  }
  const problems: Problem[] = [];
  const differs = (key: 'sourceIdentifier' | 'sourceRegion' | 'engine', wanted: string) => {
    const message = `"${target[key]}" is not what "${target.source}" says, which is "${wanted}"`;
    if (target[key] !== wanted)
      problems.push(problem(key, 'restore-source-disagrees', message, `Write "${wanted}".`));
  };
  differs('sourceIdentifier', source.identifier);
  differs('sourceRegion', source.region);
  differs('engine', source.engine);
  const lossOf = lostWhenUsed(context, id, target.region);
  if (target.region === source.region && lossOf !== undefined) {
    const message = `"${id}" is restored in ${target.region}, the region of its source, which is lost in the scenario "${lossOf}" that restores it`;
    const mend = `Write ${context.plan.regions.recovery}, or use this target only where the region still stands, such as for wrong data.`;
    problems.push({ ...problem('region', 'restore-in-primary', message, mend), severity: 'warning' });
  }
  return problems;
}

/** A snapshot of a cluster makes a cluster that speaks the same. */
function checkClusterTarget(
  { plan }: CheckContext,
  id: string,
  target: ComponentOf<'rds-cluster-restore-target'>,
): Problem[] {
  const source = Object.hasOwn(plan.components, target.source) ? plan.components[target.source] : undefined;
  if (source?.type !== 'rds-cluster' || dialectOfDatabase(source) === dialectOfDatabase(target)) return [];
  return [
    {
      rule: 'restore-source-disagrees',
      severity: 'error',
      path: ['components', id, 'engine'],
      message: `"${target.engine}" is not what "${target.source}" says, which is "${source.engine}"`,
      mend: `Write "${source.engine}".`,
    },
  ];
}

/** The first scenario that uses a target in a region that its own disaster takes away. */
function lostWhenUsed({ plan, scenarios }: CheckContext, target: string, region: string): string | undefined {
  const found = scenarios.find(({ scenario: { disaster }, steps }) => {
    if (disaster?.type !== 'region-loss' || plan.regions[disaster.region] !== region) return false;
    return steps.some(({ step }) => step.with.target === target);
  });
  return found?.id;
}

type InCluster = Pick<ComponentOf<'eks-nodegroup'>, 'cluster' | 'region'>;

function checkCluster({ plan }: CheckContext, id: string, component: InCluster): Problem[] {
  const clusters = Object.values(plan.components).filter(
    other => other.type === 'eks-cluster' && other.region === component.region,
  );
  const names = clusters.map(cluster => ('name' in cluster ? cluster.name : ''));
  if (names.includes(component.cluster)) return [];
  const near = nearest(component.cluster, names);
  return [
    {
      rule: 'unknown-cluster',
      severity: 'warning',
      path: ['components', id, 'cluster'],
      message: `No eks-cluster in ${component.region} has the name "${component.cluster}"`,
      mend: near ? `Write "${near}", if that is what was meant.` : 'Declare the cluster under "components".',
      near,
    },
  ];
}

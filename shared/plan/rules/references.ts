import type { ComponentType } from '../components.ts';
import { didYouMean, type Problem } from '../finding.ts';
import type { CheckContext, Section } from '../lint-rule.ts';
import { nearest } from '../nearest.ts';
import type { Disaster } from '../schema.ts';
import type { PropertyKeyPath } from '../schema-walk.ts';

type Named = Exclude<Section, 'templates'>;
const nouns: Record<Named, string> = {
  people: 'person',
  audiences: 'audience',
  channels: 'channel',
  severities: 'severity',
  signals: 'signal',
  components: 'component',
  tiers: 'tier',
  backups: 'backup',
  scenarios: 'scenario',
};

/** Ids that name people, audiences, channels, severities, signals and components have to exist. */
export function checkReferences(context: CheckContext): Problem[] {
  const { plan } = context;
  const all = (section: Named, ids: readonly string[], path: PropertyKeyPath) =>
    ids.flatMap((id, index) => unknownId(context, section, id, [...path, index]));
  return [
    ...Object.entries(plan.people).flatMap(([id, person]) => [
      ...unknownId(context, 'channels', person.channel, ['people', id, 'channel']),
      ...all('channels', person.fallback, ['people', id, 'fallback']),
    ]),
    ...Object.entries(plan.audiences).flatMap(([id, audience]) =>
      all('channels', audience.channels, ['audiences', id, 'channels']),
    ),
    ...plan.escalation.flatMap((level, index) => [
      ...all('people', level.people, ['escalation', index, 'people']),
      ...all('severities', level.severities ?? [], ['escalation', index, 'severities']),
    ]),
    ...plan.dashboard.flatMap(({ component }, index) =>
      component === undefined
        ? []
        : unknownId(context, 'components', component, ['dashboard', index, 'component']),
    ),
    ...Object.entries(plan.signals).flatMap(([id, signal]) =>
      signal.type === 'rds-event' ? databaseId(context, signal.component, ['signals', id, 'component']) : [],
    ),
    ...Object.entries(plan.scenarios).flatMap(([id, scenario]) => [
      ...unknownId(context, 'severities', scenario.severity, ['scenarios', id, 'severity']),
      ...all('audiences', scenario.audiences, ['scenarios', id, 'audiences']),
      ...all('signals', scenario.trigger?.signals ?? [], ['scenarios', id, 'trigger', 'signals']),
      ...disasterIds(context, id, scenario.disaster),
      ...failbackIds(context, id, scenario.failbackOf),
      ...all('tiers', scenario.tiers ?? [], ['scenarios', id, 'tiers']),
      ...Object.keys(scenario.tierObjectives ?? {}).flatMap(tier =>
        unknownId(context, 'tiers', tier, ['scenarios', id, 'tierObjectives', tier]),
      ),
      ...scenario.phases.flatMap((phase, index) =>
        all('tiers', phase.tiers ?? [], ['scenarios', id, 'phases', index, 'tiers']),
      ),
    ]),
    ...plan.rehearsal.further.flatMap(({ scenario, mode }, index) => {
      const path = ['rehearsal', 'further', index];
      const unknown = unknownId(context, 'scenarios', scenario, [...path, 'scenario']);
      return unknown.length > 0 ? unknown : unknownMode(plan.scenarios[scenario]?.modes, mode, path);
    }),
  ];
}

function unknownMode(modes: readonly string[] | undefined, mode: string, path: PropertyKeyPath): Problem[] {
  if (modes === undefined || modes.includes(mode)) return [];
  return [
    {
      rule: 'mode-not-in-scenario',
      severity: 'error',
      path: [...path, 'mode'],
      message: `The rehearsal is in the mode "${mode}", which its scenario does not have`,
      mend: `Use one of: ${modes.join(', ')}.`,
    },
  ];
}

/** A failback goes back from another scenario, and not from another failback. */
function failbackIds({ plan, isWritten }: CheckContext, id: string, of: string | undefined): Problem[] {
  if (of === undefined) return [];
  const known = Object.keys(plan.scenarios).filter(other => plan.scenarios[other]?.failbackOf === undefined);
  const left = !Object.hasOwn(plan.scenarios, of) && isWritten('scenarios', of);
  if (known.includes(of) || left) return [];
  const near = nearest(of, known);
  const mend = didYouMean(near, known, 'Name the scenario that moves the system.');
  const path = ['scenarios', id, 'failbackOf'];
  const message = `There is no scenario "${of.slice(0, 60)}" to go back from`;
  return [{ rule: 'unknown-scenario', severity: 'error', path, message, mend, near }];
}

/** What a rehearsal can damage the data of. */
const corruptible = [
  'rds-instance',
  'rds-cluster',
  'postgres-server',
  'mysql-server',
  'dynamodb-table',
] as const;

/** The components that a disaster hits have to exist. */
function disasterIds(context: CheckContext, scenario: string, disaster: Disaster | undefined): Problem[] {
  const path = ['scenarios', scenario, 'disaster'];
  if (!disaster) return [];
  if ('component' in disaster) {
    return idOfType(context, disaster.component, corruptible, [...path, 'component']);
  }
  const ids = 'components' in disaster ? disaster.components : [];
  return ids.flatMap((id, index) => unknownId(context, 'components', id, [...path, 'components', index]));
}

/** Nothing when the id exists, otherwise the problem with the nearest one that does. */
export function unknownId(
  context: CheckContext,
  section: Named,
  id: string,
  path: PropertyKeyPath,
): Problem[] {
  if (context.isWritten(section, id)) return [];
  const known = Object.keys(context.plan[section]);
  const near = nearest(id, known);
  const noun = nouns[section];
  return [
    {
      rule: `unknown-${noun}`,
      severity: 'error',
      path,
      message: `There is no ${noun} "${id}"`,
      mend: didYouMean(near, known, `Declare it under "${section}".`),
      near,
    },
  ];
}

/** Events come from DB instances and from DB clusters. */
function databaseId(context: CheckContext, id: string, path: PropertyKeyPath): Problem[] {
  const type = Object.hasOwn(context.plan.components, id) && context.plan.components[id]?.type;
  if (type === 'rds-cluster') return [];
  return idOfType(context, id, 'rds-instance', path);
}

/** Nothing when the id names a component of the type, otherwise what is wrong with it. */
export function idOfType(
  context: CheckContext,
  id: string,
  type: ComponentType | readonly ComponentType[],
  path: PropertyKeyPath,
): Problem[] {
  const types = [type].flat();
  const unknown = unknownId(context, 'components', id, path);
  const component = Object.hasOwn(context.plan.components, id) ? context.plan.components[id] : undefined;
  if (unknown.length > 0 || component === undefined || types.includes(component.type)) return unknown;
  return [
    {
      rule: 'topology-mismatch',
      severity: 'error',
      path,
      message: `"${id}" is of type ${component.type}, and a component of type ${types.join(' or ')} is needed here`,
      mend: `Name a component of type ${types.join(' or ')}.`,
    },
  ];
}

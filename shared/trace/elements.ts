import type { Plan } from '../plan/schema.ts';

/** What kind of thing an element of the plan is; `section` is one that has no sort of its own here. */
export const sorts = [
  'system',
  'regions',
  'objectives',
  'severity',
  'tier',
  'network',
  'component',
  'person',
  'channel',
  'audience',
  'template',
  'escalation',
  'signal',
  'scenario',
  'trigger',
  'phase',
  'step',
  'follow-up',
  'backup',
  'calendar',
  'record',
  'dashboard',
  'cost',
  'document',
  'section',
] as const;
export type Sort = (typeof sorts)[number];

/** Something in the plan that names requirements. */
export type Element = {
  /** Stable and readable, such as `scenarios.region-failure.steps.restore-database` or `escalation[1]`. */
  id: string;
  sort: Sort;
  /** A step's action kind, or the type of a component, channel, signal, backup. */
  kind?: string;
  title?: string;
  implements: readonly string[];
  /** Whether it is a step that is carried out only under a condition. */
  conditional?: true;
  /** Why it does not carry them out, or why a lint warning does not apply to it. */
  waived?: string;
};

const sortOfSection: Record<string, Sort> = {
  system: 'system',
  regions: 'regions',
  objectives: 'objectives',
  severities: 'severity',
  tiers: 'tier',
  network: 'network',
  components: 'component',
  people: 'person',
  channels: 'channel',
  audiences: 'audience',
  templates: 'template',
  escalation: 'escalation',
  signals: 'signal',
  scenarios: 'scenario',
  backups: 'backup',
  calendar: 'calendar',
  followUps: 'follow-up',
  records: 'record',
  dashboard: 'dashboard',
  costs: 'cost',
  documents: 'document',
};

/** Every element of the plan that may name requirements, in the order of the file. */
export function elementsOf(plan: Plan): Element[] {
  const found: Element[] = [];
  for (const [section, value] of Object.entries(plan)) {
    visit(value, section, sortOfSection[section] ?? 'section', found);
  }
  return found;
}

function visit(value: unknown, id: string, sort: Sort, found: Element[]): void {
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) visit(item, itemId(id, index, item), sort, found);
    return;
  }
  if (typeof value !== 'object' || value === null) return;
  const entries = Object.entries(value);
  const { implements: ids, waived, title, name } = value as Record<string, unknown>;
  if (Array.isArray(ids)) {
    const words = [title, name].find(text => typeof text === 'string');
    found.push({
      id,
      sort,
      ...kindOf(value),
      ...(sort === 'step' && 'when' in value && value.when !== undefined && { conditional: true as const }),
      ...(typeof words === 'string' && { title: words }),
      implements: ids.map(String),
      ...(typeof waived === 'string' && { waived }),
    });
  }
  for (const [key, inner] of entries) {
    // What a step hands to its action is data; an `implements` in it would be a parameter's.
    if (key === 'with' || key === 'implements') continue;
    const [innerId, innerSort] = place(id, sort, key);
    visit(inner, innerId, innerSort, found);
  }
}

/** Phases and steps are named by their scenario and their own id, wherever in it they are. */
function place(id: string, sort: Sort, key: string): [string, Sort] {
  if (sort === 'scenario') {
    if (key === 'phases') return [`${id}.phases`, 'phase'];
    if (key === 'trigger') return [`${id}.trigger`, 'trigger'];
    if (key === 'followUps') return [`${id}.followUps`, 'follow-up'];
  }
  if (sort === 'phase' && key === 'steps') return [id.replace(/\.phases\.[^.]+$/, '.steps'), 'step'];
  if (sort === 'step' && key === 'parallel') return [id.replace(/\.steps\.?[^.]*$/, '.steps'), 'step'];
  return [`${id}.${key}`, sort];
}

/** Items of lists go by their own id where they have one. */
function itemId(list: string, index: number, item: unknown): string {
  if (typeof item === 'object' && item !== null && 'id' in item && typeof item.id === 'string') {
    return `${list}.${item.id}`;
  }
  // Groups of parallel steps and their branches have no name: their steps are the scenario's.
  if (list.endsWith('.steps')) return list;
  return `${list}[${index}]`;
}

function kindOf(value: object): { kind?: string } {
  const { do: action, type } = value as Record<string, unknown>;
  if (typeof action === 'string') return { kind: action };
  return typeof type === 'string' ? { kind: type } : {};
}

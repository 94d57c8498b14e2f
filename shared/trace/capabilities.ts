import { type Element, type Sort, sorts } from './elements.ts';

/**
 * What may carry out a row of a capability. `sorts` are the elements that can, `kinds` narrows steps down to action
 * kinds. `needsRehearsal` says whether the row counts as carried out only when a rehearsal exercised the element: what
 * does something has to have done it once; what is only to be known is documentation.
 */
export type Fit = { sorts: readonly Sort[]; kinds?: RegExp; needsRehearsal: boolean; wanted: string };

const anything: readonly Sort[] = sorts;

const words: Record<string, Fit> = {
  doc: { sorts: anything, needsRehearsal: false, wanted: 'any element' },
  cost: { sorts: ['cost', 'record', 'document'], needsRehearsal: false, wanted: 'an entry under "costs"' },
  audit: { sorts: anything, needsRehearsal: false, wanted: 'any element' },
  report: { sorts: anything, needsRehearsal: false, wanted: 'any element' },
  postmortem: { sorts: anything, needsRehearsal: false, wanted: 'any element' },
  severity: {
    sorts: ['severity', 'tier', 'scenario'],
    needsRehearsal: false,
    wanted: 'a severity, a tier or a scenario',
  },
  objective: {
    sorts: [
      'objectives',
      'tier',
      'severity',
      'scenario',
      'phase',
      'backup',
      'audience',
      'trigger',
      'escalation',
    ],
    needsRehearsal: true,
    wanted: 'an objective: of the plan, a tier, a severity, a scenario, a phase, a backup',
  },
  measure: {
    sorts: [
      'objectives',
      'tier',
      'severity',
      'scenario',
      'phase',
      'step',
      'backup',
      'calendar',
      'trigger',
      'record',
    ],
    needsRehearsal: true,
    wanted: 'something that a report measures: objectives, a scenario, a phase, a step',
  },
  notify: {
    sorts: [
      'channel',
      'audience',
      'template',
      'step',
      'escalation',
      'person',
      'severity',
      'follow-up',
      'calendar',
    ],
    kinds: /^(notify|people)\./,
    needsRehearsal: true,
    wanted: 'an audience, a channel, a template or a notify step',
  },
  statuspage: {
    sorts: ['channel', 'audience', 'template', 'step', 'component'],
    kinds: /^(notify|people|http)\./,
    needsRehearsal: true,
    wanted: 'a channel of a status page, its audience, or a step',
  },
  template: {
    sorts: ['template', 'step', 'audience', 'channel'],
    kinds: /^(notify|people)\./,
    needsRehearsal: true,
    wanted: 'a template, or a step that sends one',
  },
  escalation: {
    sorts: ['escalation', 'person', 'audience', 'follow-up'],
    needsRehearsal: true,
    wanted: 'a level of the escalation',
  },
  schedule: {
    sorts: ['calendar', 'backup', 'severity', 'follow-up', 'signal', 'audience', 'step', 'escalation'],
    needsRehearsal: true,
    wanted: 'an entry of the calendar, a backup, a follow-up, or a cadence of updates',
  },
  drill: {
    sorts: ['calendar', 'scenario', 'step', 'follow-up', 'backup'],
    needsRehearsal: true,
    wanted: 'an entry of the calendar, or a scenario that is rehearsed as a drill',
  },
  trigger: {
    sorts: ['signal', 'trigger', 'scenario', 'calendar', 'backup', 'step'],
    needsRehearsal: true,
    wanted: 'a signal, a trigger, or a scenario that a person starts',
  },
  approval: {
    sorts: ['step', 'trigger', 'scenario'],
    kinds: /^people\./,
    needsRehearsal: true,
    wanted: 'a people.approval, a step with a condition, or a trigger',
  },
  'manual-task': {
    sorts: ['step', 'follow-up', 'calendar'],
    needsRehearsal: true,
    wanted: 'a people.task, a follow-up or an entry of the calendar',
  },
};

/** Everything else names an action: a step does it, a backup class makes it, a schedule starts it. */
const action: Fit = {
  sorts: ['step', 'backup', 'calendar', 'signal'],
  needsRehearsal: true,
  wanted: 'a step, a backup class or an entry of the calendar',
};

/** The capabilities that are no action, such as `objective`. */
export const capabilityWords: readonly string[] = Object.keys(words);

export function fitOf(capability: string): Fit {
  return words[capability] ?? action;
}

/** Whether an element is of a sort that can carry out such a row. */
export function fits(element: Element, capability: string): boolean {
  const { sorts, kinds } = fitOf(capability);
  if (!sorts.includes(element.sort)) return false;
  // A condition decides as well as a person does.
  if (capability === 'approval' && element.conditional) return true;
  return element.sort !== 'step' || kinds === undefined || kinds.test(element.kind ?? '');
}

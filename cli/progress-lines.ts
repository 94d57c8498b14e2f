import type { Entry, EntryOf, LedgerEntry } from '../shared/incident/entries.ts';
import { formatDuration } from '../shared/plan/duration.ts';
import type { Phase, Plan } from '../shared/plan/schema.ts';
import { namesOf } from '../shared/report/names.ts';
import { stepsOf } from '../shared/report/phases.ts';
import { clockTime, elapsedSeconds } from '../shared/report/time.ts';
import { tell, type Words } from '../shared/report/timeline.ts';
import type { Mode } from '../shared/runbook/contract.ts';
import type { Paint } from './paint.ts';

/**
 * `text` is a sentence, `mark` the sign in front of it. Lines in a row with the same `gather.key` become one: their
 * texts as a list between `before` and `after`.
 */
export type Line = {
  at: string;
  mark: string;
  text: string;
  tone: keyof Paint | 'plain';
  gather?: { key: string; before: string; after: string };
};

type LineState = {
  plan: Plan;
  words: Words;
  /** Of the run that was heard of last. */
  phases: readonly Phase[];
  mode: Mode | undefined;
  /** When each step was first heard of. */
  begun: Map<string, string>;
};

export function createLineState(plan: Plan): LineState {
  return { plan, words: wordsOf(plan), phases: [], mode: undefined, begun: new Map() };
}

/** Ids of phases and steps are looked up in the run's own scenario first: two scenarios may share an id. */
function wordsOf(plan: Plan, own: readonly Phase[] = []): Words {
  const names = namesOf(plan);
  const others = Object.values(plan.scenarios).flatMap(scenario => scenario.phases);
  const phases = [...own, ...others.filter(phase => !own.some(({ id }) => id === phase.id))];
  const titles = new Map([...others, ...own].flatMap(stepsOf).map(({ id, title }) => [id, title ?? id]));
  return {
    phase: id => phases.find(phase => phase.id === id)?.title ?? id,
    step: id => titles.get(id) ?? id,
    name: id => names[id] ?? id,
  };
}

/** The line for an entry; undefined for what a reader at the terminal need not see. Keeps what later lines need. */
export function lineOf(state: LineState, { at, entry }: LedgerEntry): Line | undefined {
  switch (entry.type) {
    case 'run-started':
      state.phases = state.plan.scenarios[entry.scenario]?.phases ?? [];
      state.mode = entry.mode;
      state.words = wordsOf(state.plan, state.phases);
      return undefined;
    case 'phase-started': {
      const place = state.phases.findIndex(({ id }) => id === entry.phase) + 1;
      const text = `${state.words.phase(entry.phase)} (phase ${place} of ${state.phases.length})`;
      return { at, mark: '■', tone: 'bold', text };
    }
    case 'step':
      return stepLine(state, at, entry);
    case 'triage':
      return entry.decision === 'open' || entry.decision === 'refuse'
        ? spoken(state, at, entry, '!')
        : undefined;
    case 'task-set':
    case 'question':
      return spoken(state, at, entry, '?');
    case 'answer':
    case 'acknowledged':
    case 'task-done':
      return spoken(state, at, entry, '↳');
    case 'phase-ended':
      return entry.ok ? undefined : spoken(state, at, entry, '✗');
    case 'signal':
    case 'incident-opened':
    case 'escalated':
    case 'link-refused':
    case 'message-late':
    case 'task-overdue':
      return spoken(state, at, entry, '!');
    case 'message':
      return entry.status === 'sent' ? toldLine(state, at, entry) : spoken(state, at, entry, '!');
    case 'run-ended':
    case 'incident-resolved':
      return spoken(state, at, entry, '■');
    case 'change':
    case 'note':
      return undefined;
  }
}

/** The words of the report's timeline. */
function spoken({ words, mode }: LineState, at: string, entry: Entry, mark: string): Line | undefined {
  const telling = tell(entry, words, mode);
  return telling && { at, mark, text: telling.what, tone: telling.tone };
}

function toldLine({ words }: LineState, at: string, entry: EntryOf<'message'>): Line | undefined {
  // Pages and reminders to one person have lines of their own: the escalation, the question.
  if (entry.audience.startsWith('person:')) return undefined;
  const gather = { key: `told ${entry.template}`, before: 'told ', after: `: ${entry.template}` };
  return { at, mark: '»', tone: 'dim', text: words.name(entry.audience), gather };
}

function stepLine(state: LineState, at: string, entry: EntryOf<'step'>): Line | undefined {
  const title = state.words.step(entry.step);
  const begun = state.begun.get(entry.step) ?? at;
  state.begun.set(entry.step, begun);
  switch (entry.status) {
    case 'done': {
      // The line of the answer has said so already.
      if (entry.action === 'people.approval' || entry.action === 'people.task') return undefined;
      const took = elapsedSeconds(begun, at);
      // "Done" is not the same as "fenced": a step that comes to a verdict says which.
      const verdict = entry.outputs?.verdict;
      const said = typeof verdict === 'string' ? `${title}: ${verdict}` : title;
      const line: Line = { at, mark: '✓', tone: 'good', text: said };
      if (took > 0) return { ...line, text: `${said}, ${formatDuration(took)}` };
      return { ...line, gather: { key: `done ${clockTime(at)}`, before: '', after: '' } };
    }
    case 'failed':
    case 'refused':
      return spoken(state, at, entry, '✗');
    case 'undone':
      return spoken(state, at, entry, '↺');
    case 'preparing':
      return spoken(state, at, entry, '↻');
    case 'skipped':
      return isOfMode(state, entry.step) ? spoken(state, at, entry, '-') : undefined;
    case 'undoing':
    case 'acting':
    case 'asking':
      return undefined;
  }
}

function isOfMode({ phases, mode }: LineState, step: string): boolean {
  const planned = phases.flatMap(stepsOf).find(({ id }) => id === step);
  return mode === undefined || (planned?.modes ?? [mode]).includes(mode);
}

import { formatTime } from '../communication/wording.ts';
import type { Entry, EntryOf, LedgerEntry, StepStatus } from '../incident/entries.ts';
import { formatDuration } from '../plan/duration.ts';
import type { Mode } from '../runbook/contract.ts';
import type { TimelineItem } from './report.ts';
import { elapsedSeconds } from './time.ts';

type Tone = TimelineItem['tone'];
type Telling = { tone: Tone; what: string };

/** Words for ids: titles of phases and steps, names of people, audiences and channels. */
export type Words = { phase(id: string): string; step(id: string): string; name(id: string): string };

/** What happened, in the order of the ledger, as sentences. Changes have their own list and are left out. */
export function timelineOf(ledger: readonly LedgerEntry[], clockStart: string, words: Words): TimelineItem[] {
  let mode: Mode | undefined;
  return ledger.flatMap(({ at, entry }) => {
    if (entry.type === 'run-started') mode = entry.mode;
    const telling = tell(entry, words, mode);
    if (!telling) return [];
    return [{ at, afterSeconds: elapsedSeconds(clockStart, at), type: entry.type, ...telling }];
  });
}

/**
 * One ledger entry as a sentence; undefined for what a timeline has no room for. `mode` is that of the run, where it
 * is known: a drill or a dry run that ends well has passed, and recovered nothing.
 */
export function tell(entry: Entry, words: Words, mode?: Mode): Telling | undefined {
  switch (entry.type) {
    case 'signal':
      return {
        tone: signalTones[entry.state],
        what: `Signal ${entry.signal} is ${entry.state}: ${entry.what}`,
      };
    case 'triage':
      return {
        tone: entry.decision === 'refuse' ? 'warn' : 'plain',
        what: `Triage decides: ${entry.decision} ${entry.scenario}${listed(entry.reasons)}`,
      };
    case 'incident-opened':
      return {
        tone: 'plain',
        what: `Incident opened by ${words.name(entry.by)}, severity ${entry.severity}`,
      };
    case 'run-started':
      return { tone: 'plain', what: `Run of ${entry.scenario} started, mode ${entry.mode}` };
    case 'phase-started':
      return { tone: 'plain', what: `Phase "${words.phase(entry.phase)}" started` };
    case 'phase-ended':
      return entry.ok
        ? { tone: 'good', what: `Phase "${words.phase(entry.phase)}" ended` }
        : { tone: 'bad', what: `Phase "${words.phase(entry.phase)}" failed${listed(entry.failedSteps)}` };
    case 'step':
      return tellStep(entry, words);
    case 'change':
    case 'backup-created':
    case 'backup-copied':
    case 'backup-checked':
    case 'backup-verified':
    case 'calendar-due':
      return undefined;
    case 'question':
      return {
        tone: 'plain',
        what: `Asked ${entry.askedOf.map(words.name).join(', ')}: ${entry.title} (${formatDuration(entry.answerWithinSeconds)} to answer)`,
      };
    case 'answer':
      return tellAnswer(entry, words);
    case 'message':
      return tellMessage(entry, words);
    case 'escalated':
      return {
        tone: 'warn',
        what: `Escalated to level ${entry.level}: ${entry.people.map(words.name).join(', ')}${entry.task ? ` (not done: ${entry.task})` : ''}`,
      };
    case 'acknowledged':
      return {
        tone: 'good',
        what: `${words.name(entry.by)} acknowledged the incident (${entry.via === 'answer' ? 'by that answer' : entry.via})`,
      };
    case 'message-late':
      return { tone: 'bad', what: `Late: ${entry.template} to ${words.name(entry.audience)}` };
    case 'task-set': {
      const names = entry.owners.map(words.name).join(', ');
      const due = formatTime(entry.dueAt);
      const who = entry.tell ? `To be said to ${names} at ${due}` : `To be done by ${names} until ${due}`;
      return {
        tone: 'plain',
        what: `${who}: ${entry.title}${entry.obligation ? ` (${entry.obligation})` : ''}`,
      };
    }
    case 'task-done':
      return {
        tone: 'good',
        what: `${words.name(entry.by)} has done: ${entry.title}${entry.evidence ? ` (${entry.evidence})` : ''}`,
      };
    case 'task-overdue':
      return { tone: 'bad', what: `Overdue: ${entry.title} (${entry.owners.map(words.name).join(', ')})` };
    case 'link-refused':
      return { tone: 'warn', what: `${refusedThing(entry)} was refused: ${entry.why}` };
    case 'run-ended':
      return {
        tone: entry.outcome === 'recovered' ? 'good' : 'bad',
        what: `Run ended: ${entry.outcome === 'recovered' && isExercise(mode) ? 'passed' : entry.outcome}${listed(entry.reasons.map(({ what }) => what))}`,
      };
    case 'incident-resolved':
      return { tone: 'good', what: `Incident resolved by ${words.name(entry.by)}` };
    case 'note':
      return { tone: 'plain', what: `${words.name(entry.by)}: ${entry.what}` };
  }
}

const isExercise = (mode: Mode | undefined) => mode === 'drill' || mode === 'dry-run';

const signalTones = { firing: 'bad', clear: 'good', unknown: 'warn' } as const;

const stepTones: Partial<Record<StepStatus, Tone>> = {
  done: 'good',
  skipped: 'warn',
  refused: 'bad',
  failed: 'bad',
  undoing: 'warn',
  undone: 'plain',
};

function tellStep(entry: EntryOf<'step'>, words: Words): Telling | undefined {
  const tone = stepTones[entry.status];
  // Beginning again is worth a line; a first beginning is seen from its phase.
  if (!tone) {
    const again = entry.status === 'preparing' && entry.attempt > 1;
    return again
      ? { tone: 'warn', what: `Step "${words.step(entry.step)}" tried again, attempt ${entry.attempt}` }
      : undefined;
  }
  const why = entry.reasons?.map(({ what }) => what).join(' ') || entry.error || entry.note;
  return { tone, what: `Step "${words.step(entry.step)}" ${entry.status}${why ? `: ${why}` : ''}` };
}

function tellAnswer(entry: EntryOf<'answer'>, words: Words): Telling {
  const { value, by, reason } = entry.answer;
  const about = `"${words.step(entry.step)}"`;
  if (value === 'timeout') return { tone: 'bad', what: `Nobody answered ${about} in time` };
  const tone = value === 'deny' || value === 'abort' ? 'bad' : 'good';
  const because = reason ? `: ${reason}` : '';
  return { tone, what: `${words.name(by)} answered ${about} with ${value} (${entry.via})${because}` };
}

function tellMessage(entry: EntryOf<'message'>, words: Words): Telling {
  const to = words.name(entry.audience);
  if (entry.status === 'sent')
    return { tone: 'plain', what: `Told ${to} by channel ${entry.channel}: ${entry.template}` };
  // Another channel may have taken it: that has a line of its own.
  const what = `Channel ${entry.channel} did not take "${entry.template}" for ${to}: ${entry.error ?? 'no reason given'}`;
  return { tone: 'bad', what };
}

function listed(parts: readonly string[]): string {
  return parts.length > 0 ? `: ${parts.join('; ')}` : '';
}

/** What was refused: a link by which somebody decides, or a request in the name of a provider. */
export function refusedThing({ from }: Pick<EntryOf<'link-refused'>, 'from'>): string {
  if (from === undefined) return 'A decision link';
  return `A request in the name of ${from === 'slack' ? 'Slack' : 'PagerDuty'}`;
}

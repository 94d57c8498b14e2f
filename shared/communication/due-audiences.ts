import type { PlannedMessage } from './planned-message.ts';
import { routesOf } from './routes.ts';
import { isRoutineCheck } from './routine-check.ts';
import { ending, isOver, openedAt, resolvedByHand, type Situation, severityOf, shift } from './situation.ts';

/** Updates leave this long before their time is up, so that the time it takes to send one does not make it late. */
const updateLeadSeconds = 60;

/** Regulators are told when it opens and when it ends; a cadence of updates is for those who work or wait. */
const withoutUpdates: readonly string[] = ['regulator'];

/** Messages of these templates go to an audience once in an incident or a run, whoever asks for them. */
const once: Record<string, 'incident' | 'run'> = {
  initial: 'incident',
  drill: 'incident',
  'all-clear': 'run',
  'drill-result': 'run',
  'not-recovered': 'run',
  'check-failed': 'run',
  resolved: 'run',
};

/**
 * Key of a message to an audience that a step or the calendar sends, so that an audience which a step told already
 * is not told the same again. Undefined for templates that may be repeated.
 */
export function audienceKey(template: string, audience: string, run: { id: string }): string | undefined {
  const scope = once[template];
  if (!scope) return undefined;
  return scope === 'incident' ? `initial/${audience}/1` : `${template}/${audience}/${run.id}`;
}

/** Opening, updates by cadence, and the end: what the scenario's audiences are told. */
export function audienceMessages(situation: Situation): PlannedMessage[] {
  const audiences = audiencesOf(situation);
  if (isRoutineCheck(situation)) {
    const failed = closingTemplate(situation) === 'check-failed';
    return failed ? audiences.flatMap(audience => closing(situation, audience)) : [];
  }
  return audiences.flatMap(audience => [
    ...opening(situation, audience),
    ...updates(situation, audience),
    ...closing(situation, audience),
  ]);
}

/** Audiences of the scenario that are told in this mode: of a drill only those that the plan marks for it. */
export function audiencesOf({ plan, run }: Situation): string[] {
  const audiences = plan.scenarios[run.scenario]?.audiences ?? [];
  return audiences.filter(id => plan.audiences[id] && isTold(plan.audiences[id], run.mode));
}

/** Whether a drill reaches this audience or person; every other mode reaches all of them. */
export function isTold(recipient: { drill?: boolean }, mode: Situation['run']['mode']): boolean {
  return mode !== 'drill' || recipient.drill === true;
}

/** Template of the message that closes a run. */
export function closingTemplate(
  situation: Situation,
): 'all-clear' | 'not-recovered' | 'drill-result' | 'check-failed' {
  if (ending(situation)?.entry.outcome !== 'recovered')
    return isRoutineCheck(situation) ? 'check-failed' : 'not-recovered';
  return situation.run.mode === 'drill' ? 'drill-result' : 'all-clear';
}

/** Told at once; `within` is the deadline that the report measures. */
function opening(situation: Situation, audience: string): PlannedMessage[] {
  const at = openedAt(situation);
  const template = situation.run.mode === 'drill' ? 'drill' : 'initial';
  return messages(situation, audience, template, at, within(situation, audience));
}

/**
 * The newest update that is due and the one after it. Older ones that were missed (the sender was down) are left out:
 * nobody is helped by three updates at once.
 */
function updates(situation: Situation, audience: string): PlannedMessage[] {
  const every = cadenceOf(situation, audience);
  const information = situation.plan.audiences[audience]?.information ?? '';
  if (!every || isOver(situation) || withoutUpdates.includes(information)) return [];
  const lead = Math.min(updateLeadSeconds, every / 2);
  const elapsed = (situation.now.getTime() - Date.parse(openedAt(situation))) / 1000;
  const newest = Math.floor((elapsed + lead) / every);
  return [newest, newest + 1]
    .filter(n => n >= 1)
    .flatMap(n =>
      messages(situation, audience, 'update', openedAt(situation), n * every, `update/${audience}/${n}`).map(
        planned => ({ ...planned, sendAt: shift(openedAt(situation), n * every - lead) }),
      ),
    );
}

/** All clear, or that it did not work out. Whoever was told of the beginning is told of the end. */
function closing(situation: Situation, audience: string): PlannedMessage[] {
  const end = ending(situation);
  const hand = resolvedByHand(situation);
  return [
    ...(end
      ? messages(situation, audience, closingTemplate(situation), end.at, within(situation, audience))
      : []),
    ...(hand ? messages(situation, audience, 'resolved', hand.at, within(situation, audience)) : []),
  ];
}

function messages(
  situation: Situation,
  audience: string,
  template: string,
  from: string,
  withinSeconds: number,
  key = audienceKey(template, audience, situation.run) ?? `${template}/${audience}`,
): PlannedMessage[] {
  return routesOf(situation.plan.audiences[audience], key).map(route => ({
    ...route,
    to: { audience },
    template,
    sendAt: from,
    dueAt: shift(from, withinSeconds),
  }));
}

function within(situation: Situation, audience: string): number {
  return situation.plan.audiences[audience]?.within ?? 0;
}

/** Seconds between updates for an audience: its own cadence, else that of the severity. */
export function cadenceOf(situation: Situation, audience?: string): number | undefined {
  const own = audience === undefined ? undefined : situation.plan.audiences[audience]?.updateEvery;
  return own ?? situation.plan.severities[severityOf(situation)]?.updateEvery;
}

/** When the next update is due, for the text of the present one; undefined when none will follow. */
export function nextUpdateAt(situation: Situation, audience?: string): string | undefined {
  const every = cadenceOf(situation, audience);
  if (!every || isOver(situation)) return undefined;
  const lead = Math.min(updateLeadSeconds, every / 2);
  const elapsed = (situation.now.getTime() - Date.parse(openedAt(situation))) / 1000;
  return shift(openedAt(situation), (Math.floor((elapsed + lead) / every) + 1) * every);
}

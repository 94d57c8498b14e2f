import { taskId } from '../communication/task-record.ts';
import { templateNames } from '../communication/templates.ts';
import type { Entry, EntryOf, LedgerEntry } from '../incident/entries.ts';
import type { Plan, Scenario } from '../plan/schema.ts';
import { recordsOf } from '../report/records.ts';
import type { Report } from '../report/report.ts';
import type { Mode } from '../runbook/contract.ts';

/**
 * Ids of the plan's elements that a rehearsal exercised, as `elementsOf` names them. Told from what the run recorded:
 * a step counts once it came to its end, a message once a provider took it, a phase once it ended well, a signal
 * once it was heard. A dry run changes nothing and proves no step; it counts for its scenario only.
 */
export function exercisedBy(plan: Plan, report: Report, ledger: readonly LedgerEntry[]): string[] {
  const scenario = plan.scenarios[report.scenario];
  const started = of(ledger, 'run-started').length > 0;
  if (!scenario || !started) return [];
  const own = `scenarios.${report.scenario}`;
  const found = new Set([own, 'system', 'regions', 'network']);
  if (report.mode === 'dry-run') return [...found];
  const add = (...ids: string[]) => {
    for (const id of ids) found.add(id);
  };
  for (const step of report.steps) {
    if (step.status === 'done' || step.status === 'undone') add(`${own}.steps.${step.id}`);
  }
  for (const phase of of(ledger, 'phase-ended')) if (phase.ok) add(`${own}.phases.${phase.phase}`);
  add(...opening(report, ledger), ...measured(plan, report), ...told(plan, ledger, report.mode));
  for (const [name, said] of Object.entries(recordsOf(report)))
    if (said !== undefined) add(`records.${name}`);
  add(...componentsUsed(plan, scenario, report), ...followUpsSet(plan, report, ledger));
  return [...found].sort();
}

function of<T extends Entry['type']>(ledger: readonly LedgerEntry[], type: T): EntryOf<T>[] {
  return ledger.flatMap(({ entry }) => (entry.type === type ? [entry as EntryOf<T>] : []));
}

/** What opened it: signals that fired, and the trigger if triage opened the incident because of them. */
function opening(report: Report, ledger: readonly LedgerEntry[]): string[] {
  const signals = of(ledger, 'signal').filter(({ state }) => state === 'firing');
  const opened = of(ledger, 'triage').some(
    ({ decision, scenario }) => decision === 'open' && scenario === report.scenario,
  );
  return [
    ...signals.map(({ signal }) => `signals.${signal}`),
    ...(opened && signals.length > 0 ? [`scenarios.${report.scenario}.trigger`] : []),
    ...of(ledger, 'incident-opened').map(({ severity }) => `severities.${severity}`),
  ];
}

/** Objectives that the report has a figure against. */
function measured(plan: Plan, { rto, rpo, detail }: Report): string[] {
  const found: string[] = [];
  if (rto.actualSeconds !== null || rpo.actualSeconds !== null) found.push('objectives');
  for (const { of: level, id, rto: back, rpo: loss, respond } of detail.serviceLevels) {
    const anything = [back, loss, respond].some(figure => figure !== null && figure.actualSeconds !== null);
    if (anything) found.push(`${level === 'tier' ? 'tiers' : 'severities'}.${id}`);
  }
  if (detail.outageCost !== null) {
    found.push('costs', ...(plan.costs?.entries ?? []).map((_, index) => `costs.entries[${index}]`));
  }
  return found;
}

/** Who was told, how, and with which text; a level of the escalation once it was called. */
function told(plan: Plan, ledger: readonly LedgerEntry[], mode: Mode): string[] {
  const sent = of(ledger, 'message').filter(({ status }) => status === 'sent');
  const messages = sent.flatMap(({ audience, channel, template }) => {
    const person = /^person:(.+)$/.exec(audience)?.[1];
    const information = plan.audiences[audience]?.information ?? 'technical';
    const own = templateNames(template, information, mode).find(id => Object.hasOwn(plan.templates, id));
    return [
      person === undefined ? `audiences.${audience}` : `people.${person}`,
      `channels.${channel}`,
      ...(own === undefined ? [] : [`templates.${own}`]),
    ];
  });
  const levels = of(ledger, 'escalated').map(({ level }) => `escalation[${level - 1}]`);
  const answered = of(ledger, 'answer').flatMap(({ answer }) =>
    answer.by.split(', ').map(person => `people.${person}`),
  );
  return [...messages, ...levels, ...answered];
}

/** Follow-ups whose task was set: with its owner, its time and the schedules that call again. */
function followUpsSet(plan: Plan, report: Report, ledger: readonly LedgerEntry[]): string[] {
  const set = new Set(of(ledger, 'task-set').map(({ task }) => task));
  const { incidentId } = report.detail.run;
  const own = plan.scenarios[report.scenario]?.followUps ?? {};
  return [...Object.keys(plan.followUps), ...Object.keys(own)]
    .filter(id => set.has(taskId(incidentId, id)))
    .map(id => (Object.hasOwn(own, id) ? `scenarios.${report.scenario}.followUps.${id}` : `followUps.${id}`));
}

/** Components that a finished step names, and those that the disaster struck. */
function componentsUsed(plan: Plan, { phases, disaster }: Scenario, { steps, mode }: Report): string[] {
  const done = new Set(steps.filter(({ status }) => status === 'done').map(({ id }) => id));
  const all = phases
    .flatMap(phase => phase.steps)
    .flatMap(item => ('parallel' in item ? item.parallel.flat() : item));
  const named = all.filter(({ id }) => done.has(id)).flatMap(step => namesIn(step.with));
  const struck = mode === 'recover' && disaster ? namesIn(disaster) : [];
  return [...named, ...struck].filter(id => Object.hasOwn(plan.components, id)).map(id => `components.${id}`);
}

/** Texts among a step's parameters, or in a disaster, that may be the id of a component. */
function namesIn(value: unknown): string[] {
  if (typeof value === 'string') return [value, ...(/\$\{components\.([^.}]+)/.exec(value)?.slice(1) ?? [])];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(namesIn) : [];
}

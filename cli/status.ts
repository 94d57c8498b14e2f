import type { Question } from '../shared/communication/question-record.ts';
import { readQuestions } from '../shared/communication/questions.ts';
import { readTasks, type Task } from '../shared/communication/task-record.ts';
import { InvalidInputError } from '../shared/errors.ts';
import type { LedgerEntry } from '../shared/incident/entries.ts';
import { type Incident, listIncidents, openIncidentOf, readIncident } from '../shared/incident/incident.ts';
import { readLedger } from '../shared/incident/ledger.ts';
import { type Automation, readAutomation } from '../shared/incident/switch.ts';
import type { Plan } from '../shared/plan/schema.ts';
import { type RunRecord, readRun } from '../shared/runbook/run-record.ts';
import { readSteps, type StepRecord } from '../shared/runbook/step-record.ts';
import type { Runtime } from '../shared/runtime.ts';
import { type LastDecision, readLastDecision } from '../shared/triage/last-decision.ts';

/** All that is known of what a deployed system is doing. */
export type Status = {
  plan: Plan;
  /** When it was read. */
  now: Date;
  automation: Automation;
  /** What the signals came to, where no incident is open. */
  lastDecision?: LastDecision;
  incident?: IncidentStatus;
};
export type IncidentStatus = {
  incident: Incident;
  run?: RunRecord;
  steps: StepRecord[];
  /** Open questions, the oldest first. */
  waiting: Question[];
  ledger: LedgerEntry[];
  /** Follow-ups of the incident, done or not, the first due first. */
  tasks: Task[];
};

/**
 * Reads one incident: the one with this id, else the real one that is open, else the newest of any kind.
 * Throws InvalidInputError for an id that does not exist.
 */
export async function readStatus(runtime: Runtime, incidentId: string | undefined): Promise<Status> {
  const { store, plan, clock } = runtime;
  const [automation, decision, incident] = await Promise.all([
    readAutomation(store, plan.system.id),
    readLastDecision(store, plan.system.id),
    findIncident(runtime, incidentId),
  ]);
  // One from before the end of the newest incident may be what led to it.
  const current = decision && (incident === undefined || decision.since > (incident.resolvedAt ?? '9'));
  const status: Status = {
    plan,
    now: clock.now(),
    automation,
    ...(current && { lastDecision: decision }),
  };
  if (!incident) return status;
  const [run, steps, questions, ledger, tasks] = await Promise.all([
    incident.runId === undefined ? undefined : readRun(store, incident.runId),
    incident.runId === undefined ? [] : readSteps(store, incident.runId),
    readQuestions(store, incident.id),
    readLedger(store, incident.id),
    readTasks(store, incident.id),
  ]);
  const waiting = questions.filter(question => question.status === 'open');
  return { ...status, incident: { incident, run, steps, waiting, ledger, tasks } };
}

async function findIncident({ store, plan }: Runtime, id: string | undefined): Promise<Incident | undefined> {
  if (id === undefined) {
    return (
      (await openIncidentOf(store, plan.system.id)) ?? (await listIncidents(store, plan.system.id, 1))[0]
    );
  }
  const incident = await readIncident(store, id);
  if (incident) return incident;
  const known = (await listIncidents(store, plan.system.id, 5)).map(each => each.id);
  throw new InvalidInputError(`There is no incident "${id}".`, {
    nextStep: known.length > 0 ? `The newest are: ${known.join(', ')}.` : 'There has been none so far.',
  });
}

/** One line of JSON. Task tokens stay out of it: whoever has one can answer for anybody. */
export function statusJson({ plan, automation, lastDecision, incident: found }: Status): string {
  const { incident, run, steps, waiting, ledger, tasks } = found ?? {};
  const questions = waiting?.map(({ token: _, ...question }) => question);
  const body = found
    ? { incident, run, steps, waiting: questions, tasks, ledgerEntries: ledger?.length }
    : { incident: null };
  return `${JSON.stringify({ system: plan.system.id, automation, lastDecision, ...body })}\n`;
}

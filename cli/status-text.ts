import { readQuestions } from '../shared/communication/questions.ts';
import { lastIncidentOf, readIncident } from '../shared/incident/incident.ts';
import { readLedger } from '../shared/incident/ledger.ts';
import { readAutomation } from '../shared/incident/switch.ts';
import { formatDuration } from '../shared/plan/duration.ts';
import { readRun } from '../shared/runbook/run-record.ts';
import { readSteps, type StepRecord } from '../shared/runbook/step-record.ts';
import type { Runtime } from '../shared/runtime.ts';

/** What a deployed system is doing now, as text or as JSON. */
export async function statusText(
  runtime: Runtime,
  options: { incident?: string; json: boolean },
): Promise<string> {
  const { store, plan, clock } = runtime;
  const [automation, incident] = await Promise.all([
    readAutomation(store, plan.system.id),
    options.incident ? readIncident(store, options.incident) : lastIncidentOf(store, plan.system.id),
  ]);
  if (!incident) {
    if (options.json) return `${JSON.stringify({ system: plan.system.id, automation, incident: null })}\n`;
    return `${plan.system.title}: no incident so far. The automatic start is ${automation.state}: ${automation.reason}\n`;
  }
  const [run, steps, questions, ledger] = await Promise.all([
    incident.runId ? readRun(store, incident.runId) : undefined,
    incident.runId ? readSteps(store, incident.runId) : [],
    readQuestions(store, incident.id),
    readLedger(store, incident.id),
  ]);
  const waiting = questions.filter(question => question.status === 'open');
  if (options.json) {
    const open = waiting.map(({ token: _, ...question }) => question);
    return `${JSON.stringify({ system: plan.system.id, automation, incident, run, steps, waiting: open })}\n`;
  }
  const end = Date.parse(incident.resolvedAt ?? clock.now().toISOString());
  const elapsed = (end - Date.parse(incident.outageStartedAt)) / 1000;
  const target = plan.scenarios[incident.scenario]?.rto ?? plan.objectives.rto;
  return [
    `${plan.system.title}: ${plan.scenarios[incident.scenario]?.title ?? incident.scenario}, ${incident.mode}, ${incident.status}`,
    `  ${incident.id}, opened ${incident.openedAt} by ${incident.openedBy}`,
    `  ${formatDuration(elapsed)} since the outage began; the objective is ${formatDuration(target)}`,
    `  acknowledged: ${incident.acknowledgedBy ?? 'by nobody yet'}`,
    `  run: ${run ? `${run.run.id}, ${run.outcome ?? (run.abortedBy ? `being stopped by ${run.abortedBy}` : 'under way')}` : 'none'}`,
    ...steps.map(line),
    ...waiting.map(
      question =>
        `  waits for ${question.askedOf.join(' or ')} until ${question.expiresAt}: ${question.title}  [${question.id}]`,
    ),
    `  ${ledger.filter(({ entry }) => entry.type === 'message').length} messages sent, ${ledger.length} ledger entries`,
    '',
  ].join('\n');
}

function line(record: StepRecord): string {
  const note = record.status === 'acting' ? record.note : (record.error?.message ?? record.note);
  return `    ${record.status.padEnd(9)} ${record.step.title}${note ? `: ${note}` : ''}`;
}

import type { Plan } from '../plan/schema.ts';

/** A message before its fields are filled in; the grammar is that of `shared/plan/expression.ts`. */
export type Template = { subject: string; text: string };

/** Who reads it: people who work on it, people who are told how it concerns them, or an authority. */
type Reader = 'inside' | 'outside' | 'authority';
const readers: Record<string, Reader> = {
  technical: 'inside',
  executive: 'inside',
  customer: 'outside',
  partner: 'outside',
  regulator: 'authority',
};

/** Texts that are used when the plan has none of that name. Nothing in them is claimed that a field does not show. */
const inside: Record<string, Template> = {
  initial: {
    subject: '${system.title}: ${message.scenario} - recovery has begun',
    text: `The scenario "\${message.scenario}" of \${system.title} was opened, severity \${message.severity}.
It is \${message.elapsed} since \${message.clock}, at \${message.outageStarted}.

Where we are: \${message.phase}
Objectives: back within \${message.rto}, at most \${message.rpo} of data lost.
Commander: \${message.commander}
Next update: \${message.nextUpdate}`,
  },
  drill: {
    subject: '${system.title}: ${message.scenario} is being exercised',
    text: `The scenario "\${message.scenario}" of \${system.title} is being exercised since \${message.opened}.
Production is not touched. You are told so that the exercise includes you.

Next update: \${message.nextUpdate}`,
  },
  update: {
    subject: '${system.title}: ${message.scenario} - ${message.elapsed} in, ${message.progress}',
    text: `Since \${message.outageStarted}: \${message.elapsed}.
Where we are: \${message.phase}
\${message.progress}

Done:
\${message.done}

Failed or open:
\${message.failed}

Next steps:
\${message.nextSteps}

Served again: \${message.eta}
Commander: \${message.commander}
Next update: \${message.nextUpdate}`,
  },
  'all-clear': {
    subject: '${system.title}: ${message.result} after ${message.took}',
    text: `The run of "\${message.scenario}" ended at \${message.ended}, \${message.took} after \${message.clock} (objective: \${message.rto}).

Checked, with its result:
\${message.checks}

Failed or open:
\${message.failed}`,
  },
  'not-recovered': {
    subject: '${system.title}: NOT recovered, the run ended: ${message.outcome}',
    text: `The recovery run ended at \${message.ended} without success (\${message.outcome}). \${system.title} is not declared recovered.

Why:
\${message.reasons}

Done until then:
\${message.done}

The incident stays open. A person has to take it from here.`,
  },
  resolved: {
    subject: '${system.title}: ${message.scenario} is resolved',
    text: `The incident was resolved by \${message.resolvedBy}. The run itself had not recovered (\${message.outcome}); what people did after it is not in this record, and nothing was checked by it.

Still to be done:
\${message.openTasks}`,
  },
  escalation: {
    subject: '${system.title}: ${message.scenario}, please take it (level ${message.level})',
    text: `The scenario "\${message.scenario}" of \${system.title} was opened, severity \${message.severity}. It is \${message.elapsed} since \${message.clock}, at \${message.outageStarted}, and nobody has acknowledged it.

Where we are: \${message.phase}

Say that you are on it; that stops the escalation:
\${message.link}`,
  },
  approval: {
    subject: '${system.title}: your decision - ${message.question}',
    text: `\${message.question}

\${message.shows}

Asked: \${message.asked}
Answer by \${message.answerBy}; without an answer the run ends.

\${message.link}`,
  },
  'failed-step': {
    subject: '${system.title}: step failed, retry, skip or abort? ${message.question}',
    text: `\${message.question}

\${message.shows}

Asked: \${message.asked}
Answer by \${message.answerBy}; without an answer the run ends.

\${message.link}`,
  },
  task: {
    subject: '${system.title}: please do - ${message.question}',
    text: `\${message.question}

\${message.shows}

Say when it is done, by \${message.answerBy}:
\${message.link}`,
  },
  reminder: {
    subject: '${system.title}: still waiting for you - ${message.question}',
    text: `Your answer is still missing; the run waits for it until \${message.answerBy}.

\${message.question}

\${message.shows}

\${message.link}`,
  },
  unanswered: {
    subject: '${system.title}: nobody has answered - ${message.question}',
    text: `The run waits for an answer until \${message.answerBy}.

\${message.question}
Asked: \${message.asked}

Please reach one of them.`,
  },
  'drill-result': {
    subject: '${system.title}: exercise of ${message.scenario} - ${message.result} after ${message.took}',
    text: `The exercise of "\${message.scenario}" ended at \${message.ended}, \${message.took} after \${message.clock} (objective: \${message.rto}).

Checked, with its result:
\${message.checks}

Failed or open:
\${message.failed}`,
  },
  acknowledged: {
    subject: '${system.title}: ${message.scenario} is acknowledged',
    text: `Acknowledged by \${message.acknowledgedBy}. Where it stands: \${message.phase}.`,
  },
  answered: {
    subject: '${system.title}: answered - ${message.question}',
    text: `The question is settled: \${message.question}`,
  },
  late: {
    subject: '${system.title}: an audience was not told in time',
    text: `A message was not sent by its deadline.

\${message.late}

Please see to it that they know. State of the recovery: \${message.phase}.`,
  },
  'follow-up-task': {
    subject: '${system.title}: for you to do - ${message.question}',
    text: `\${message.question}

\${message.shows}

Due by \${message.answerBy} (\${message.obligation}). What shows that it is done: \${message.evidence}.
Incident \${message.incident}.

\${message.link}`,
  },
  'task-reminder': {
    subject: '${system.title}: due soon - ${message.question}',
    text: `\${message.question}

\${message.shows}

It is due by \${message.answerBy} (\${message.obligation}). What shows that it is done: \${message.evidence}.

\${message.link}`,
  },
  'task-overdue': {
    subject: '${system.title}: OVERDUE - ${message.question}',
    text: `\${message.question}

It was due by \${message.answerBy} (\${message.obligation}), and nobody has said that it is done.
Whose task it is: \${message.asked}. Incident \${message.incident}.

\${message.shows}`,
  },
  'follow-up': {
    subject: '${system.title}: after the incident ${message.incident}',
    text: `The incident "\${message.scenario}" began at \${message.outageStarted} and lasted \${message.elapsedMinutes} minutes.

What was done:
\${message.actions}

Data: \${message.dataLoss}
Cause: \${message.rootCause}
Cost: \${message.cost}

Still to be done:
\${message.openTasks}`,
  },
  'post-incident-report': {
    subject: '${system.title}: report on the incident ${message.incident}',
    text: `Incident: \${message.incident}, "\${message.scenario}", severity \${message.severity}
Began: \${message.outageStarted}. Opened: \${message.opened}. Lasted: \${message.elapsedMinutes} minutes.
Commander: \${message.commander}. Acknowledged: \${message.acknowledgedBy}.

Impact: \${message.impact}
Services: \${message.services}
Data: \${message.dataLoss}
Cause: \${message.rootCause}
Cost: \${message.cost}

What was done:
\${message.actions}

What was checked:
\${message.checks}

Still to be done:
\${message.openTasks}`,
  },
  undelivered: {
    subject: '${system.title}: a message could not be delivered, please pass it on',
    text: `No channel took this message. Please pass it on by other means.

\${message.undelivered}

State of the recovery: \${message.phase}
Time since \${message.clock}: \${message.elapsed}`,
  },
};

/** What authorities are told: facts with their times, and what is not known yet is called so. */
const authority: Record<string, Template> = {
  initial: {
    subject: '${system.title}: notice of an incident, ${message.incident}',
    text: `Notice of an incident at \${system.title}.

Reference: \${message.incident}
Began: \${message.outageStarted}
Found: \${message.opened}
Severity: \${message.severity}
Scope: \${message.scenario}. Services: \${message.services}.
Impact on users: \${message.impact}
Data: \${message.dataLoss}
Remediation so far:
\${message.actions}

Cause: \${message.rootCause}
Contact: \${message.contact}`,
  },
  'all-clear': {
    subject: '${system.title}: the incident ${message.incident} has ended',
    text: `The incident \${message.incident} at \${system.title} that began at \${message.outageStarted} ended at \${message.ended}, after \${message.elapsedMinutes} minutes.

Remediation:
\${message.actions}

What was checked:
\${message.checkTitles}

Data: \${message.dataLoss}
Cause: \${message.rootCause}. The full report follows by \${message.reportBy}.
Contact: \${message.contact}`,
  },
};

const outside: Record<string, Template> = {
  initial: {
    subject: '${system.title}: service disruption',
    text: `\${system.title} is disrupted since \${message.outageStarted}. We are working on it.

Next update: \${message.nextUpdate}`,
  },
  update: {
    subject: '${system.title}: update on the service disruption',
    text: `\${system.title} is disrupted since \${message.outageStarted}. We are still working on it.

Next update: \${message.nextUpdate}`,
  },
  'all-clear': {
    subject: '${system.title}: service restored',
    text: `The disruption of \${system.title} that began at \${message.outageStarted} has ended after \${message.took}.

What we checked:
\${message.checkTitles}`,
  },
  resolved: {
    subject: '${system.title}: the disruption has ended',
    text: `The disruption of \${system.title} that began at \${message.outageStarted} has ended, as those who worked on it say.`,
  },
  'follow-up': {
    subject: '${system.title}: about the disruption that has ended',
    text: `The disruption of \${system.title} that began at \${message.outageStarted} lasted \${message.elapsedMinutes} minutes.

\${message.impact}
Data: \${message.dataLoss}
Cause: \${message.rootCause}

Questions: \${message.contact}`,
  },
  'post-incident-report': {
    subject: '${system.title}: report on the disruption',
    text: `The disruption of \${system.title} that began at \${message.outageStarted} lasted \${message.elapsedMinutes} minutes.

\${message.impact}
Services: \${message.services}
Data: \${message.dataLoss}
Cause: \${message.rootCause}

What we checked:
\${message.checkTitles}

Questions: \${message.contact}`,
  },
  'not-recovered': {
    subject: '${system.title}: service disruption continues',
    text: `Our first attempt to restore \${system.title} has not succeeded. People are working on it. The disruption began at \${message.outageStarted}.`,
  },
};

/** What templates may refer to as `${message.<name>}`, with what it is. A step's own fields come on top. */
export const messageFields: Record<string, string> = {
  key: 'reference of the message',
  time: 'when it was written, such as 10 March 17:24 UTC',
  recipient: 'title of the audience, or the name of the person',
  scenario: "the scenario's title",
  severity: "the severity's title",
  outageStarted: 'when the outage began; in a run without an outage, when the run did',
  clock: 'what the times count from: the outage began, or the run began where there is no outage',
  opened: 'when the incident was opened',
  elapsed: 'time since then, such as 1 h 12 min',
  phase: 'title of the phase that is under way',
  progress: 'steps done and in all, such as 7 of 15 steps done',
  done: 'one line for each step that is done, with its evidence',
  failed: 'one line for each step that failed or was refused, and for each open question',
  checks: 'one line for each check that is done, with its evidence',
  checkTitles: 'one line for each check that is done',
  commander: 'name of the incident commander',
  nextUpdate: 'when the next update follows',
  ended: 'when the run ended',
  outcome: 'recovered, refused, aborted or failed',
  reasons: 'why it ended without success',
  result: 'what a run that ended well came to: recovered, moved as planned, exercise complete',
  took: 'time from the beginning of the outage, or of the run, to its end',
  rto: 'objective for the recovery time',
  rpo: 'objective for data loss',
  question: 'title of the question',
  shows: 'lines that show what is decided',
  asked: 'names of those who were asked',
  answerBy: 'until when an answer counts',
  link: "the recipient's own link to answer or to acknowledge",
  level: 'level of the escalation',
  incident: 'id of the incident',
  status: 'INVESTIGATING, IDENTIFIED, MONITORING or OPERATIONAL; EXERCISE in a drill',
  impact: "what it means for users, in the scenario's words",
  services: 'services that are affected',
  actions: 'one line for each step that changed something and is done',
  nextSteps: 'one line for each of the next steps',
  eta: 'when users should be served again, by the durations of the steps that are left',
  cadence: 'how often updates follow',
  contact: 'how readers reach somebody',
  statusPage: 'address of the status page',
  bridge: 'where those who work on it meet',
  dataLoss: 'data that were lost, as a step of this run has measured it',
  rootCause: 'the cause, once a task whose id begins with root-cause says it',
  reportBy: 'until when the full report is promised',
  elapsedMinutes: 'the same time in whole minutes, to the end once it has come',
  cost: "what the outage costs, by the plan's figure per hour",
  openTasks: 'one line for each follow-up that nobody has done yet',
  acknowledgedBy: 'who answers for the incident, and since when',
  resolvedBy: 'who resolved an incident whose run had not recovered, and when',
  evidence: 'what shows that a task is done',
  obligation: 'law or contract that sets the deadline of a task',
  late: 'which message was not sent in time, and to whom',
  undelivered: 'which message could not be delivered, to whom and why',
};

/**
 * The template of a message: the plan's own for this information level (`update-customer`), the plan's own
 * (`update`), or the built-in one for this kind of reader. Undefined for a name that nobody knows.
 */
export function templateOf(
  plan: Pick<Plan, 'templates'>,
  name: string,
  information: string,
): Template | undefined {
  return (
    plan.templates[`${name}-${information}`] ?? plan.templates[name] ?? defaultTemplate(name, information)
  );
}

/** The built-in template of a name; undefined where there is none. */
export function defaultTemplate(name: string, information: string): Template | undefined {
  const reader = readers[information] ?? 'inside';
  if (reader === 'authority') return authority[name] ?? outside[name] ?? inside[name];
  return (reader === 'outside' ? outside[name] : undefined) ?? inside[name];
}

/** Names of the built-in templates. */
export const defaultTemplateNames: readonly string[] = Object.keys(inside);

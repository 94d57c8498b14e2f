import type { Template } from './template.ts';

/**
 * Texts that are used when the plan has none of that name, for those who work on it. Nothing in them is claimed that a
 * field does not show.
 */
export const inside: Record<string, Template> = {
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
    subject: '${system.title}: exercise - ${message.scenario}',
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
  'check-failed': {
    subject: '${system.title}: ${message.scenario} found something',
    text: `The check "\${message.scenario}" of \${system.title} ended at \${message.ended} (\${message.outcome}).

Found:
\${message.reasons}

In order:
\${message.checks}

Nothing was changed by it. Look at it, and start the scenario that mends it if one does.`,
  },
  resolved: {
    subject: '${system.title}: resolved - ${message.scenario}',
    text: `The incident was resolved by \${message.resolvedBy}. The run itself had not recovered (\${message.outcome}); what people did after it is not in this record, and nothing was checked by it.

Still to be done:
\${message.openTasks}`,
  },
  escalation: {
    subject: '${system.title}: ${message.scenario}, please take it (level ${message.level})',
    sms: 'Please take it: ${message.scenario}, ${system.title}',
    text: `The scenario "\${message.scenario}" of \${system.title} was opened, severity \${message.severity}. It is \${message.elapsed} since \${message.clock}, at \${message.outageStarted}, and nobody has acknowledged it.

Where we are: \${message.phase}

Say that you are on it; that stops the escalation:
\${message.link}`,
  },
  approval: {
    subject: '${system.title}: your decision - ${message.question}',
    sms: 'Your decision: ${message.question} ${system.title}',
    text: `\${message.question}

\${message.shows}

Asked: \${message.asked}
Answer by \${message.answerBy}; without an answer the run ends.

\${message.link}`,
  },
  'failed-step': {
    subject: '${system.title}: step failed, retry, skip or abort? ${message.question}',
    sms: 'Step failed: ${message.question} ${system.title}',
    text: `\${message.question}

\${message.shows}

Asked: \${message.asked}
Answer by \${message.answerBy}; without an answer the run ends.

\${message.link}`,
  },
  task: {
    subject: '${system.title}: please do - ${message.question}',
    sms: 'Please do: ${message.question} ${system.title}',
    text: `\${message.question}

\${message.shows}

Say when it is done, by \${message.answerBy}:
\${message.link}`,
  },
  reminder: {
    subject: '${system.title}: still waiting for you - ${message.question}',
    sms: 'Still waiting for you: ${message.question}',
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
    subject: '${system.title}: ${message.result} after ${message.took} - ${message.scenario}',
    text: `The exercise of "\${message.scenario}" ended at \${message.ended}, \${message.took} after \${message.clock} (objective: \${message.rto}).

Checked, with its result:
\${message.checks}

Failed or open:
\${message.failed}`,
  },
  acknowledged: {
    subject: '${system.title}: acknowledged - ${message.scenario}',
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
    sms: 'To do: ${message.question}, by ${message.answerBy}',
    text: `\${message.question}

\${message.shows}

Due by \${message.answerBy} (\${message.obligation}). What shows that it is done: \${message.evidence}.
Incident \${message.incident}.

\${message.link}`,
  },
  'task-reminder': {
    subject: '${system.title}: due soon - ${message.question}',
    sms: 'Due soon: ${message.question}, by ${message.answerBy}',
    text: `\${message.question}

\${message.shows}

It is due by \${message.answerBy} (\${message.obligation}). What shows that it is done: \${message.evidence}.

\${message.link}`,
  },
  'task-overdue': {
    subject: '${system.title}: OVERDUE - ${message.question}',
    sms: 'OVERDUE: ${message.question}, ${system.title}',
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

import type { Plan } from '../plan/schema.ts';

/** A message before its fields are filled in; the grammar is that of `shared/plan/expression.ts`. */
export type Template = { subject: string; text: string };

/** Who reads it: people who work on it, or people who are told how it concerns them. */
type Reader = 'inside' | 'outside';
const readers: Record<string, Reader> = {
  technical: 'inside',
  executive: 'inside',
  customer: 'outside',
  partner: 'outside',
  regulator: 'outside',
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
  undelivered: {
    subject: '${system.title}: a message could not be delivered, please pass it on',
    text: `No channel took this message. Please pass it on by other means.

\${message.undelivered}

State of the recovery: \${message.phase}
Time since \${message.clock}: \${message.elapsed}`,
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
  return (reader === 'outside' ? outside[name] : undefined) ?? inside[name];
}

/** Names of the built-in templates. */
export const defaultTemplateNames: readonly string[] = Object.keys(inside);

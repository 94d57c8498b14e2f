import type { Template } from './template.ts';

/**
 * What a planned move says in place of the texts of an outage: nothing is wrong, and nobody may read that something is.
 * The plan words its own as `<name>-planned`, such as `initial-planned` or `initial-planned-customer`.
 */
export const plannedInside: Record<string, Template> = {
  initial: {
    subject: '${system.title}: planned move - ${message.scenario}',
    text: `The scenario "\${message.scenario}" of \${system.title} is carried out on purpose, while nothing is wrong. It began at \${message.outageStarted}.

Where we are: \${message.phase}
Objectives: done within \${message.rto}, at most \${message.rpo} of data lost.
Commander: \${message.commander}
Next update: \${message.nextUpdate}`,
  },
  'not-recovered': {
    subject: '${system.title}: planned move NOT completed, it ended: ${message.outcome}',
    text: `The planned move ended at \${message.ended} without success (\${message.outcome}). Look which side serves before anything else is done.

Why:
\${message.reasons}

Done:
\${message.done}

The incident stays open, and a person has to take it from here. Acknowledged by: \${message.acknowledgedBy}.`,
  },
};

/** For customers, partners and authorities. */
export const plannedOutside: Record<string, Template> = {
  initial: {
    subject: '${system.title}: planned work has begun',
    text: `Planned work on \${system.title} began at \${message.outageStarted}. It may not answer for a while.

Next update: \${message.nextUpdate}`,
  },
  update: {
    subject: '${system.title}: planned work goes on',
    text: `The planned work on \${system.title} that began at \${message.outageStarted} goes on.

Next update: \${message.nextUpdate}`,
  },
  'all-clear': {
    subject: '${system.title}: planned work has ended',
    text: `The planned work on \${system.title} that began at \${message.outageStarted} has ended after \${message.took}.

What we checked:
\${message.checkTitles}`,
  },
  resolved: {
    subject: '${system.title}: planned work has ended',
    text: `The planned work on \${system.title} that began at \${message.outageStarted} has ended, as those who worked on it say.`,
  },
  'not-recovered': {
    subject: '${system.title}: planned work was not completed',
    text: `The planned work on \${system.title} that began at \${message.outageStarted} was not completed. People are working on it.`,
  },
  'follow-up': {
    subject: '${system.title}: about the planned work',
    text: `The planned work on \${system.title} began at \${message.outageStarted} and took \${message.elapsedMinutes} minutes.

Data: \${message.dataLoss}

Questions: \${message.contact}`,
  },
  'post-incident-report': {
    subject: '${system.title}: report on the planned work',
    text: `The planned work on \${system.title} began at \${message.outageStarted} and took \${message.elapsedMinutes} minutes.

Services: \${message.services}
Data: \${message.dataLoss}

What we checked:
\${message.checkTitles}

Questions: \${message.contact}`,
  },
};

import type { Template } from './template.ts';

/** What customers and partners are told: how it concerns them, and nothing of how it is done. */
export const outside: Record<string, Template> = {
  initial: {
    subject: '${system.title}: service disruption',
    text: `\${system.title} has been disrupted since \${message.outageStarted}. We are working on it.

Next update: \${message.nextUpdate}`,
  },
  update: {
    subject: '${system.title}: update on the service disruption',
    text: `\${system.title} has been disrupted since \${message.outageStarted}. We are still working on it.

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

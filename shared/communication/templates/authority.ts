import type { Template } from './template.ts';

/** What authorities are told: facts with their times, and what is not known yet is called so. */
export const authority: Record<string, Template> = {
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

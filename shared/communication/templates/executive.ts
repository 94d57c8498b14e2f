import type { Template } from './template.ts';

/**
 * What those who answer for the business are told: how long, how bad, what it costs, and who waits for whom. Steps and
 * their evidence are for those who work on it.
 */
export const executive: Record<string, Template> = {
  update: {
    subject: '${system.title}: ${message.scenario} - ${message.elapsed} in, ${message.progress}',
    text: `Since \${message.outageStarted}: \${message.elapsed} (objective: \${message.rto}).
Where we are: \${message.phase}, \${message.progress}
Impact: \${message.impact}
Data: \${message.dataLoss}
Cost so far: \${message.cost}

Failed or open:
\${message.failed}

Served again: \${message.eta}
Commander: \${message.commander}
Next update: \${message.nextUpdate}`,
  },
  'all-clear': {
    subject: '${system.title}: ${message.result} after ${message.took}',
    text: `The run of "\${message.scenario}" ended at \${message.ended}, \${message.took} after \${message.clock} (objective: \${message.rto}).
Data: \${message.dataLoss}
Cost: \${message.cost}

What was checked:
\${message.checkTitles}

Failed or open:
\${message.failed}`,
  },
  'not-recovered': {
    subject: '${system.title}: NOT recovered, the run ended: ${message.outcome}',
    text: `The recovery run ended at \${message.ended} without success (\${message.outcome}). \${system.title} is not declared recovered.

Why:
\${message.reasons}

Since \${message.outageStarted}: \${message.elapsed}. Cost so far: \${message.cost}
The incident stays open, and a person has to take it from here. Acknowledged by: \${message.acknowledgedBy}.`,
  },
};

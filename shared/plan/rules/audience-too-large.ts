import { limitOf, mostReaders, secondsToTell } from '../../communication/channels/limits.ts';
import { formatDuration } from '../duration.ts';
import type { Problem } from '../finding.ts';
import type { LintRule } from '../lint-rule.ts';
import type { Plan } from '../schema.ts';

export const audienceTooLarge: LintRule = {
  id: 'audience-too-large',
  severity: 'warning',
  reason:
    'A provider that takes so many recipients a second tells the last of a large audience after its deadline.',
  check: ({ plan }) => Object.keys(plan.audiences).flatMap(id => tooLarge(plan, id)),
};

/** Where every channel carries the message each has to be fast enough; else the first one has to be. */
function tooLarge(plan: Plan, id: string): Problem[] {
  const audience = plan.audiences[id];
  const readers = audience?.size;
  if (!audience || readers === undefined) return [];
  const used = audience.through === 'all' ? audience.channels : audience.channels.slice(0, 1);
  return used.flatMap(name => {
    const channel = plan.channels[name];
    if (!channel || secondsToTell(channel, readers) <= audience.within) return [];
    const index = audience.channels.indexOf(name);
    const within = formatDuration(audience.within);
    return [
      {
        rule: audienceTooLarge.id,
        severity: 'warning' as const,
        path: ['audiences', id, 'channels', index],
        message: `"${name}" needs ${formatDuration(secondsToTell(channel, readers))} for the ${readers} of "${id}", who are to be told within ${within} (${limitOf(channel).source})`,
        mend: `At most ${mostReaders(channel, audience.within)} are told in time. Use SES with a rate that is high enough, a status page or a chat, or allow more time.`,
      },
    ];
  });
}

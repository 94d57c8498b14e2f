import { formatDuration } from '../duration.ts';
import type { Problem } from '../finding.ts';
import type { LintRule } from '../lint-rule.ts';
import { objectivesOf } from '../objectives.ts';
import type { Plan } from '../schema.ts';
import type { PropertyKeyPath } from '../schema-walk.ts';

export const conflictingDeadlines: LintRule = {
  id: 'conflicting-deadlines',
  severity: 'warning',
  reason: 'Of two deadlines for the same thing only the stricter one binds, and people remember the other.',
  check: ({ plan }) => [
    ...toldTooLate(plan),
    ...respondedTooLate(plan),
    ...escalatedTooLate(plan),
    ...sharedPages(plan),
  ],
};

function problem(path: PropertyKeyPath, message: string, mend: string): Problem {
  return { rule: conflictingDeadlines.id, severity: 'warning', path, message, mend };
}

/** Those who work on it are told when it should be over already. Others may well be told of the end only. */
function toldTooLate(plan: Plan): Problem[] {
  return Object.entries(plan.scenarios).flatMap(([id, scenario]) => {
    const { rto } = objectivesOf(plan, id);
    return scenario.audiences.flatMap((audience, index) => {
      const { within = 0, information } = plan.audiences[audience] ?? {};
      if (information !== 'technical' || within < rto) return [];
      return [
        problem(
          ['scenarios', id, 'audiences', index],
          `"${audience}" is told within ${formatDuration(within)}, and the RTO of "${id}" is ${formatDuration(rto)}`,
          'Tell them at once, or correct the RTO.',
        ),
      ];
    });
  });
}

/** On a status page everybody reads everything: of two deadlines for it only the stricter one means anything. */
function sharedPages(plan: Plan): Problem[] {
  const readers = Object.entries(plan.audiences).flatMap(([id, audience]) => {
    const used = audience.through === 'all' ? audience.channels : audience.channels.slice(0, 1);
    return used
      .filter(name => plan.channels[name]?.type === 'statuspage')
      .map(page => ({ id, audience, page }));
  });
  return readers.flatMap(({ id, audience, page }, index) => {
    const other = readers.slice(0, index).find(each => each.page === page);
    if (!other) return [];
    return (['within', 'updateEvery'] as const).flatMap(key => {
      const [mine, theirs] = [audience[key], other.audience[key]];
      if (mine === undefined || theirs === undefined || mine === theirs) return [];
      const message = `"${id}" and "${other.id}" read the same page, and are due there ${formatDuration(mine)} and ${formatDuration(theirs)}${key === 'within' ? ' after the beginning' : ' apart'}`;
      return [
        problem(['audiences', id, key], message, 'Give both the stricter one, or make them one audience.'),
      ];
    });
  });
}

/** The signals have to agree for longer than the response may take. */
function respondedTooLate(plan: Plan): Problem[] {
  return Object.entries(plan.scenarios).flatMap(([id, { severity, trigger }]) => {
    const due = plan.severities[severity]?.respondWithin;
    if (due === undefined || trigger === undefined || trigger.sustained < due) return [];
    return [
      problem(
        ['scenarios', id, 'trigger', 'sustained'],
        `Signals must agree for ${formatDuration(trigger.sustained)}, and the response is due within ${formatDuration(due)}`,
        'Shorten it: the outage has begun when the first signal fires.',
      ),
    ];
  });
}

/** A severity of which nobody is called before the response is due, or a later level that is called before an earlier one. */
function escalatedTooLate(plan: Plan): Problem[] {
  const disorder = plan.escalation.flatMap(({ after }, index) => {
    const before = plan.escalation[index - 1]?.after;
    if (before === undefined || after >= before) return [];
    const message = `Level ${index + 1} is called after ${formatDuration(after)}, before level ${index}`;
    return [problem(['escalation', index, 'after'], message, 'Put the levels in the order of their times.')];
  });
  return [...disorder, ...calledTooLate(plan)];
}

/** Of each level that comes first for some severity, the soonest response that it is too late for. */
function calledTooLate({ escalation, scenarios, severities }: Plan): Problem[] {
  const used = new Set(Object.values(scenarios).map(({ severity }) => severity));
  const soonest = new Map<number, number>();
  for (const [id, { respondWithin }] of Object.entries(severities)) {
    if (!used.has(id) || respondWithin === undefined) continue;
    const first = escalation.findIndex(({ severities: only }) => only === undefined || only.includes(id));
    if (first >= 0) soonest.set(first, Math.min(respondWithin, soonest.get(first) ?? respondWithin));
  }
  return [...soonest].flatMap(([index, due]) => {
    const after = escalation[index]?.after ?? 0;
    if (after <= due) return [];
    const which = index === 0 ? 'The first level' : `Level ${index + 1}, the first for some severities,`;
    const message = `${which} is called after ${formatDuration(after)}, and a response is due within ${formatDuration(due)}`;
    return [problem(['escalation', index, 'after'], message, 'Call the first level at once: "after: 0m".')];
  });
}

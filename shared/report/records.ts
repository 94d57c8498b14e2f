import type { RecordName } from '../plan/sections/records.ts';
import { draftPostMortem } from './post-mortem.ts';
import type { Report } from './report.ts';

/**
 * Which records a report has, in a sentence each; undefined for one that this run did not give. What is only named
 * and not there does not count: an empty list is no record.
 */
export function recordsOf(report: Report): Record<RecordName, string | undefined> {
  const { detail, rto, rpo } = report;
  const timed = detail.phases.filter(phase => phase.withinSeconds !== null && phase.inTime !== null);
  const answers = detail.decisions.flatMap(decision => decision.answers);
  const evidence = detail.phases.flatMap(phase => phase.steps).flatMap(step => step.evidence);
  return {
    ledger: detail.chain.verified ? count(detail.chain.entries, 'entry', 'entries') : undefined,
    timeline: count(detail.timeline.length, 'entry', 'entries'),
    detection: rto.detectSeconds === null ? undefined : `noticed after ${rto.detectSeconds} s`,
    'recovery-time': rto.actualSeconds === null ? undefined : `${rto.actualSeconds} s`,
    'data-loss': rpo.actualSeconds === null ? undefined : `${rpo.actualSeconds} s: ${rpo.basis}`,
    'phase-times': count(timed.length, 'phase against its time', 'phases against their times'),
    changes: count(detail.changes.length, 'change', 'changes'),
    decisions: count(answers.length, 'answer', 'answers'),
    messages: count(report.notifications.length, 'message', 'messages'),
    evidence: count(evidence.length, 'finding', 'findings'),
    'incident-report': detail.openedAt === null ? undefined : `outcome ${report.outcome}`,
    'post-mortem': postMortemParts(report),
    'outage-cost': detail.outageCost
      ? `${detail.outageCost.currency} ${Math.round(detail.outageCost.amount)}`
      : undefined,
  };
}

/** All parts have something in them, be it a line that says who fills it in. */
function postMortemParts(report: Report): string | undefined {
  const draft = draftPostMortem(report);
  const parts = Object.values(draft);
  return parts.every(part => part.length > 0) ? `${parts.length} parts` : undefined;
}

function count(number: number, one: string, many: string): string | undefined {
  if (number === 0) return undefined;
  return `${number} ${number === 1 ? one : many}`;
}

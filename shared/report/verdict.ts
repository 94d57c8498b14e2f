import { formatDuration } from '../plan/duration.ts';
import { sentence } from '../sentence.ts';
import type { Report } from './report.ts';
import { missedLevels } from './service-levels.ts';

/** The first thing that a reader sees. `lines` add what one needs to know next; both are plain sentences. */
export type Verdict = { tone: 'good' | 'bad' | 'warn'; headline: string; lines: string[] };

/** Whether the run did what it should: `rehearse` exits with 0 then. */
export function isSuccess(report: Report): boolean {
  return (
    report.outcome === 'recovered' &&
    report.rto.met !== false &&
    report.rpo.met !== false &&
    missedLevels(report).length === 0 &&
    (report.invariants ?? []).every(({ held }) => held)
  );
}

/** The verdict on a run, made from the report and from nothing else. */
export function verdictOf(report: Report): Verdict {
  const lines = [rpoLine(report), levelLine(report), changeLine(report), invariantLine(report)].filter(
    line => line !== null,
  );
  if (report.outcome === 'recovered') {
    return { tone: isSuccess(report) ? 'good' : 'warn', headline: recoveredHeadline(report), lines };
  }
  return { tone: 'bad', headline: stoppedHeadline(report), lines: [...reasonLine(report), ...lines] };
}

function recoveredHeadline({ rto, mode, detail, steps }: Report): string {
  const target = formatDuration(rto.targetSeconds);
  if (mode === 'dry-run') {
    const done = steps.filter(({ status }) => status === 'done').length;
    return `Dry run passed: no guard refused; ${done} of ${steps.length} steps could be looked at to the end`;
  }
  if (rto.actualSeconds === null) return 'Recovered; how long it took was not measured';
  const took = formatDuration(rto.actualSeconds);
  const what =
    mode === 'drill' ? 'Drill passed in' : mode === 'planned' ? 'Moved as planned in' : 'Recovered in';
  const late = formatDuration(rto.actualSeconds - rto.targetSeconds);
  const against = rto.met ? `objective ${target}` : `${late} over the objective of ${target}`;
  const open = detail.openTasks.length;
  const tasks = open === 0 ? '' : open === 1 ? '; 1 task is left' : `; ${open} tasks are left`;
  return `${what} ${took}, ${against}${tasks}`;
}

function stoppedHeadline({ outcome, mode, detail }: Report): string {
  const drill = mode === 'drill' ? 'Drill ' : mode === 'dry-run' ? 'Dry run ' : '';
  const untouched = detail.changes.length === 0;
  switch (outcome) {
    case 'refused':
      return capital(`${drill}refused${untouched ? ' before anything was changed' : ''}`);
    case 'aborted':
      return capital(`${drill}aborted${untouched ? '; nothing was changed' : ''}`);
    case 'failed':
    case 'recovered':
      return capital(`${drill}failed${mode === 'recover' ? ': the service is not recovered' : ''}`);
  }
}

function reasonLine({ detail }: Report): string[] {
  const [first] = detail.problems;
  return first ? [sentence(first.what)] : [];
}

function rpoLine({ rpo, mode }: Report): string | null {
  if (rpo.actualSeconds === null) return null;
  const target = formatDuration(rpo.targetSeconds);
  const verb = mode === 'drill' ? 'would have been lost' : 'of data lost';
  if (rpo.actualSeconds === 0) return `No data lost; objective ${target}.`;
  const over = rpo.met ? '' : `, which is ${formatDuration(rpo.actualSeconds - rpo.targetSeconds)} too much`;
  return `${formatDuration(rpo.actualSeconds)} ${verb}${over}; objective ${target}.`;
}

function levelLine(report: Report): string | null {
  const missed = missedLevels(report);
  if (missed.length === 0 || report.outcome !== 'recovered') return null;
  return `Missed an objective of ${missed.map(({ of, title }) => `the ${of} "${title}"`).join(', ')}.`;
}

function changeLine({ detail, outcome }: Report): string | null {
  const count = detail.changes.length;
  if (outcome === 'recovered') return null;
  // Refused and aborted runs say so in their headline.
  if (count === 0) return outcome === 'failed' ? 'Nothing was changed.' : null;
  return `${count === 1 ? '1 change was' : `${count} changes were`} made before it stopped; see the list of changes.`;
}

function invariantLine({ invariants }: Report): string | null {
  const broken = (invariants ?? []).filter(({ held }) => !held);
  if (broken.length === 0) return null;
  return `Safety rule broken: ${broken.map(({ name }) => name).join(', ')}.`;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

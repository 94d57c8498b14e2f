import type { JsonObject } from '../json.ts';
import type { Mode, Outcome, Stage } from '../runbook/contract.ts';
import type { Detail, PhaseDetail, Rpo, Rto, StepDetail } from './report.ts';
import { earlier, fullTime, later, secondsBetween, toMs } from './time.ts';

export type Measured = {
  mode: Mode;
  outcome: Outcome;
  phases: readonly PhaseDetail[];
  outageStartedAt: string;
  openedAt: string | null;
  runStartedAt: string;
};

/** What the recovery time is measured from: a drill and a planned move have no outage, a dry run takes no time. */
export function measuredFrom(mode: Mode): Rto['measuredFrom'] {
  switch (mode) {
    case 'recover':
      return 'outage';
    case 'planned':
    case 'drill':
      return 'run';
    case 'dry-run':
      return 'nothing';
  }
}

/** The recovery time and its parts. See `Rto` for what null means. */
export function measureRto(
  measured: Measured,
  targetSeconds: number,
  criticalPathSeconds: number | null,
): Rto {
  const from = measuredFrom(measured.mode);
  const parts = from === 'nothing' ? noParts : splitParts(measured, from === 'outage');
  const recovered = measured.outcome === 'recovered' && parts.verifySeconds !== null;
  const actualSeconds =
    recovered && from !== 'nothing'
      ? Object.values(parts).reduce<number>((sum, part) => sum + (part ?? 0), 0)
      : null;
  const met = from === 'nothing' ? null : actualSeconds !== null && actualSeconds <= targetSeconds;
  return { targetSeconds, actualSeconds, met, ...parts, criticalPathSeconds, measuredFrom: from };
}

/** When the clock of the objectives started. */
export function clockStart(measured: Measured): string {
  if (measuredFrom(measured.mode) !== 'outage') return measured.runStartedAt;
  // A signal may date the outage later than somebody opened the incident by hand.
  return measured.openedAt ? earlier(measured.outageStartedAt, measured.openedAt) : measured.outageStartedAt;
}

type Parts = Pick<Rto, 'detectSeconds' | 'decideSeconds' | 'executeSeconds' | 'verifySeconds'>;
const noParts: Parts = {
  detectSeconds: null,
  decideSeconds: null,
  executeSeconds: null,
  verifySeconds: null,
};

/**
 * Cuts the time at three points: incident opened, last `decide` phase ended, last `execute` phase ended. The cuts are
 * whole seconds since the start, and never before the cut in front of them, so the parts add up exactly.
 */
function splitParts(measured: Measured, hasOutage: boolean): Parts {
  const start = clockStart(measured);
  const opened = hasOutage ? measured.openedAt : start;
  if (!opened) return noParts;
  const recovered = measured.outcome === 'recovered';
  const cuts: (number | null)[] = [secondsBetween(start, opened)];
  let before = opened;
  for (const end of [
    stageEnd(measured.phases, ['decide'], recovered),
    stageEnd(measured.phases, ['execute'], recovered),
    stageEnd(measured.phases, ['decide', 'execute', 'verify'], recovered),
  ]) {
    const reached = cuts.at(-1) !== null && end !== 'unfinished';
    if (reached && end !== 'none') before = later(before, end);
    cuts.push(reached ? secondsBetween(start, before) : null);
  }
  const [detect, decide, execute, verify] = cuts as [number, number | null, number | null, number | null];
  return {
    detectSeconds: hasOutage ? detect : null,
    decideSeconds: difference(detect, decide),
    executeSeconds: difference(decide, execute),
    verifySeconds: difference(execute, verify),
  };
}

function difference(from: number | null, to: number | null): number | null {
  return from === null || to === null ? null : to - from;
}

/**
 * When the last phase of these stages ended. In a run that recovered every end counts; in another one the stage is
 * over only if all its phases ended well.
 */
function stageEnd(phases: readonly PhaseDetail[], stages: readonly Stage[], recovered: boolean): string {
  const own = phases.filter(phase => stages.includes(phase.stage));
  if (!recovered && own.some(phase => phase.ok !== true)) return 'unfinished';
  const ends = own.flatMap(phase => phase.endedAt ?? []);
  return ends.length > 0 ? ends.reduce(later) : 'none';
}

/** What a report says of the loss of a run that left all data where and as it was. */
export const noDataMoved = 'No step of this run restored data or moved a database, so no loss was measured.';

/** Kinds that run code of the user's own: what it does with data is not known here. */
const codeOfOthers = new Set(['codebuild.run', 'lambda.invoke', 'ssm.automation']);

/** The same of a run that called code of the user's own, which may have moved data without a word of it. */
export function noDataMovedBy(steps: readonly StepDetail[]): string {
  const called = steps.filter(({ action, status }) => codeOfOthers.has(action) && status === 'done');
  const last = called.at(-1);
  if (!last) return noDataMoved;
  const others = called.length > 1 ? ` and ${called.length - 1} more` : '';
  return `No loss was measured: no step of Lifeboat's own restored data or moved a database, and what "${last.title}"${others} did with data is not known.`;
}

/** The data loss, from what the steps put out; `dataCutAt` is the simulator's own knowledge and goes before them. */
export function measureRpo(
  measured: Measured,
  targetSeconds: number,
  steps: readonly StepDetail[],
  dataCutAt: string | null,
): Rpo {
  const { atIso, basis } = cutOf(measured, steps, dataCutAt);
  if (atIso === null) return { targetSeconds, actualSeconds: null, met: null, basis };
  const actualSeconds = Math.max(0, secondsBetween(atIso, clockStart(measured)));
  return { targetSeconds, actualSeconds, met: actualSeconds <= targetSeconds, basis };
}

function cutOf(
  measured: Measured,
  steps: readonly StepDetail[],
  dataCutAt: string | null,
): { atIso: string | null; basis: string } {
  if (measured.mode === 'dry-run') return { atIso: null, basis: 'A dry run restores nothing.' };
  const points = restoredPoints(steps);
  const oldest = points.reduce<(typeof points)[number] | undefined>(
    (worst, point) => (worst && toMs(worst.pointTime) <= toMs(point.pointTime) ? worst : point),
    undefined,
  );
  const failover = steps.find(step => step.action === 'rds.failover' && step.status === 'done');
  if ((oldest || failover) && dataCutAt) {
    const told = oldest ? `; step ${oldest.step} restored to ${fullTime(oldest.pointTime)}` : '';
    return { atIso: dataCutAt, basis: `The newest data that survived is of ${fullTime(dataCutAt)}${told}.` };
  }
  const moved = worstMove(measured, steps);
  const cuts = [
    oldest && {
      atIso: oldest.pointTime,
      basis: `Step ${oldest.step} restored to ${fullTime(oldest.pointTime)}.${unfencedNote(steps)}`,
    },
    moved && movedCut(measured, moved, steps),
    failover && { atIso: clockStart(measured), basis: failoverBasis(failover) },
    newestCut(measured, steps, ['http.request']),
  ].filter(cut => cut !== undefined);
  if (cuts.length === 0) return askedCut(measured, steps) ?? { atIso: null, basis: noDataMovedBy(steps) };
  // What nobody could tell goes before all; of the rest that which lost the most, the first of equals.
  const unknown = cuts.find(({ atIso }) => atIso === null);
  const [worst] = cuts.toSorted((one, other) => toMs(one.atIso ?? '') - toMs(other.atIso ?? ''));
  return unknown ?? worst ?? { atIso: null, basis: noDataMovedBy(steps) };
}

/**
 * Data that no step of Lifeboat's own moved may have been moved by code of the user's own, or by hand. Then those steps
 * count that asked a database for its newest row.
 */
const askedCut = (measured: Measured, steps: readonly StepDetail[]) =>
  steps.some(mayHaveMovedData) ? newestCut(measured, steps, ['sql.query']) : undefined;

/**
 * The oldest answer of the steps of these kinds that asked for the newest record: what was written after it is not there.
 * A request for it is only made to measure that, of a service that nothing else measures; rows are asked for by checks too.
 */
function newestCut(measured: Measured, steps: readonly StepDetail[], kinds: readonly string[]) {
  const start = clockStart(measured);
  const [oldest] = steps
    .flatMap(step => (kinds.includes(step.action) ? (newestRow(step) ?? []) : []))
    .sort((one, other) => toMs(one.at) - toMs(other.at));
  if (!oldest) return undefined;
  const { id, at, said } = oldest;
  const found = `The newest record that step ${id} asked for is of ${fullTime(at)}${said}`;
  if (toMs(at) >= toMs(start)) {
    return { atIso: start, basis: `${found}, which is no earlier than what is counted from.` };
  }
  return { atIso: at, basis: `${found}. What was written after it is lost; if nothing was, nothing is.` };
}

/** The time of the newest row or record, from a step that asked for it. */
function newestRow({
  id,
  action,
  status,
  outputs,
}: StepDetail): { id: string; at: string; said: string } | undefined {
  const at = action === 'sql.query' ? outputs.value : action === 'http.request' ? outputs.newest : undefined;
  if (status !== 'done' || typeof outputs.lossSeconds !== 'number') return undefined;
  // What answers a request in a rehearsal is the plan, under `answers` of its endpoint.
  const said = action === 'http.request' ? ' (in a rehearsal, by the plan’s own `answers`)' : '';
  return typeof at === 'string' && !Number.isNaN(toMs(at)) ? { id, at, said } : undefined;
}

function mayHaveMovedData({ action, status, evidence }: StepDetail): boolean {
  return (
    status === 'done' &&
    (codeOfOthers.has(action) || evidence.some(({ data }) => data?.assumed !== undefined))
  );
}

/** Kinds that take data to another region, or find out what of it had arrived there, and put out `lossSeconds`. */
const moves = new Set([
  'docdb.failover-global-cluster',
  'docdb.switchover-global-cluster',
  'dynamodb.check-global-table',
  'efs.fail-over-replication',
  'neptune.failover-global-cluster',
  'neptune.switchover-global-cluster',
  'rds.failover-global-cluster',
  'rds.switchover-global-cluster',
]);

/** The step after which the most is missing; one that could not tell goes before all others. */
function worstMove({ mode }: Measured, steps: readonly StepDetail[]): StepDetail | undefined {
  const told = steps.filter(
    step =>
      moves.has(step.action) &&
      step.status === 'done' &&
      typeof step.outputs.lossSeconds === 'number' &&
      // While both regions are well, what is on its way to a table arrives.
      (step.action !== 'dynamodb.check-global-table' || mode === 'recover'),
  );
  const lossOf = ({ outputs }: StepDetail) =>
    Number(outputs.lossSeconds) < 0 ? Number.POSITIVE_INFINITY : Number(outputs.lossSeconds);
  return told.sort((a, b) => lossOf(b) - lossOf(a))[0];
}

function movedCut(measured: Measured, { id, outputs }: StepDetail, steps: readonly StepDetail[]) {
  const seconds = Number(outputs.lossSeconds);
  if (seconds < 0) {
    const basis = `Nobody could tell how much had arrived in the other region when step ${id} moved the data there.`;
    return { atIso: null, basis };
  }
  const atIso = new Date(toMs(clockStart(measured)) - seconds * 1000).toISOString();
  const what =
    seconds === 0
      ? `Step ${id} moved the data to the other region, and nothing was missing there.`
      : `By step ${id}, at most ${seconds} s of writes had not arrived in the other region.`;
  return { atIso, basis: `${what}${unfencedNote(steps)}` };
}

/** What an old writer took after the outage began is lost as well, and nobody can tell how much it is. */
function unfencedNote(steps: readonly StepDetail[]): string {
  const fence = steps.find(step => step.outputs.verdict === 'not-provable');
  if (!fence) return '';
  return ` Counted up to the beginning of the outage: step ${fence.id} could not prove that the old database took no writes after that.`;
}

/** Points in time of the data that finished steps brought back. */
function restoredPoints(steps: readonly StepDetail[]): { step: string; pointTime: string }[] {
  return steps.flatMap(({ id, status, action, outputs }) => {
    const pointTime = restoredPoint(action, outputs);
    const finished = status === 'done' || status === 'undone';
    return finished && pointTime !== undefined ? [{ step: id, pointTime }] : [];
  });
}

/** The moment of the data that a step named `<family>.restore…` brought back, or that a promoted replica had. */
export function restoredPoint(action: string, { pointTime }: JsonObject): string | undefined {
  const restores =
    action === 'rds.promote-replica' ||
    action === 'sql.promote' ||
    (action.split('.')[1]?.startsWith('restore') ?? false);
  return restores && typeof pointTime === 'string' && !Number.isNaN(toMs(pointTime)) ? pointTime : undefined;
}

function failoverBasis(step: StepDetail): string {
  const { zoneBefore, zoneAfter } = step.outputs;
  const zones =
    typeof zoneBefore === 'string' && typeof zoneAfter === 'string'
      ? `, from ${zoneBefore} to ${zoneAfter}`
      : '';
  return `Step ${step.id} moved the writer to the Multi-AZ standby${zones}, which is written synchronously: nothing committed is lost.`;
}

/** When users were served again: the end of the last phase of a run that recovered. */
export function recoveredAt(measured: Measured): Detail['recoveredAt'] {
  if (measured.outcome !== 'recovered' || measured.mode !== 'recover') return null;
  const end = stageEnd(measured.phases, ['decide', 'execute', 'verify'], true);
  return end === 'none' ? null : end;
}

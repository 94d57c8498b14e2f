import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Measured, measureRpo, measureRto, noDataMoved } from '../../shared/report/objectives.ts';
import type { PhaseDetail, StepDetail } from '../../shared/report/report.ts';
import { modes, outcomes, stages } from '../../shared/runbook/contract.ts';

const day = 86_400_000;
const start = Date.parse('2026-03-10T16:42:00Z');
const moment = fc.integer({ min: 0, max: day }).map(ms => new Date(start + ms).toISOString());

const phase: fc.Arbitrary<PhaseDetail> = fc.record({
  id: fc.constant('phase'),
  title: fc.constant('Phase'),
  stage: fc.constantFrom(...stages),
  startedAt: fc.option(moment),
  endedAt: fc.option(moment),
  ok: fc.option(fc.boolean()),
  withinSeconds: fc.constant(null),
  inTime: fc.constant(null),
  lastsSeconds: fc.constant(null),
  tooLong: fc.constant(null),
  order: fc.constant([]),
  steps: fc.constant([]),
});
const measured: fc.Arbitrary<Measured> = fc.record({
  mode: fc.constantFrom(...modes),
  outcome: fc.constantFrom(...outcomes),
  phases: fc.array(phase, { maxLength: 8 }),
  outageStartedAt: moment,
  openedAt: fc.option(moment),
  runStartedAt: moment,
});

describe('the parts of the recovery time', () => {
  it('add up exactly, are never negative, and stop at the first that is not known', () => {
    fc.assert(
      fc.property(measured, fc.integer({ min: 1, max: 100_000 }), (run, target) => {
        const rto = measureRto(run, target, null);
        const { detectSeconds, decideSeconds, executeSeconds, verifySeconds } = rto;
        const parts = [detectSeconds, decideSeconds, executeSeconds, verifySeconds];
        expect(parts.every(part => part === null || (Number.isInteger(part) && part >= 0))).toBe(true);
        if (rto.actualSeconds !== null) {
          expect(parts.reduce<number>((sum, part) => sum + (part ?? 0), 0)).toBe(rto.actualSeconds);
          expect(run.outcome).toBe('recovered');
          expect(rto.met).toBe(rto.actualSeconds <= target);
        } else {
          expect(rto.met).toBe(run.mode === 'dry-run' ? null : false);
        }
        const known = parts.slice(1).map(part => part !== null);
        expect(known).toEqual([...known].sort((a, b) => Number(b) - Number(a)));
      }),
      { numRuns: 500 },
    );
  });

  it('reach from the start of the outage to the end of the last phase', () => {
    fc.assert(
      fc.property(measured, run => {
        fc.pre(run.outcome === 'recovered' && run.mode === 'recover' && run.openedAt !== null);
        const moments = [run.openedAt ?? '', ...run.phases.flatMap(({ endedAt }) => endedAt ?? [])].map(
          Date.parse,
        );
        const begin = Math.min(Date.parse(run.outageStartedAt), Date.parse(run.openedAt ?? ''));
        const { actualSeconds } = measureRto(run, 1, null);
        expect(actualSeconds).toBe(Math.ceil((Math.max(...moments) - begin) / 1000));
      }),
    );
  });
});

describe('the data loss', () => {
  const outageStartedAt = '2026-03-10T16:42:00.000Z';
  const run: Measured = {
    mode: 'recover',
    outcome: 'recovered',
    phases: [],
    outageStartedAt,
    openedAt: '2026-03-10T16:49:00.000Z',
    runStartedAt: '2026-03-10T16:49:00.000Z',
  };
  const step = (id: string, action: string, outputs: StepDetail['outputs']): StepDetail => ({
    phase: 'activate',
    id,
    action,
    status: 'done',
    startedAt: outageStartedAt,
    endedAt: outageStartedAt,
    attempts: 1,
    title: id,
    note: null,
    error: null,
    reasons: [],
    evidence: [],
    outputs,
    segments: [],
  });
  const restore = step('restore', 'rds.restore', { pointTime: '2026-03-10T16:36:00.000Z' });

  it.each([
    ['not-provable', true],
    ['fenced', false],
  ])('says what it does not count when the fence was %s', (verdict, said) => {
    const rpo = measureRpo(run, 3600, [step('fence', 'rds.fence', { verdict }), restore], null);
    expect(rpo).toMatchObject({ actualSeconds: 360, met: true });
    expect(rpo.basis.includes('took no writes after that')).toBe(said);
  });

  const failover = (lossSeconds: number) => step('move', 'rds.failover-global-cluster', { lossSeconds });
  const record = (newest: string) => step('table', 'http.request', { newest, lossSeconds: 20 });
  const promoted = (pointTime: string) => step('move', 'sql.promote', { pointTime });
  const table = (lossSeconds: number) => step('table', 'dynamodb.check-global-table', { lossSeconds });

  it.each([
    ['what a global database had not sent', [failover(2)], 2],
    ['nothing after a switchover', [step('move', 'rds.switchover-global-cluster', { lossSeconds: 0 })], 0],
    ['the worst of a database and a table', [failover(2), table(9)], 9],
    ['the worst of a table and a service', [table(9), record('2026-03-10T16:41:40.000Z')], 20],
    ['the worst of a replica and a database', [promoted('2026-03-10T16:41:57.000Z'), failover(8)], 8],
    [
      'not known of any when it is not known of one',
      [promoted('2026-03-10T16:41:57.000Z'), failover(-1)],
      null,
    ],
    ['nothing that is measured when nobody could tell', [table(9), failover(-1)], null],
  ])('in another region is %s', (_, steps, expected) => {
    const rpo = measureRpo(run, 60, steps, null);
    expect(rpo).toMatchObject({ actualSeconds: expected, met: expected === null ? null : true });
    expect(rpo.basis).toMatch(/step (move|table)/i);
  });

  it('is not known after a runbook of the user’s own, and nobody reads that no data was moved', () => {
    const runbook = step('restore-database', 'ssm.automation', {});
    expect(measureRpo(run, 60, [runbook], null)).toMatchObject({
      actualSeconds: null,
      met: null,
      basis:
        'No loss was measured: no step of Lifeboat\'s own restored data or moved a database, and what "restore-database" did with data is not known.',
    });
    expect(measureRpo(run, 60, [runbook, { ...runbook, id: 'more' }], null).basis).toContain('and 1 more');
    expect(measureRpo(run, 60, [{ ...runbook, status: 'skipped' }], null).basis).toBe(noDataMoved);
    expect(measureRpo(run, 3600, [runbook, restore], null).actualSeconds).toBe(360);
  });

  const newest = (value: string) => step('newest', 'sql.query', { value, rows: 1, lossSeconds: 40 });

  it('is what the newest row says where code of the user’s own, or a hand, may have moved the data', () => {
    const runbook = step('restore-database', 'ssm.automation', {});
    const older = newest('2026-03-10T16:41:20.000Z');
    const measured = measureRpo(run, 60, [runbook, older], null);
    expect(measured).toMatchObject({ actualSeconds: 40, met: true });
    expect(measured.basis).toContain(
      'The newest record that step newest asked for is of 2026-03-10 16:41:20',
    );
    const hand = {
      ...step('by-hand', 'people.task', {}),
      evidence: [{ what: '', data: { assumed: ['db'] } }],
    };
    expect(measureRpo(run, 60, [hand, older], null).actualSeconds).toBe(40);
    expect(measureRpo(run, 60, [runbook, newest('2026-03-10T16:50:00.000Z')], null).actualSeconds).toBe(0);
    expect(measureRpo(run, 60, [older], null).basis).toBe(noDataMoved);
    const api = step('api', 'http.request', { newest: '2026-03-10T16:41:00.000Z', lossSeconds: 60 });
    expect(measureRpo(run, 60, [runbook, older, api], null).actualSeconds).toBe(60);
    expect(measureRpo(run, 3600, [restore, api], null).actualSeconds).toBe(360);
    expect(measureRpo(run, 3600, [runbook, restore, older], null).actualSeconds).toBe(360);
  });

  it('is not what is on its way to a table while both regions are well', () => {
    const rpo = measureRpo({ ...run, mode: 'planned' }, 60, [table(9)], null);
    expect(rpo).toMatchObject({ actualSeconds: null, met: null });
  });
});

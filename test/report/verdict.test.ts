import { describe, expect, it } from 'vitest';
import { buildReport } from '../../shared/report/model.ts';
import { isSuccess, verdictOf } from '../../shared/report/verdict.ts';
import { abortedRun, drillRun, dryRun, refusedRun } from './fixtures/others.ts';
import { recoveredRun } from './fixtures/recovered.ts';

describe('the verdict', () => {
  it('says how long a recovery took, against what, and what is left to do', async () => {
    const verdict = verdictOf(buildReport(await recoveredRun()));
    expect(verdict).toEqual({
      tone: 'good',
      headline: 'Recovered in 1 h 12 min, objective 4 h; 1 task is left',
      lines: ['7 min 5 s of data lost; objective 1 h.'],
    });
  });

  it('says by how much the objectives were missed', async () => {
    const report = buildReport(await recoveredRun());
    report.rto = { ...report.rto, targetSeconds: 3600, met: false };
    report.rpo = { ...report.rpo, targetSeconds: 300, met: false };
    const verdict = verdictOf(report);
    expect(verdict.tone).toBe('warn');
    expect(verdict.headline).toContain('12 min over the objective of 1 h');
    expect(verdict.lines[0]).toBe('7 min 5 s of data lost, which is 2 min 5 s too much; objective 5 min.');
    expect(isSuccess(report)).toBe(false);
  });

  it('says that nothing was changed only if nothing was', async () => {
    const refused = buildReport(await refusedRun());
    expect(verdictOf(refused).headline).toBe('Refused before anything was changed');
    const change = {
      at: refused.detail.run.startedAt,
      step: 'x',
      call: 'a.B',
      region: 'r',
      resource: 'y',
      what: 'z',
    };
    refused.detail.changes.push(change);
    expect(verdictOf(refused).headline).toBe('Refused');
    expect(verdictOf(refused).lines).toContain(
      '1 change was made before it stopped; see the list of changes.',
    );
  });

  it('gives the reason of an aborted run', async () => {
    expect(verdictOf(buildReport(await abortedRun()))).toEqual({
      tone: 'bad',
      headline: 'Aborted; nothing was changed',
      lines: ['Nobody approved within 30 min.'],
    });
  });

  it('does not call a drill or a dry run a recovery', async () => {
    expect(verdictOf(buildReport(await drillRun())).headline).toMatch(/^Drill passed in 40 min/);
    expect(verdictOf(buildReport(await dryRun())).headline).toMatch(/^Dry run passed/);
  });

  it('is no success when a safety rule was broken, and names the rule', async () => {
    const report = buildReport(await recoveredRun());
    expect(isSuccess(report)).toBe(true);
    report.invariants = [{ name: 'never two writers', held: false, checks: 3 }];
    expect(isSuccess(report)).toBe(false);
    expect(verdictOf(report)).toMatchObject({ tone: 'warn' });
    expect(verdictOf(report).lines.join(' ')).toContain('never two writers');
  });

  it('counts an objective that could not be measured as not missed', async () => {
    expect(isSuccess(buildReport(await dryRun()))).toBe(true);
    expect(isSuccess(buildReport(await abortedRun()))).toBe(false);
  });
});

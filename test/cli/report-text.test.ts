import { describe, expect, it } from 'vitest';
import { reportText } from '../../cli/report-text.ts';
import { buildReport } from '../../shared/report/model.ts';
import { abortedRun, drillRun, refusedRun } from '../report/fixtures/others.ts';
import { recoveredRun } from '../report/fixtures/recovered.ts';

const plain = { colour: false };

describe('the summary for the terminal', () => {
  it('gives verdict, figures, lateness, cost, replay and path', async () => {
    const report = { ...buildReport(await recoveredRun()), report: 'reports/one/report.html' };
    const text = reportText(report, plain);
    expect(text).toContain('Recovered in 1 h 12 min, objective 4 h');
    expect(text).toContain(
      '1 h 12 min, objective 4 h, met (detect 3 min, decide 12 min, execute 51 min 30 s, verify 5 min 30 s)',
    );
    expect(text).toContain('7 min 5 s, objective 1 h, met');
    expect(text).toContain('Customers: incident-opened, 4 min late');
    expect(text).toContain('--seed 7');
    expect(text).toMatch(/report +reports\/one\/report\.html\n$/);
  });

  it('says why a run stopped and how to go on', async () => {
    expect(reportText(buildReport(await abortedRun()), plain)).toContain(
      'Nobody approved within 30 min. Reach an approver by phone',
    );
    expect(reportText(buildReport(await refusedRun()), plain)).toContain(
      'Refused before anything was changed',
    );
    expect(reportText(buildReport(await refusedRun()), plain)).toContain('not recovered, objective 4 h');
  });

  it('says nothing of a rehearsal for a real drill', async () => {
    expect(reportText(buildReport(await drillRun()), plain)).not.toMatch(
      /seed|critical path|cost of the run/,
    );
  });

  it('stays within 25 lines, however much went wrong', async () => {
    const report = buildReport(await recoveredRun());
    const many = <T>(item: T | undefined): T[] => (item === undefined ? [] : Array(40).fill(item));
    report.detail.problems = many(report.detail.problems[0]);
    report.detail.openTasks = many(report.detail.openTasks[0]);
    report.notifications = many(report.notifications[2]);
    report.invariants = many({ name: 'never two writers', held: false, checks: 1 });
    const text = reportText(report, plain);
    expect(text.trimEnd().split('\n').length).toBeLessThanOrEqual(25);
    expect(text).toContain('and 37 more in the report');
  });

  it('colours only where it may, and lets no text steer the terminal', async () => {
    const report = buildReport(await recoveredRun());
    report.detail.openTasks = [{ title: 'evil \u001b[2J\nname', why: '', owner: null }];
    expect(reportText(report, plain)).not.toContain('\u001b');
    expect(reportText(report, plain)).toContain('evil [2J name');
    expect(reportText(report, { colour: true })).toContain('\u001b[32m');
    expect(reportText(report, { colour: true })).not.toContain('\u001b[2J');
  });
});

import { describe, expect, it } from 'vitest';
import { createProgress } from '../../cli/progress.ts';
import type { ReportInput } from '../../shared/report/model.ts';
import { abortedRun, drillRun } from '../report/fixtures/others.ts';
import { recoveredRun } from '../report/fixtures/recovered.ts';
import { type Moment, message, runId, sealLedger, stepMoments } from '../report/fixtures/story.ts';

function linesOf({ plan, ledger }: Pick<ReportInput, 'plan' | 'ledger'>, colour = false): string[] {
  const printed: string[] = [];
  const progress = createProgress(plan, { colour, out: text => void printed.push(text) });
  for (const placed of ledger) progress.entry(placed);
  progress.end();
  return printed.join('').split('\n').slice(0, -1);
}

describe('live progress', () => {
  it('fits a whole region failure into 45 lines', async () => {
    const lines = linesOf(await recoveredRun());
    expect(lines.length).toBeLessThanOrEqual(45);
    expect(lines.length).toBeGreaterThan(25);
  });

  it('stamps each line with the time of day and the time since the outage began', async () => {
    const lines = linesOf(await recoveredRun());
    for (const line of lines) expect(line).toMatch(/^\d\d:\d\d:\d\d \+\d\d:\d\d:\d\d {2}\S /);
    expect(lines).toContain('17:32:00 +00:50:00  ✓ Restore the database, 34 min');
    expect(lines).toContain('16:57:01 +00:15:01  ■ Activate the recovery region (phase 2 of 5)');
  });

  it('prints a line as soon as its entry comes', async () => {
    const { plan, ledger } = await recoveredRun();
    const printed: string[] = [];
    const progress = createProgress(plan, { colour: false, out: text => void printed.push(text) });
    const upTo = ledger.findIndex(({ entry }) => entry.type === 'phase-started');
    for (const placed of ledger.slice(0, upTo + 1)) progress.entry(placed);
    expect(printed.at(-1)).toContain('Assess and decide (phase 1 of 5)');
  });

  it('shows questions with who was asked, answers with their reason, and failures', async () => {
    const text = linesOf(await recoveredRun()).join('\n');
    expect(text).toContain(
      '? Asked Alex Chen, Priya Raman: Move LIQUID ABT to Melbourne? (30 min to answer)',
    );
    expect(text).toContain('with approve (link): AWS says hours, not minutes.');
    expect(text).toContain('✗ Step "Scale the node group" failed: No instance of m6i.large');
    expect(text).toContain('tried again, attempt 2');
    expect(linesOf(await abortedRun()).join('\n')).toContain('Escalated to level 2: Priya Raman');
  });

  it('gathers messages of one kind into a line, and starts another for another kind', async () => {
    const { plan } = await recoveredRun();
    const ledger = await sealLedger([
      message(1, 'engineering', 'on-call', 'initial', 60),
      message(2, 'customers', 'customers', 'initial', 60),
      message(2, 'person:cto', 'on-call', 'escalation', 60),
      message(3, 'customers', 'customers', 'update', 60),
    ]);
    expect(linesOf({ plan, ledger })).toEqual([
      '16:42:01 +00:00:01  » told Engineering, Customers: initial',
      '16:42:03 +00:00:03  » told Customers: update',
    ]);
  });

  it('gathers steps that were done at once, but only those of the same second', async () => {
    const { plan } = await recoveredRun();
    const done = (seconds: number, step: string) =>
      stepMoments('verify', step, 'http.check', [
        [seconds, 'preparing'],
        [seconds + 0.2, 'done'],
      ]);
    const ledger = await sealLedger([
      ...done(1, 'check-health'),
      ...done(1.1, 'count-tenants'),
      ...done(2, 'tell-all'),
    ]);
    expect(linesOf({ plan, ledger })).toEqual([
      '16:42:01 +00:00:01  ✓ Check /api/health, Count the tenants',
      '16:42:02 +00:00:02  ✓ Tell everybody',
    ]);
  });

  it('leaves out steps that are not of the mode, and shows those that a drill only prepared', async () => {
    const { plan } = await drillRun();
    const approve = plan.scenarios['region-failure']?.phases[0]?.steps[3];
    if (approve && 'id' in approve) approve.modes = ['recover'];
    const moments: Moment[] = [
      [0, { type: 'run-started', run: runId, scenario: 'region-failure', mode: 'drill', execution: 'arn' }],
      ...stepMoments('decide', 'approve', 'people.approval', [[1, 'skipped']], {
        note: 'Not part of the mode drill',
      }),
      ...stepMoments('route', 'move-app', 'route53.failover', [[2, 'skipped']], { note: 'Drill: prepared' }),
    ];
    expect(linesOf({ plan, ledger: await sealLedger(moments) })).toEqual([
      '16:42:02 +00:00:02  - Step "Move app.liquidtreasury.business" skipped: Drill: prepared',
    ]);
  });

  it('takes the titles of the scenario that runs where another one has the same ids', async () => {
    const { plan } = await drillRun();
    const own = plan.scenarios['region-failure'];
    const first = own?.phases[0];
    if (!own || !first) throw new Error('The plan has no region failure.');
    const foreign = { ...own, phases: [{ ...first, title: 'Something else' }] };
    const moments: Moment[] = [
      [0, { type: 'run-started', run: runId, scenario: 'region-failure', mode: 'drill', execution: 'arn' }],
      [1, { type: 'phase-started', run: runId, phase: first.id }],
      [2, { type: 'run-ended', run: runId, outcome: 'recovered', reasons: [] }],
    ];
    const both = { ...plan, scenarios: { other: foreign, 'region-failure': own } };
    expect(linesOf({ plan: both, ledger: await sealLedger(moments) })).toEqual([
      `16:42:01 +00:00:01  ■ ${first.title} (phase 1 of ${own.phases.length})`,
      '16:42:02 +00:00:02  ■ Run ended: passed',
    ]);
  });

  it('uses no colour and no control character unless it may', async () => {
    expect(linesOf(await recoveredRun()).join('')).not.toMatch(/\p{Cc}/u);
    expect(linesOf(await recoveredRun(), true).join('')).toContain('\u001b[');
  });
});

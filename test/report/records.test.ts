import { describe, expect, it } from 'vitest';
import { recordNames } from '../../shared/plan/schema.ts';
import { buildReport } from '../../shared/report/model.ts';
import { recordsOf } from '../../shared/report/records.ts';
import { dryRun } from './fixtures/others.ts';
import { recoveredRun } from './fixtures/recovered.ts';

describe('the records of a run', () => {
  it('are all there after a recovery, each with what it says', async () => {
    const records = recordsOf(buildReport(await recoveredRun()));
    expect(Object.keys(records)).toEqual([...recordNames]);
    expect(recordNames.filter(name => records[name] === undefined)).toEqual([]);
    expect(records['data-loss']).toMatch(/^425 s: /);
  });

  it('are missing where a run measured nothing', async () => {
    const records = recordsOf(buildReport(await dryRun()));
    expect(records['recovery-time']).toBeUndefined();
    expect(records['data-loss']).toBeUndefined();
    expect(records.detection).toBeUndefined();
    expect(records.changes).toBeUndefined();
  });

  it('do not count a ledger that was changed afterwards', async () => {
    const report = buildReport(await recoveredRun());
    const chain = { ...report.detail.chain, verified: false };
    expect(recordsOf({ ...report, detail: { ...report.detail, chain } }).ledger).toBeUndefined();
  });
});

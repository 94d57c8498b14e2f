import { describe, expect, it } from 'vitest';
import { lifeboat, planPath } from './collect.ts';

describe('lifeboat backups PLAN', () => {
  it('check tells of each class and answers 0', async () => {
    const { code, out, err } = await lifeboat(['backups', planPath, 'check']);
    expect(code).toBe(0);
    expect(out).toMatch(/database-replicated {2}ok .*6 min 2 s old \(1 h allowed\)/);
    expect(out).toMatch(/only a restore proves a backup/);
    expect(err).toMatch(/simulated AWS/);
  });

  it('check finds what a fault takes away, as JSON, and answers 1', async () => {
    const { code, out } = await lifeboat(['backups', planPath, 'check', '--fault', 'no-snapshot', '--json']);
    expect(code).toBe(1);
    const replicated = JSON.parse(out).backups.find(
      (one: { backup: string }) => one.backup === 'database-replicated',
    );
    expect(replicated).toMatchObject({
      status: 'finding',
      lossSeconds: null,
      findings: [{ name: 'missing' }],
    });
  });

  it('verify restores one class to a time and says what it measured', async () => {
    const { code, out } = await lifeboat([
      'backups',
      planPath,
      'verify',
      '--class',
      'database-replicated',
      '--point',
      '2026-03-09T10:00:00Z',
    ]);
    expect(code).toBe(0);
    expect(out).toMatch(
      /database-replicated {2}proven\n {2}restored .* as of 2026-03-09T10:00:00.000Z\n {2}RTO .* of 2 h/,
    );
    expect(out).toMatch(/ok {3}There are purchases: 600; expected at least 1/);
  });

  it('create makes one and says its name', async () => {
    const { code, out } = await lifeboat(['backups', planPath, 'create', '--class', 'database-snapshots']);
    expect(code).toBe(0);
    expect(out).toMatch(
      /database-snapshots {2}begun: liquid-abt-production-database-snapshots-2026-03-10-1642/,
    );
  });

  it.each([
    [['backups', planPath], /check\|create\|verify/],
    [['backups', planPath, 'chekc'], /check/],
    [
      ['backups', planPath, 'check', '--class', 'database-copy'],
      /no backup "database-copy".*database-copies/s,
    ],
    [['backups', planPath, 'create'], /--class/],
    [['backups', planPath, 'verify', '--live'], /verify --live needs --by NAME/],
    [['backups', planPath, 'verify', '--class', 'database-automated'], /give it "verify"/],
    [['backups', planPath, 'verify', '--point', 'soon'], /not "soon"/],
    [['backups', 'nowhere.yml', 'check'], /nowhere/],
    [['rehearse', planPath, '--calendar', '--days', '0'], /--days/],
    [['rehearse', planPath, '--calendar', '--fault', 'rain'], /rain/],
  ])('answers 2 to %j', async (argv, said) => {
    const { code, out, err } = await lifeboat(argv);
    expect(code).toBe(2);
    expect(out).toBe('');
    expect(err).toMatch(said);
  });

  it('rehearse --calendar prints what became of every element', async () => {
    const { code, out } = await lifeboat(['rehearse', planPath, '--calendar', '--days', '3', '--json']);
    expect(code).toBe(1);
    const { elements, leftBehind } = JSON.parse(out);
    expect(leftBehind).toEqual([]);
    expect(elements.find((one: { id: string }) => one.id === 'calendar.backups-daily')).toMatchObject({
      runs: 3,
      failures: 0,
    });
  });
});

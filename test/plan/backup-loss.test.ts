import { describe, expect, it } from 'vitest';
import { checkPlan } from '../../shared/plan/check.ts';
import { databaseOf, longestGapSeconds, worstLoss } from '../../shared/plan/rules/backup-loss.ts';
import type { Backup } from '../../shared/plan/schema.ts';
import { fixtureText } from './fixture-text.ts';

const hours = 3600;
const { plan } = await checkPlan({ text: fixtureText('backup-misses-rpo', 'clean'), file: 'plan.yml' });
if (!plan) throw new Error('The fixture has errors');

describe('the longest time between two backups', () => {
  it.each([
    ['rate(6 hours)', 6],
    ['cron(0 2/6 * * ? *)', 6],
    ['cron(0 2 * * ? *)', 24],
    // Nothing runs from 17:00 until 8:00.
    ['cron(0 8-17 * * ? *)', 15],
    // From Friday to Monday.
    ['cron(0 2 ? * MON-FRI *)', 72],
    ['cron(0 3 1 * ? *)', 31 * 24],
    ['at(2026-03-31T09:00:00)', Number.POSITIVE_INFINITY],
  ])('of %s is %d hours', (when, expected) => {
    expect(longestGapSeconds(when)).toBe(expected * hours);
  });
});

describe('the worst loss', () => {
  const { primary, recovery } = plan.regions;
  const base = { title: 'Backup', retention: 86_400, component: 'database' };
  const daily = { when: 'cron(0 2 * * ? *)', timeZone: 'UTC' };
  const loss = (backup: object, region: string, others: Record<string, object> = {}) =>
    worstLoss({ ...plan, backups: others as Record<string, Backup> }, backup as Backup, region);

  it('of automated backups is minutes, and only where the database is', () => {
    expect(loss({ ...base, type: 'rds-automated' }, primary)?.likely).toBe(300);
    expect(loss({ ...base, type: 'rds-automated' }, recovery)).toBeUndefined();
    expect(loss({ ...base, type: 'rds-replicated-backups', region: recovery }, recovery)?.likely).toBe(900);
  });

  it('of a copy is its own interval, the age of what it copies, and the copying', () => {
    const snapshots = { ...base, type: 'rds-snapshot', schedule: { ...daily, when: 'rate(6 hours)' } };
    const copy = { ...base, type: 'rds-snapshot-copy', of: 'snapshots', region: recovery, schedule: daily };
    expect(loss(copy, recovery, { snapshots })).toEqual({ certain: 30 * hours, likely: 32 * hours });
  });

  it('of a recovery point that is copied has the time of finding and copying it where only the copy is left', () => {
    const resource = 'arn:aws:rds:eu-central-1:123456789012:db:shop';
    const point = {
      ...{ title: 'Points', retention: 86_400, type: 'aws-backup', region: primary, vault: 'v' },
      ...{ resource, role: 'arn', schedule: daily, copyTo: { vault: 'copies', region: recovery } },
    };
    expect(loss(point, primary)).toEqual({ certain: 24 * hours, likely: 25 * hours });
    expect(loss(point, recovery)).toEqual({ certain: 24 * hours, likely: 26.5 * hours });
    expect(databaseOf(plan, point as unknown as Backup)).toBe('database');
    const other = { ...point, resource: resource.replace(':shop', ':other') };
    expect(databaseOf(plan, other as unknown as Backup)).toBeUndefined();
  });

  it('of a dump counts its replication only where it has to be replicated to', () => {
    const dump = { ...base, type: 'dump', region: primary, schedule: daily, copy: { region: recovery } };
    expect(loss(dump, primary)).toEqual({ certain: 24 * hours, likely: 24.5 * hours });
    expect(loss(dump, recovery)?.likely).toBe(24.75 * hours);
    expect(loss({ ...dump, copy: undefined }, recovery)).toBeUndefined();
  });
});

describe('an RPO that backups must keep', () => {
  const text = fixtureText('backup-misses-rpo', 'triggers');
  const found = async (changed: string) =>
    (await checkPlan({ text: changed, file: 'plan.yml' })).findings.filter(
      ({ rule }) => rule === 'backup-misses-rpo',
    );

  it('is an error when the schedule alone misses it, and a warning when copying does', async () => {
    expect(await found(text)).toMatchObject([{ severity: 'error', message: /may lose 48 h .* 1 h$/ }]);
    expect(await found(text.replace('rpo: 1h', 'rpo: 49h'))).toMatchObject([{ severity: 'warning' }]);
    expect(await found(text.replace('rpo: 1h', 'rpo: 50h'))).toEqual([]);
  });

  it('is that of the strictest tier', async () => {
    const tiers = 'tiers:\n  high: { title: High, services: [Payments], rpo: 5m }\n';
    const strict = text.replace('rpo: 1h', 'rpo: 50h').replace('people:\n', `${tiers}people:\n`);
    expect(await found(strict)).toMatchObject([{ message: /the RPO of the tier "high" is 5 min$/ }]);
  });

  it('needs something outside of the region that is lost', async () => {
    const here = text.replace(/ {2}copies:[\s\S]*?(?=scenarios:)/, '');
    expect(await found(here)).toMatchObject([{ message: /none is outside of eu-central-1/ }]);
  });
});

import { describe, expect, it } from 'vitest';
import { judgeBackup } from '../../shared/backups/judge.ts';
import { expired, makesRoom } from '../../shared/backups/retention.ts';
import type { FoundBackup, Survey } from '../../shared/backups/survey/found.ts';
import type { Backup, Plan } from '../../shared/plan/schema.ts';

const now = new Date('2026-03-10T12:00:00Z');
const hour = 3600;
const ago = (seconds: number) => new Date(now.getTime() - seconds * 1000);
const found = (seconds: number, more: Partial<FoundBackup> = {}): FoundBackup => ({
  id: `at-${seconds}`,
  at: ago(seconds),
  usable: true,
  encrypted: true,
  ...more,
});
const backup = {
  type: 'rds-snapshot',
  title: 'Snapshots',
  component: 'database',
  schedule: { when: 'cron(0 0/6 * * ? *)', timeZone: 'UTC' },
  retention: 7 * 24 * hour,
  rpo: 7 * hour,
} as Backup;
const plan = { objectives: { rto: 4 * hour, rpo: hour } } as Plan;
const whole = Array.from({ length: 28 }, (_, index) => found(index * 6 * hour));

const judge = (survey: Partial<Survey>, sizes: number[] = []) =>
  judgeBackup({
    id: 'snapshots',
    backup,
    plan,
    surveyed: { ok: true, survey: { found: whole, faults: [], ...survey } },
    now,
    sizes,
  });
const names = (survey: Partial<Survey>, sizes?: number[]) =>
  judge(survey, sizes).findings.map(({ name }) => name);

describe('a class of backups', () => {
  it('is in order when it is there, young, whole and encrypted', () => {
    expect(judge({})).toMatchObject({ status: 'ok', findings: [], count: 28, lossSeconds: 0 });
  });

  it.each([
    ['nothing at all', { found: [] }, ['missing']],
    ['only one that is still being made', { found: [found(0, { usable: 'creating' })] }, ['missing']],
    ['a newest one that is too old', { found: whole.slice(2) }, ['too-old']],
    ['data from the future', { found: [found(-3600), ...whole] }, ['from-the-future']],
    ['a night without one', { found: [...whole.slice(0, 4), ...whole.slice(6)] }, ['gap']],
    [
      'one that is not encrypted',
      { found: [found(0, { encrypted: false }), ...whole.slice(1)] },
      ['unencrypted'],
    ],
    [
      'a key that can not be used',
      { key: { usable: false, reason: { what: 'The key is disabled', mend: 'Enable it' } } },
      ['key-not-usable'],
    ],
    ['a service that keeps them too short', { keptSeconds: 3 * 24 * hour }, ['kept-too-short']],
    ['no copy', { copies: [] }, ['not-copied']],
    ['an old copy', { copies: [found(9 * hour)] }, ['copy-too-old']],
    [
      'a file that is half written',
      {
        newestFile: {
          ok: false,
          problem: 'half-written',
          what: 'no end',
          mend: 'again',
          facts: { bytes: 1, sha256: '' },
        },
      },
      ['half-written'],
    ],
    [
      'one database of many without any',
      { expected: ['a', 'b'], found: [found(0, { of: 'a' })] },
      ['missing'],
    ],
    [
      'one database of many with an old one',
      { expected: ['a', 'b'], found: [found(0, { of: 'a' }), found(30 * hour, { of: 'b' })] },
      ['too-old'],
    ],
  ] as [string, Partial<Survey>, string[]][])('says so of %s', (_, survey, expected) => {
    expect(names(survey)).toEqual(expected);
  });

  it('says what would be lost', () => {
    expect(judge({ found: whole.slice(2) })).toMatchObject({ lossSeconds: 12 * hour });
    expect(judge({ found: [] })).toMatchObject({ lossSeconds: null });
  });

  it('calls a size unusual by its own history, and only once it has one', () => {
    const sized = (bytes: number) => ({ found: [found(0, { bytes }), ...whole.slice(1)] });
    const history = [100, 101, 102, 103, 104];
    expect(names(sized(40), history)).toEqual(['size-unusual']);
    expect(names(sized(400), history)).toEqual(['size-unusual']);
    expect(names(sized(120), history)).toEqual([]);
    expect(names(sized(40), history.slice(1))).toEqual([]);
    expect(judge(sized(120), history).sizes.at(-1)).toBe(120);
  });

  it('that could not be asked is not one that is missing', () => {
    const result = judgeBackup({
      id: 's',
      backup,
      plan,
      surveyed: { ok: false, why: 'denied', mend: 'allow it' },
      now,
    });
    expect(result).toMatchObject({
      status: 'unknown',
      lossSeconds: null,
      findings: [{ name: 'not-checked' }],
    });
  });

  it("goes by the plan's RPO when it has none of its own", () => {
    const { rpo: _, ...rest } = backup;
    const result = judgeBackup({
      id: 's',
      backup: rest as Backup,
      plan,
      surveyed: { ok: true, survey: { found: [found(2 * hour)], faults: [] } },
      now,
    });
    expect(result).toMatchObject({ rpoSeconds: hour, findings: [{ name: 'too-old' }] });
  });
});

describe('what is removed', () => {
  const kept = (days: number, usable = true) => ({ id: `d${days}`, at: ago(days * 86_400), usable });
  const ids = (list: { id: string }[]) => list.map(({ id }) => id);

  it('is over its time, the oldest first', () => {
    expect(ids(expired([kept(1), kept(9), kept(8), kept(6)], 7 * 86_400, now))).toEqual(['d9', 'd8']);
  });
  it('is never the last one that can be restored from', () => {
    expect(expired([kept(30)], 7 * 86_400, now)).toEqual([]);
    expect(ids(expired([kept(1, false), kept(20), kept(30)], 7 * 86_400, now))).toEqual(['d30']);
    expect(expired([kept(20, false), kept(30, false)], 7 * 86_400, now)).toEqual([]);
  });
  it('makes room for a new one only where another good one stays', () => {
    expect(makesRoom([kept(1), kept(3), kept(2)])?.id).toBe('d3');
    expect(makesRoom([kept(3), kept(1, false)])).toBeUndefined();
  });
});

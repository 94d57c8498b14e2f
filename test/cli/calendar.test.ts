import { describe, expect, it } from 'vitest';
import { lifeboat, planPath } from './collect.ts';

describe('lifeboat calendar', () => {
  it('tells when everything is due next, soonest first', async () => {
    const { code, out } = await lifeboat(['calendar', planPath, '--json']);
    expect(code).toBe(0);
    const { entries } = JSON.parse(out) as {
      entries: { id: string; next: string; state: string; what: string }[];
    };
    expect(entries.map(({ next }) => next)).toEqual(entries.map(({ next }) => next).toSorted());
    expect(entries[0]).toMatchObject({
      id: 'calendar.first-review',
      state: 'past',
      next: '2025-04-05T23:00:00.000Z',
    });
    expect(entries.find(({ id }) => id === 'backups.database-snapshots')?.what).toBe('made by Lifeboat');
    expect((await lifeboat(['calendar', planPath])).out).toMatch(
      /Z {2}scheduled {2}calendar\.restore-test {2}The newest backups/,
    );
  });

  it.each([
    [['calendar', planPath, 'finish'], /does not know what to do with "finish"/],
    [['calendar', planPath, 'done', 'full-failover', '--by', 'me'], /no task "full-failover"/],
    [['calendar', planPath, 'done', 'first-review'], /needs --by/],
    [['drill', planPath], /full-failover/],
    [['drill', planPath, 'first-review', '--by', 'me'], /no drill "first-review"/],
    [['drill', planPath, 'full-failover'], /needs --by/],
  ])('answers 2 to %j', async (argv, said) => {
    const { code, err } = await lifeboat(argv);
    expect(code).toBe(2);
    expect(err).toMatch(said);
  });
});

import { describe, expect, it } from 'vitest';
import { renderReadiness } from '../../shared/report/html/readiness.ts';
import type { Measured } from '../../shared/report/matrix.ts';
import { type ReadinessInput, readinessOf } from '../../shared/report/readiness.ts';
import { makePlan } from '../communication/fixture.ts';
import { parsePage } from './fixtures/well-formed.ts';

const plan = makePlan(raw =>
  Object.assign(raw.system as object, { title: 'Shop <&>', nextReview: '2026-01-01' }),
);
const measured = (change: Partial<Measured> = {}): Measured => ({
  scenario: 'region-failure',
  mode: 'recover',
  outcome: 'recovered',
  faults: [],
  rtoSeconds: 3600,
  rpoSeconds: 360,
  tiers: {},
  ...change,
});
const drill = (startedAt: string, change: Partial<Measured> = {}) =>
  measured({ mode: 'drill', run: startedAt, startedAt, ...change });
const live = (change: Partial<NonNullable<ReadinessInput['live']>> = {}) => ({
  runs: [],
  restores: [],
  openTasks: [],
  ...change,
});
const now = '2026-03-10T12:00:00.000Z';
const of = (change: Partial<ReadinessInput> = {}) =>
  readinessOf({ plan, now, rehearsed: [measured()], ...change });
const gaps = (change: Partial<ReadinessInput> = {}) =>
  of(change).gaps.map(({ severity, what }) => `${severity}: ${what}`);

describe('the readiness of a system', () => {
  it('without a look at the deployed system claims nothing of drills', () => {
    expect(gaps()).toEqual([
      'warn: The review of the plan was due on 2026-01-01.',
      expect.stringContaining('The deployed system was not asked'),
    ]);
    expect(renderReadiness(of())).toContain('not looked at');
  });

  it('calls what was not measured a gap, and what misses its objective a bad one, which stands first', () => {
    expect(gaps({ rehearsed: [] })).toContain('warn: Region failure: no rehearsal has measured its RTO.');
    const unmeasured = 'warn: Region failure: no rehearsal has measured its RPO.';
    expect(gaps({ rehearsed: [measured({ rpoSeconds: null })] })).toContain(unmeasured);
    expect(gaps({ rehearsed: [measured({ rpoSeconds: null, movedNoData: true })] })).not.toContain(
      unmeasured,
    );
    expect(gaps({ rehearsed: [measured({ rtoSeconds: 5 * 3600 })] })[0]).toBe(
      'bad: Region failure: rehearsed RTO is above its objective.',
    );
  });

  it('looks at the last drill: never, long ago, failed, or well', () => {
    const drilled = (...runs: Measured[]) =>
      gaps({ live: live({ runs }) }).filter(gap => gap.includes('drill'));
    expect(drilled()).toEqual(['warn: Region failure: drilled on real AWS never.']);
    expect(drilled(drill('2025-11-01T10:00:00.000Z'))).toEqual([
      'warn: Region failure: drilled on real AWS not since 2025-11-01.',
    ]);
    expect(drilled(drill('2026-03-01T10:00:00.000Z', { outcome: 'failed', rtoSeconds: null }))).toEqual([
      'bad: Region failure: the last drill (2026-03-01) ended failed.',
    ]);
    expect(drilled(drill('2026-03-01T10:00:00.000Z'))).toEqual([]);
  });

  it('names overdue tasks of past incidents with their owners', () => {
    const task = {
      title: 'Hold the post-mortem',
      owners: ['Ben Ruiz'],
      dueAt: '2026-03-01T00:00:00.000Z',
      incident: 'i',
    };
    expect(gaps({ live: live({ openTasks: [task] }) })[0]).toBe(
      'bad: Overdue since 2026-03-01: Hold the post-mortem.',
    );
    expect(
      gaps({ live: live({ openTasks: [{ ...task, dueAt: '2026-04-01T00:00:00.000Z' }] }) }).join(),
    ).not.toContain('Overdue');
  });
});

describe('an audience', () => {
  const sized = (size: number | undefined) =>
    makePlan(raw =>
      Object.assign((raw.audiences as Record<string, object>).customers as object, {
        ...(size && { size }),
        within: '1m',
      }),
    );

  it('of a thousand by SNS e-mail within a minute is a gap, since it takes 10 a second', () => {
    expect(gaps({ plan: sized(1000) })).toContain(
      'bad: Customers: customers reaches 600 of its 1000 people within 1 min.',
    );
    expect(gaps({ plan: sized(600) }).join()).not.toContain('Customers');
  });

  it('whose size nobody states is shown with what its channel reaches', () => {
    const page = renderReadiness(of({ plan: sized(undefined) }));
    expect(page).toMatch(/not stated.*at most 600.*10 e-mail messages a second/);
  });
});

describe('a backup', () => {
  const kept = { ...plan, backups: { db: { title: 'Database', verify: {} } } } as unknown as typeof plan;
  const about = (...restores: NonNullable<ReadinessInput['live']>['restores']) =>
    gaps({ plan: kept, live: live({ restores }) }).filter(gap => gap.includes('Database'));
  const restore = (at: string, proven = true) => ({
    backup: 'db',
    at,
    proven,
    seconds: 600,
    withinSeconds: 3600,
  });

  it.each([
    ['that nothing has proven is a gap', [], 'bad: Database: no restore has ever proven it.'],
    [
      'whose last restore failed is a gap',
      [restore('2026-02-01'), restore('2026-03-01', false)],
      'bad: Database: the last restore (2026-03-01) did not prove it.',
    ],
    [
      'that was proven long ago is to be watched',
      [restore('2026-01-01')],
      'warn: Database: last proven 2026-01-01.',
    ],
  ])('%s', (_what, restores, gap) => {
    expect(about(...restores)).toEqual([gap]);
  });

  it('that was proven lately is well, and one that the plan never restores is to be watched', () => {
    expect(about(restore('2026-03-01'))).toEqual([]);
    const never = { ...plan, backups: { db: { title: 'Database' } } } as unknown as typeof plan;
    expect(gaps({ plan: never, live: live() })).toContain(
      'warn: Database: the plan never restores it to see whether it can be.',
    );
  });
});

describe('the readiness page', () => {
  const page = renderReadiness(
    of({
      live: live({
        runs: [
          drill('2026-02-01T10:00:00.000Z', { rtoSeconds: 9000 }),
          drill('2026-03-01T10:00:00.000Z', { rtoSeconds: 15_000 }),
        ],
      }),
    }),
  );

  it('is well formed, escaped, and needs nothing else', () => {
    const { tags, text } = parsePage(page);
    expect(text).toContain('Shop &lt;&amp;&gt;');
    expect(tags.filter(({ name }) => ['script', 'img', 'link', 'iframe'].includes(name))).toEqual([]);
    expect(tags.filter(({ name }) => name === 'h1')).toHaveLength(1);
  });

  it('plots recovery times against the objective, each miss in another form, and says the same in words', () => {
    const { tags } = parsePage(page);
    expect(tags.filter(({ name }) => name === 'circle')).toHaveLength(3);
    expect(page.match(/<path class="bad"/g)).toHaveLength(1);
    expect(page).toContain('aria-label="Recovery time of Region failure over time, against 4 h"');
    expect(page).toContain('aria-label="Data loss of Region failure over time, against 1 h"');
    expect(page).toContain('2 figures of Region failure');
    expect(page).toContain('4 h 10 min, missed');
  });

  it('plots how long restores took; one that proved nothing is a miss however fast it was', () => {
    const kept = { ...plan, backups: { db: { title: 'Database', verify: {} } } } as unknown as typeof plan;
    const restores = [
      { backup: 'db', at: '2026-03-01T03:00:00.000Z', proven: false, seconds: 300, withinSeconds: 3600 },
      { backup: 'db', at: '2026-02-01T03:00:00.000Z', proven: true, seconds: 900, withinSeconds: 3600 },
      { backup: 'db', at: '2026-03-02T03:00:00.000Z', proven: false, seconds: null, withinSeconds: 3600 },
    ];
    const found = of({ plan: kept, live: live({ restores }) });
    expect(found.history).toMatchObject([
      { what: 'Restore time', title: 'Database', points: [{ met: true, kind: 'proven' }, { met: false }] },
    ]);
    expect(renderReadiness(found)).toContain('Database: restore time');
  });

  it.each([
    ['nobody looked', {}, 'The deployed system was not asked.'],
    ['nothing was recorded yet', { live: live() }, 'No real run and no restore is on record yet.'],
  ])('says so instead of plotting when %s', (_what, change, words) => {
    const bare = renderReadiness(of(change));
    expect(bare).toContain(words);
    expect(bare).not.toContain('<svg');
  });

  it('begins with how many gaps there are, as a sentence', () => {
    expect(page).toMatch(/<h1>No gap, \d to watch<\/h1>/);
    expect(renderReadiness({ ...of(), gaps: [] })).toContain('<h1>Ready, by all that was measured</h1>');
    expect(page.indexOf('id="gaps"')).toBeLessThan(page.indexOf('id="objectives"'));
  });

  it('is the same for the same facts', () => {
    expect(renderReadiness(of())).toBe(renderReadiness(of()));
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { renderHtml } from '../../shared/report/html.ts';
import { buildReport, type ReportInput } from '../../shared/report/model.ts';
import type { Report } from '../../shared/report/report.ts';
import { abortedRun, drillRun, dryRun, refusedRun } from './fixtures/others.ts';
import { recoveredRun } from './fixtures/recovered.ts';
import { parsePage } from './fixtures/well-formed.ts';

const runs: [string, () => Promise<ReportInput>][] = [
  ['recovered', recoveredRun],
  ['aborted', abortedRun],
  ['refused', refusedRun],
  ['drill', drillRun],
  ['dry run', dryRun],
];

describe.each(runs)('the page of a run: %s', (_, make) => {
  it('is well-formed, small, and needs nothing from anywhere', async () => {
    const page = renderHtml(buildReport(await make()));
    const { tags } = parsePage(page);
    expect(Buffer.byteLength(page)).toBeLessThan(300_000);
    expect(
      tags.filter(({ name }) => ['script', 'link', 'img', 'iframe', 'object', 'base'].includes(name)),
    ).toEqual([]);
    const active = tags.flatMap(({ attributes }) =>
      Object.keys(attributes).filter(name => /^(src|on.*)$/.test(name)),
    );
    expect(active).toEqual([]);
    expect(page).not.toMatch(/url\((?!#)/);
    expect(page).not.toContain('@import');
  });

  it('has ids that are unique, and links that lead to them', async () => {
    const { tags } = parsePage(renderHtml(buildReport(await make())));
    const ids = tags.flatMap(({ attributes }) => attributes.id ?? []);
    expect(new Set(ids).size).toBe(ids.length);
    const targets = tags.flatMap(({ attributes }) => (attributes.href ?? '').replace('#', '') || []);
    expect(targets.length).toBeGreaterThan(4);
    expect(ids).toEqual(expect.arrayContaining(targets));
    const labels = tags.flatMap(({ attributes }) => attributes['aria-labelledby']?.split(' ') ?? []);
    expect(ids).toEqual(expect.arrayContaining(labels));
  });

  it('is the same, byte for byte, for the same run, however long the rehearsal took', async () => {
    const input = await make();
    const slower = { ...input, facts: { ...input.facts, wallMs: 99_999 } };
    expect(renderHtml(buildReport(slower))).toBe(renderHtml(buildReport(input)));
  });
});

describe('what the page says', () => {
  it('says at the top that a rehearsal is one, and of a real run that it is none', async () => {
    const rehearsed = parsePage(renderHtml(buildReport(await recoveredRun()))).text;
    expect(rehearsed).toContain('This is a rehearsal');
    const input = await recoveredRun();
    const real = parsePage(renderHtml(buildReport({ ...input, facts: {} }))).text;
    expect(real).not.toMatch(/rehears|simulat/i);
  });

  it('names every drawing for those who can not see it', async () => {
    const { tags } = parsePage(renderHtml(buildReport(await recoveredRun())));
    for (const { attributes } of tags.filter(({ name }) => name === 'svg')) {
      const named = attributes['aria-label'] ?? attributes['aria-labelledby'] ?? attributes['aria-hidden'];
      expect(named).toBeTruthy();
    }
    const bars = tags.filter(({ attributes }) => attributes.class === 'bar' && attributes.role === 'img');
    expect(bars.map(({ attributes }) => attributes['aria-label'])).toEqual([
      'Recovery time: Detect 3 min, Decide 12 min, Execute 51 min 30 s, Verify 5 min 30 s; objective 4 h',
      'Data loss: Lost 7 min 5 s; objective 1 h',
    ]);
  });

  it('hatches the waiting for people and marks attempts and late messages', async () => {
    const { tags } = parsePage(renderHtml(buildReport(await recoveredRun())));
    const classes = tags.flatMap(({ attributes }) => attributes.class ?? []);
    expect(classes.filter(name => name.includes('bar decide waiting'))).toHaveLength(1);
    expect(classes.filter(name => name === 'again')).toHaveLength(1);
    expect(classes.filter(name => name === 'message late')).toHaveLength(1);
  });

  it('puts the objective inside the bar when it was missed', async () => {
    const report = buildReport(await recoveredRun());
    report.rto = { ...report.rto, targetSeconds: 2160, met: false };
    expect(renderHtml(report)).toContain('<span class="target" style="left:50.000%"></span>');
    expect(renderHtml(report)).toContain('objective 36 min</text>');
  });

  it('shows a ledger that was tampered with', async () => {
    const report = buildReport(await recoveredRun());
    report.detail.chain = { ...report.detail.chain, verified: false, problem: 'entry 9 was changed' };
    expect(renderHtml(report)).toContain('The chain is broken: entry 9 was changed.');
  });
});

describe('hostile names', () => {
  const hostile = `"><script>alert('x')</script><b title='&amp;`;

  it('are shown as they are and change nothing about the page', async () => {
    const plain = parsePage(renderHtml(poison(buildReport(await recoveredRun()), 'X')));
    const poisoned = parsePage(renderHtml(poison(buildReport(await recoveredRun()), hostile)));
    expect(poisoned.tags.map(({ name }) => name)).toEqual(plain.tags.map(({ name }) => name));
    expect(poisoned.text).toContain('&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;');
  });

  it('never break the page, whatever they are', async () => {
    const report = buildReport(await recoveredRun());
    const wild = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 60 }),
      fc.constantFrom('<!--', ']]>', '</style>', '\u0000'),
    );
    fc.assert(
      fc.property(wild, text => {
        const page = renderHtml(poison(report, text));
        expect(() => parsePage(page)).not.toThrow();
        expect(page).not.toMatch(/(?![\t\n\r])\p{Cc}/u);
      }),
      { numRuns: 60 },
    );
  });
});

/** The same report with every free text replaced. */
function poison(report: Report, text: string): Report {
  const fixed = /^(\d{4}-\d\d-\d\dT|[a-z-]+$|[0-9a-f]{64}$)/;
  const walk = (value: unknown, key: string): unknown => {
    if (Array.isArray(value)) return value.map(item => walk(item, key));
    if (value !== null && typeof value === 'object') {
      return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, walk(item, name)]));
    }
    const free = typeof value === 'string' && !fixed.test(value) && key !== 'status' && key !== 'stage';
    return free ? text : value;
  };
  return walk(report, '') as Report;
}

import { describe, expect, it } from 'vitest';
import { renderMarkdown } from '../../shared/report/markdown.ts';
import { code, escapeMarkdown, table } from '../../shared/report/markdown-text.ts';
import { buildReport } from '../../shared/report/model.ts';
import { abortedRun, drillRun, refusedRun } from './fixtures/others.ts';
import { recoveredRun } from './fixtures/recovered.ts';
import { iso, type Moment } from './fixtures/story.ts';

/** Cells of a table row; a pipe behind a backslash is text. */
const cells = (row: string) => row.split(/(?<!\\)\|/).length - 2;

describe('the Markdown page', () => {
  it('opens with the verdict and says that it is a rehearsal', async () => {
    const page = renderMarkdown(buildReport(await recoveredRun()));
    expect(page).toMatch(/^# LIQUID ABT: Recovered in 1 h 12 min, objective 4 h; 1 task is left\n/);
    expect(page).toContain('> This is a rehearsal');
  });

  it('has every section that a reader of an incident looks for', async () => {
    const page = renderMarkdown(buildReport(await recoveredRun()));
    const titles = [...page.matchAll(/^## (.+)$/gm)].map(([, title]) => title);
    expect(titles).toEqual([
      'Targets and figures',
      'What went wrong, and how to mend it',
      'Open tasks',
      'Phases and steps',
      'Decisions and approvals',
      'Messages and their deadlines',
      'Changes made in AWS',
      'Data loss',
      'Cost',
      'Rehearsal',
      'Evidence',
      'Post-mortem (draft)',
    ]);
  });

  it('puts targets beside figures and the parts that make up the time', async () => {
    const page = renderMarkdown(buildReport(await recoveredRun()));
    expect(page).toContain('| Recovery time (RTO) | 4 h | 1 h 12 min | met |');
    expect(page).toContain('| 3 min | 12 min | 51 min 30 s | 5 min 30 s |');
  });

  it('says who decided what, when and why', async () => {
    const page = renderMarkdown(buildReport(await recoveredRun()));
    expect(page).toContain(
      '| Move LIQUID ABT to Melbourne? | 16:46:02 | Alex Chen, Priya Raman | Alex Chen approved | 16:56:58, after 10 min 56 s | AWS says hours, not minutes. |',
    );
  });

  it('says how to mend what was refused', async () => {
    const page = renderMarkdown(buildReport(await refusedRun()));
    expect(page).toContain('Turn on cross-region automated backups');
    expect(page).toContain('## Changes made in AWS\n\nNone.');
  });

  it('fills the post-mortem from the ledger and leaves to people what only they know', async () => {
    const page = renderMarkdown(buildReport(await recoveredRun()));
    expect(page).toContain('- **Detection**: 2026-03-10 16:45:00 UTC. The incident was opened.');
    expect(page).toContain('- **Mitigation**: 2026-03-10 17:48:30 UTC. Phase "Move the traffic" ended.');
    expect(page).toContain('*To be filled in by Platform Engineering: the root cause');
    expect(page).toContain('*To be filled in by Alex Chen: what users noticed');
  });

  it('says that the service was looked at only by naming the checks that did', async () => {
    const page = renderMarkdown(buildReport(await recoveredRun()));
    expect(page).toMatch(/- \*\*Resolution\*\*: .* UTC\. The last phase ended, after "/);
    const unchecked = await recoveredRun();
    const phases = unchecked.plan.scenarios['region-failure']?.phases ?? [];
    for (const phase of phases) if (phase.stage === 'verify') phase.stage = 'execute';
    expect(renderMarkdown(buildReport(unchecked))).toMatch(
      /Resolution\*\*: .* UTC\. The last phase ended\.\n/,
    );
  });

  it('tells what happened from the first signal that something was wrong', async () => {
    const signal = (seconds: number, state: 'firing' | 'clear'): Moment => [
      seconds,
      {
        type: 'signal',
        signal: 'probe',
        observer: 'probe',
        state,
        since: iso(seconds),
        what: `seen at ${seconds}`,
      },
    ];
    const page = renderMarkdown(
      buildReport(await recoveredRun([signal(100, 'clear'), signal(4000, 'clear')])),
    );
    const happened = page.slice(page.indexOf('### What happened'), page.indexOf('### Why it happened'));
    expect(happened).not.toContain('seen at 100.');
    expect(happened).toContain('seen at 4000.');
  });

  it('does not invent a resolution for a run that had none', async () => {
    const page = renderMarkdown(buildReport(await abortedRun()));
    expect(page).toContain('- **Resolution**: Did not happen in this run');
    expect(page).toContain('- **Mitigation**: Did not happen in this run');
  });

  it('has no section on rehearsing for a real drill', async () => {
    const page = renderMarkdown(buildReport(await drillRun()));
    expect(page).not.toContain('## Rehearsal');
    expect(page).toContain('Measured from the start of the run');
  });

  it('keeps its tables whole when names hold pipes, line breaks and markup', async () => {
    const report = buildReport(await recoveredRun());
    for (const change of report.detail.changes) change.what = 'a | b\n| c | <script>`*_[x](y)';
    report.detail.names['platform-lead'] = 'Alex | "Ace"\nChen';
    const page = renderMarkdown(report);
    const tables = page.split('\n\n').filter(block => block.startsWith('| '));
    expect(tables.length).toBeGreaterThan(5);
    for (const block of tables) {
      expect(new Set(block.split('\n').map(cells)).size).toBe(1);
    }
    expect(page).not.toContain('<script>');
  });

  it('is the same for the same run', async () => {
    expect(renderMarkdown(buildReport(await recoveredRun()))).toBe(
      renderMarkdown(buildReport(await recoveredRun())),
    );
  });
});

describe('Markdown text', () => {
  it.each([
    ['a|b', 'a\\|b'],
    ['two\nlines', 'two lines'],
    ['<b>&', '&lt;b&gt;&amp;'],
    ['*_`[~#', '\\*\\_\\`\\[\\~\\#'],
    ['- item', '\\- item'],
    ['1. item', '1\\. item'],
    ['back\\slash', 'back\\\\slash'],
    ['liquid-abt 1.5', 'liquid-abt 1.5'],
  ])('%j becomes %j', (text, escaped) => {
    expect(escapeMarkdown(text)).toBe(escaped);
  });

  it('fences code that holds backticks', () => {
    expect(code('a`b')).toBe('``a`b``');
    expect(code('`a')).toBe('`` `a ``');
  });

  it('makes no table without rows', () => {
    expect(table(['a'], [])).toBe('');
  });
});

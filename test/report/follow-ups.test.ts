import { describe, expect, it } from 'vitest';
import type { Entry } from '../../shared/incident/entries.ts';
import { followUpsOf } from '../../shared/report/follow-ups.ts';
import { renderHtml } from '../../shared/report/html.ts';
import { renderMarkdown } from '../../shared/report/markdown.ts';
import { buildReport } from '../../shared/report/model.ts';
import { draftPostMortem } from '../../shared/report/post-mortem.ts';
import { ledgerOf } from '../communication/fixture.ts';
import { recoveredRun } from './fixtures/recovered.ts';
import { parsePage } from './fixtures/well-formed.ts';

const due = '2026-03-13T16:42:00.000Z';
const set = (task: string, title: string): Entry => ({
  type: 'task-set',
  task,
  title,
  owners: ['cto'],
  dueAt: due,
  obligation: 'GDPR Art. 33',
});
const done = (task: string, title: string, evidence: string): Entry => ({
  type: 'task-done',
  task,
  title,
  by: 'cto',
  evidence,
  via: 'link',
});

describe('follow-ups in a report', () => {
  it('of a real run say where their state is after it was written; a rehearsal is over', async () => {
    const input = await recoveredRun();
    const command = `npx lifeboat status plans/${input.plan.system.id}/plan.yml --incident ${input.run.incidentId}`;
    const last = input.ledger.at(-1)?.at ?? '';
    const ledger = [...input.ledger, ...ledgerOf([last, set('t1', 'Find the root cause')])];
    const real = buildReport({ ...input, ledger, facts: {} });
    expect(renderHtml(real)).toContain(command);
    expect(renderMarkdown(real)).toContain(command);
    expect(buildReport({ ...input, ledger, facts: { seed: 1 } }).detail.liveState).toBeNull();
  });

  it('are done in time, late, open or overdue, by the newest word of the ledger', () => {
    const ledger = ledgerOf(
      ['2026-03-10T17:00:00.000Z', set('t1', 'Notice')],
      ['2026-03-10T17:00:00.000Z', set('t2', 'Report')],
      ['2026-03-10T17:00:00.000Z', set('t3', 'Post-mortem')],
      ['2026-03-10T17:00:00.000Z', set('t4', 'Review')],
      ['2026-03-11T17:00:00.000Z', done('t1', 'Notice', 'No. 4711')],
      ['2026-03-13T16:43:00.000Z', { type: 'task-overdue', task: 't2', title: 'Report', owners: ['cto'] }],
      [
        '2026-03-13T16:43:00.000Z',
        { type: 'task-overdue', task: 't3', title: 'Post-mortem', owners: ['cto'] },
      ],
      ['2026-03-14T17:00:00.000Z', done('t2', 'Report', '')],
    );
    expect(followUpsOf(ledger).map(({ state, evidence }) => [state, evidence])).toEqual([
      ['done', 'No. 4711'],
      ['done-late', null],
      ['overdue', null],
      ['open', null],
    ]);
  });

  it('stand in both pages, and what was given as the root cause stands in the post-mortem', async () => {
    const input = await recoveredRun();
    const last = input.ledger.at(-1)?.at ?? '';
    const report = buildReport({
      ...input,
      ledger: [
        ...input.ledger,
        ...ledgerOf(
          [last, set('t1', 'Find the root cause')],
          [last, done('t1', 'Find the root cause', 'A <b>switch</b> failed')],
        ),
      ],
    });
    const draft = draftPostMortem(report);
    expect(draft.summary).toContainEqual({ label: 'Root cause', value: 'A <b>switch</b> failed' });
    expect(draft.actionItems.find(({ text }) => text.startsWith('Find the root cause'))?.done).toMatch(
      /2026|March/,
    );
    expect(draft.evidence.at(-1)?.fill).toBe(true);
    const page = renderHtml(report);
    expect(parsePage(page).text).toContain('Tasks and deadlines');
    expect(page).not.toContain('<b>switch</b>');
    for (const text of [page, renderMarkdown(report)]) {
      expect(text.replaceAll('&#45;', '-')).toContain(
        `s they stood at ${last.slice(0, 10)} ${last.slice(11, 19)} UTC`,
      );
    }
    expect(renderMarkdown(report)).toMatch(/\| Find the root cause \| .*GDPR Art\. 33/);
  });
});

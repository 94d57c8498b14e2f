import { describe, expect, it } from 'vitest';
import type { Element } from '../../shared/trace/elements.ts';
import { countVerdicts, traceRequirements } from '../../shared/trace/judge.ts';

const requirement = (id: string, capability: string) => ({
  id,
  section: 'Section',
  what: 'Something',
  capability,
  line: 1,
});
const element = (id: string, sort: Element['sort'], ids: string[], rest: Partial<Element> = {}): Element => ({
  id,
  sort,
  implements: ids,
  ...rest,
});

/** The verdict on one row, with what its element needs. */
function judge(
  capability: string,
  elements: Element[],
  exercised: string[] = [],
  lintWaivers: string[] = [],
) {
  const { rows } = traceRequirements({
    requirements: [requirement('SH-001', capability)],
    elements,
    exercises: [{ name: 'region-failure/recover', outcome: 'recovered', elements: exercised }],
    lintWaivers: new Set(lintWaivers),
  });
  return rows[0];
}
const restore = element('scenarios.a.steps.restore', 'step', ['SH-001'], { kind: 'rds.restore' });

describe('trace', () => {
  it('counts a step that a rehearsal exercised, and names the rehearsal', () => {
    expect(judge('rds.restore-snapshot', [restore], [restore.id])).toMatchObject({
      verdict: 'carried-out',
      by: [{ element: restore.id, kind: 'rds.restore', rehearsals: ['region-failure/recover'] }],
    });
  });

  it('calls a step that no rehearsal exercised a claim', () => {
    expect(judge('rds.restore-snapshot', [restore])).toMatchObject({
      verdict: 'claimed',
      why: 'no rehearsal exercised it',
    });
  });

  it('does not take a paragraph for an action, even if everything was rehearsed', () => {
    const page = element('documents[0]', 'document', ['SH-001']);
    expect(judge('rds.restore-snapshot', [page], [page.id])).toMatchObject({
      verdict: 'claimed',
      why: /^document can't carry it out/,
    });
  });

  it.each([
    ['notify', 'step', 'rds.restore', 'claimed'],
    ['notify', 'step', 'notify.send', 'carried-out'],
    ['trigger', 'signal', undefined, 'carried-out'],
    ['schedule', 'system', undefined, 'claimed'],
    ['drill', 'calendar', undefined, 'carried-out'],
    ['objective', 'tier', undefined, 'carried-out'],
    ['k8s.scale', 'component', undefined, 'claimed'],
    ['doc', 'component', undefined, 'documentation'],
    ['severity', 'severity', undefined, 'carried-out'],
  ] as const)('a %s row and a %s (%s): %s', (capability, sort, kind, verdict) => {
    const one = element('x', sort, ['SH-001'], kind === undefined ? {} : { kind });
    expect(judge(capability, [one], ['x'])?.verdict).toBe(verdict);
  });

  it('takes a person or a condition for an approval, and no other step', () => {
    const approval = (kind: string, rest: Partial<Element> = {}) =>
      judge('approval', [element('x', 'step', ['SH-001'], { kind, ...rest })], ['x'])?.verdict;
    expect(approval('people.approval')).toBe('carried-out');
    expect(approval('rds.failover')).toBe('claimed');
    expect(approval('rds.failover', { conditional: true })).toBe('carried-out');
  });

  it('keeps what is only to be known as documentation', () => {
    const severity = element('severities.low', 'severity', ['SH-001']);
    expect(judge('severity', [severity])?.verdict).toBe('documentation');
  });

  it('tells the reason of a waiver, and not that of a lint warning', () => {
    const waived = { ...restore, waived: 'The database is never restored' };
    expect(judge('rds.restore-snapshot', [waived], [restore.id])).toMatchObject({
      verdict: 'waived',
      why: 'The database is never restored',
    });
    const silenced = judge('rds.restore-snapshot', [waived], [restore.id], [waived.waived]);
    expect(silenced?.verdict).toBe('carried-out');
  });

  it('finds rows that nothing names, and names of no row', () => {
    const trace = traceRequirements({
      requirements: [requirement('SH-001', 'doc'), requirement('SH-002', 'doc')],
      elements: [element('system', 'system', ['SH-001', 'SH-009'])],
      exercises: [],
    });
    expect(countVerdicts(trace.rows)).toMatchObject({ documentation: 1, uncovered: 1 });
    expect(trace.unknown).toEqual([{ id: 'SH-009', element: 'system' }]);
  });
});

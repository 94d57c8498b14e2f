import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { checkPlan } from '../../shared/plan/check.ts';
import { allFlaws } from './flaws/all.ts';
import { type Found, markedLines, planText, type Way } from './flaws/flaw.ts';

const findingsIn = async (text: string) =>
  (await checkPlan({ text, file: 'plan.yml' })).findings.filter(({ waived }) => waived === undefined);

it('the plan that flaws are put into has none', async () => {
  expect(await findingsIn(planText({}))).toEqual([]);
});

it('every number has an answer', () => {
  expect(allFlaws.map(({ number }) => number)).toEqual(Array.from({ length: 113 }, (_, index) => index + 1));
  const open = allFlaws.filter(({ found, refused, met }) =>
    [found, refused, met].every(each => !each?.length),
  );
  expect(open.map(({ number }) => number)).toEqual([]);
});

const cases = allFlaws.flatMap(({ number, found = [], refused = [] }) =>
  [...found, ...refused].flatMap(({ rule, ways }: Found) =>
    ways.map((way, index) => ({
      id: `X-${String(number).padStart(2, '0')}`,
      rule,
      way,
      as: label(way, index),
    })),
  ),
);

function label(way: Way, index: number): string {
  return typeof way === 'string' ? (way.split('\n')[0] ?? '').slice(0, 70) : `way ${index + 1}`;
}

describe('validate finds, in its line,', () => {
  it.each(cases)('$id by $rule: $as', async ({ rule, way }) => {
    const text = planText(way);
    const lines = markedLines(way, text);
    expect(lines).toHaveLength(1);
    const findings = await findingsIn(text);
    const told = findings.map(each => `${each.line}: ${each.rule}: ${each.message}`).join('\n');
    expect(
      findings.some(each => each.rule === rule && each.line === lines[0]),
      told || 'nothing was found',
    ).toBe(true);
  });
});

describe('what no plan shows is met before anything is changed', () => {
  const tests = allFlaws.flatMap(({ met = [] }) => met);
  it.each(tests)('$test: $name', ({ test, name }) => {
    expect(existsSync(test)).toBe(true);
    expect(readFileSync(test, 'utf8')).toContain(name);
  });
});

import { describe, expect, it } from 'vitest';
import type { CheckContext } from '../../shared/plan/lint-rule.ts';
import { checkFollowUps } from '../../shared/plan/rules/follow-ups.ts';
import { followUpSchema } from '../../shared/plan/schema.ts';
import { makePlan } from '../communication/fixture.ts';

function problems(followUp: object) {
  const plan = makePlan(raw =>
    Object.assign(raw, { followUps: { x: { title: 'X', due: '24h', ...followUp } } }),
  );
  const context = { plan, isWritten: (section: 'people', id: string) => Object.hasOwn(plan[section], id) };
  return checkFollowUps(context as unknown as CheckContext).map(({ rule, near }) => [rule, near]);
}

describe('a follow-up', () => {
  it('names an owner, an audience and a template that exist', () => {
    expect(problems({ owner: 'approver' })).toEqual([]);
    expect(problems({ tell: 'customers', template: 'post-incident-report' })).toEqual([]);
    expect(problems({ owner: 'aprover' })).toEqual([['unknown-person-or-role', 'approver']]);
    expect(problems({ tell: 'custommers' })).toEqual([['unknown-audience', 'customers']]);
    expect(problems({ tell: 'customers', template: 'post-incident-raport' })).toEqual([
      ['unknown-template', 'post-incident-report'],
    ]);
  });

  it('is for a person or for an audience, never for both or nobody', () => {
    const parse = (more: object) => followUpSchema.safeParse({ title: 'X', due: '24h', ...more }).success;
    expect(parse({})).toBe(false);
    expect(parse({ owner: 'ada', tell: 'customers' })).toBe(false);
    expect(parse({ owner: 'ada' })).toBe(true);
  });
});

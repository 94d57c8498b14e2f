import { describe, expect, it } from 'vitest';
import { judge } from '../../shared/runbook/condition.ts';

const scope = { steps: { look: { ready: 2, status: 'lost', ok: true } } };

describe('a condition of a step', () => {
  it.each([
    [{ is: 'lost' }, '${steps.look.status}', true],
    [{ is: 'well' }, '${steps.look.status}', false],
    [{ isNot: 'well' }, '${steps.look.status}', true],
    [{ is: true }, '${steps.look.ok}', true],
    [{ atLeast: 2 }, '${steps.look.ready}', true],
    [{ atLeast: 3 }, '${steps.look.ready}', false],
    [{ below: 3 }, '${steps.look.ready}', true],
    [{ below: 2 }, '${steps.look.ready}', false],
  ])('%j of %s: %s', (comparison, value, holds) => {
    expect(judge({ value, ...comparison }, scope).holds).toBe(holds);
  });

  it('does not hold when the step that it looks at left no value', () => {
    expect(judge({ value: '${steps.skipped.status}', isNot: 'lost' }, scope)).toEqual({
      holds: false,
      what: '${steps.skipped.status} has no value',
    });
  });

  it('says what was compared', () => {
    expect(judge({ value: '${steps.look.ready}', below: 2 }, scope).what).toBe(
      '${steps.look.ready} is 2; the step is for when it is below 2',
    );
  });

  it('refuses to compare words with a number', () => {
    expect(() => judge({ value: '${steps.look.status}', below: 2 }, scope)).toThrow(/not a number/);
  });
});

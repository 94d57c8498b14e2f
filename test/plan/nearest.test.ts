import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { editDistance, nearest } from '../../shared/plan/nearest.ts';

describe('nearest', () => {
  it.each([
    ['timeot', ['timeout', 'title'], 'timeout'],
    ['Timeout', ['timeout', 'title'], 'timeout'],
    ['ronud', ['round', 'ronda'], 'round'],
    ['plan', ['planned', 'drill'], 'planned'],
    ['app-cluster', ['cluster-app', 'cluster-db'], 'cluster-app'],
    ['quite-different', ['timeout', 'title'], undefined],
    ['x'.repeat(65), ['x'.repeat(64)], undefined],
    ['same', ['same'], undefined],
  ])('%s means %j: %s', (word, candidates, meant) => {
    expect(nearest(word, candidates)).toBe(meant);
  });

  it('counts two swapped neighbours as one edit', () => {
    expect(editDistance('recovre', 'recover')).toBe(1);
    expect(editDistance('', 'abc')).toBe(3);
  });

  it('is a distance', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 12 }), fc.string({ maxLength: 12 }), (a, b) => {
        expect(editDistance(a, b)).toBe(editDistance(b, a));
        expect(editDistance(a, b) === 0).toBe(a === b);
        expect(editDistance(a, b)).toBeLessThanOrEqual(Math.max(a.length, b.length));
      }),
    );
  });
});

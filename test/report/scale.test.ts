import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createScale, ticks } from '../../shared/report/html/scale.ts';

it('writes at most nine round moments on the axis, from 0, within the time, evenly', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 400 * 86_400 }), total => {
      const moments = ticks(total).map(({ seconds }) => seconds);
      const step = moments[1] ?? 0;
      expect(moments.length).toBeLessThanOrEqual(9);
      expect(moments).toEqual(moments.map((_, index) => index * step));
      expect(moments.at(-1)).toBeLessThanOrEqual(total);
      if (total >= 8) expect(moments.length).toBeGreaterThanOrEqual(3);
    }),
  );
});

it('labels hours and minutes as people say them', () => {
  expect(ticks(4321).map(({ label }) => label)).toEqual([
    '0',
    '10 min',
    '20 min',
    '30 min',
    '40 min',
    '50 min',
    '1 h',
    '1 h 10 min',
  ]);
});

it('keeps every moment inside the drawing', () => {
  const scale = createScale(100, 10, 110);
  expect([-5, 0, 50, 100, 500].map(scale.x)).toEqual([10, 10, 60, 110, 110]);
  expect(createScale(0, 10, 110).x(0)).toBe(10);
});

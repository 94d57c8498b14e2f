import { existsSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { systems } from './support.ts';

describe('every system with a plan', () => {
  test.each(systems)('%s is rehearsed by a test, and has its requirements beside it', system => {
    expect(existsSync(`test/plans/${system}.test.ts`)).toBe(true);
    expect(existsSync(`plans/${system}/requirements.md`)).toBe(true);
  });
});

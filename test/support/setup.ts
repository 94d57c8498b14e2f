import { expect } from 'vitest';
import { putBackAfterTests } from './tests-end.ts';

putBackAfterTests();

// To vitest a regular expression is an object without fields: toMatchObject would take any text for one.
expect.addEqualityTesters([
  (actual, expected) =>
    typeof actual === 'string' && expected instanceof RegExp ? expected.test(actual) : undefined,
]);

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import * as errors from '../../shared/errors.ts';
import { passingErrors, startErrors } from '../../state-machines/policies.ts';

const page = readFileSync(new URL('../../docs/failure-codes.md', import.meta.url), 'utf8');

type ErrorClass = new (
  message: string,
  options: { nextStep: string; reasons: readonly string[] },
) => errors.LifeboatError;

/** Every class of shared/errors.ts that can be thrown, with an error of it. */
const thrown = Object.entries(errors)
  .filter(([name]) => name !== 'LifeboatError')
  .map(([name, Class]) => {
    const error = new (Class as ErrorClass)('what', { nextStep: 'mend', reasons: [] });
    return { name, error };
  });

/** Names and the second column of the first table. */
const rows = new Map([...page.matchAll(/^\| `(\w+Error)` \| (yes|no) \|/gm)].map(row => [row[1], row[2]]));

describe('docs/failure-codes.md', () => {
  it.each(thrown)('lists $name, and whether it is tried again', ({ error }) => {
    expect(rows.get(error.name)).toBe(error.retryable ? 'yes' : 'no');
  });

  it('lists no error that does not exist', () => {
    expect([...rows.keys()].toSorted()).toEqual(thrown.map(({ name }) => name).toSorted());
  });

  it('names everything that the state machines match', () => {
    expect([...passingErrors, ...startErrors].filter(name => !page.includes(`\`${name}\``))).toEqual([]);
  });

  it('says of the same errors that they are tried again as the state machines do', () => {
    const retried = thrown.filter(({ error }) => error.retryable).map(({ name }) => name);
    expect(retried.toSorted()).toEqual(passingErrors.filter(name => /^\w+Error$/.test(name)).toSorted());
  });
});

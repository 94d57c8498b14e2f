import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { checkPlan } from '../../shared/plan/check.ts';

const real = readFileSync(new URL('../../examples/ticket-shop/plan.yml', import.meta.url), 'utf8');

/** Whatever the text: no throw, and every finding can be gone to and says something. */
async function check(text: string): Promise<void> {
  const { plan, findings } = await checkPlan({ text, file: 'fuzz.yml' });
  const lines = text.split('\n').length;
  for (const finding of findings) {
    expect(finding.line).toBeGreaterThanOrEqual(1);
    expect(finding.line).toBeLessThanOrEqual(lines);
    expect(finding.col).toBeGreaterThanOrEqual(1);
    expect(finding.message.length).toBeGreaterThan(5);
    expect(finding.message.length).toBeLessThan(600);
    expect(finding.mend.length).toBeGreaterThan(5);
    expect(`${finding.message}${finding.mend}`).not.toMatch(/undefined|\[object|NaN|Invalid input/);
    expect(finding.rule).toMatch(/^[a-z0-9-]+$/);
  }
  expect(plan === undefined).toBe(findings.some(finding => finding.severity === 'error'));
}

type Mutation = {
  kind: 'delete' | 'insert' | 'swap' | 'line-delete' | 'line-swap' | 'line-copy' | 'indent';
  at: number;
  put: string;
};
const piece = fc.oneof(
  fc.string({ maxLength: 6 }),
  fc.constantFrom(
    '\t',
    '\n',
    ': ',
    '- ',
    '${',
    '}',
    '"',
    "'",
    '[',
    '{',
    '#',
    '&a ',
    '*a',
    '!',
    '|',
    '>',
    '\u0000',
    '💥',
    'null',
    '~',
    '__proto__:',
  ),
);
const mutation: fc.Arbitrary<Mutation> = fc.record({
  kind: fc.constantFrom<Mutation['kind']>(
    'delete',
    'insert',
    'swap',
    'line-delete',
    'line-swap',
    'line-copy',
    'indent',
  ),
  at: fc.double({ min: 0, max: 0.9999, noNaN: true }),
  put: piece,
});

function mutate(text: string, { kind, at, put }: Mutation): string {
  const index = Math.floor(at * text.length);
  const lines = text.split('\n');
  const line = Math.floor(at * lines.length);
  switch (kind) {
    case 'delete':
      return text.slice(0, index) + text.slice(index + 1 + put.length);
    case 'insert':
      return text.slice(0, index) + put + text.slice(index);
    case 'swap':
      return (
        text.slice(0, index) +
        text.slice(index + 1, index + 2) +
        text.slice(index, index + 1) +
        text.slice(index + 2)
      );
    case 'line-delete':
      return lines.toSpliced(line, 1).join('\n');
    case 'line-swap':
      return lines.toSpliced(line, 2, lines[line + 1] ?? '', lines[line] ?? '').join('\n');
    case 'line-copy':
      return lines.toSpliced(line, 0, lines[line] ?? '').join('\n');
    case 'indent':
      return lines.with(line, `  ${lines[line]}`).join('\n');
  }
}

describe('no input stops the check', () => {
  it('arbitrary text', async () => {
    await fc.assert(fc.asyncProperty(fc.oneof(fc.string(), fc.string({ unit: 'binary' }), piece), check), {
      numRuns: 200,
    });
  });

  it('arbitrary values written as YAML', async () => {
    await fc.assert(
      fc.asyncProperty(fc.jsonValue({ maxDepth: 5 }), async value => check(stringify(value))),
      { numRuns: 200 },
    );
  });

  it('arbitrary values in the place of what a plan needs', async () => {
    const sections = [
      'system',
      'regions',
      'components',
      'people',
      'audiences',
      'templates',
      'signals',
      'scenarios',
      'escalation',
    ];
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...sections),
        fc.jsonValue({ maxDepth: 3 }),
        async (section, value) => {
          const start = real.indexOf(`\n${section}:`) + 1;
          const end = start + real.slice(start).search(/\n(?=[a-z#])/);
          await check(`${real.slice(0, start)}${section}: ${JSON.stringify(value)}${real.slice(end)}`);
        },
      ),
      { numRuns: 40 },
    );
  });

  it('a whole plan with characters and lines lost, added, swapped and moved', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(mutation, { minLength: 1, maxLength: 4 }), async mutations => {
        await check(mutations.reduce(mutate, real));
      }),
      { numRuns: 80 },
    );
  }, 180_000);
});

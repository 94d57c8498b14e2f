import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { planJsonSchema } from '../../shared/plan/json-schema.ts';

const plans = new URL('../../plans/', import.meta.url);

it('is the one that editors get', () => {
  const committed = JSON.parse(readFileSync(new URL('plan.schema.json', plans), 'utf8'));
  expect(JSON.parse(planJsonSchema()), 'run: node scripts/write-json-schema.ts').toEqual(committed);
});

it('is named in the first line of the plan', () => {
  const [first] = readFileSync(new URL('liquid-abt/plan.yml', plans), 'utf8').split('\n');
  expect(first).toBe('# yaml-language-server: $schema=../plan.schema.json');
});

it('takes durations as they are written', () => {
  const schema = JSON.parse(planJsonSchema());
  expect(schema.properties.objectives.properties.rto).toMatchObject({
    type: 'string',
    examples: ['15m', '4h'],
  });
  expect(schema.additionalProperties).toBe(false);
});

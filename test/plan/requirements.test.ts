import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

const plans = new URL('../../plans/', import.meta.url);
const systems = readdirSync(plans, { withFileTypes: true }).filter(entry => entry.isDirectory());

it.each(systems)('every requirement that the plan of $name names is in its list', ({ name }) => {
  const plan = readFileSync(new URL(`${name}/plan.yml`, plans), 'utf8');
  const list = readFileSync(new URL(`${name}/requirements.md`, plans), 'utf8');
  const known = new Set([...list.matchAll(/^\| ([A-Z]+-\d+) \|/gm)].map(([, id]) => id));
  const named = [...plan.matchAll(/implements: \[([^\]]*)\]/g)].flatMap(([, ids = '']) => ids.split(/,\s*/));
  expect(known.size).toBeGreaterThan(100);
  expect(named.length).toBeGreaterThan(50);
  expect(named.filter(id => !known.has(id))).toEqual([]);
});

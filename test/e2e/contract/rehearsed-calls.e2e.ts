import { readdirSync } from 'node:fs';
import { describe, expect, inject, test } from 'vitest';
import { loadPlan } from '../../../shared/plan/load.ts';
import { rehearse } from '../../../simulator/rehearse.ts';
import type { Call } from '../../../simulator/world/world.ts';
import { modelOf } from './aws-model.ts';
import { checkShape } from './check-shape.ts';

/**
 * Every call that handlers make in a rehearsal of each scenario, held against AWS's own models: kinds that need a whole plan around them
 * are played there and nowhere else.
 */

/** Kinds that have no case of their own. Each must have been done, in some rehearsal, by calls that were looked at. */
const playedHere = [
  { kind: 'backup.restore-files' },
  { kind: 'evidence.collect' },
  { kind: 'notify.send' },
  { kind: 'sql.restore-dump' },
];

type Seen = { call: Call; by: string };

async function callsOf(folder: string): Promise<{ seen: Seen[]; done: string[] }> {
  const { plan } = await loadPlan(`${folder}/plan.yml`);
  if (!plan) throw new Error(`${folder} does not load`);
  const seen: Seen[] = [];
  const done: string[] = [];
  for (const [scenario, { modes }] of Object.entries(plan.scenarios)) {
    const [mode = 'recover'] = modes;
    const onCall = (call: Call, by: string | undefined) => by !== undefined && seen.push({ call, by });
    const of = { plan, planDirectory: folder, scenario, mode, seed: 1, faults: [], parameters: {}, onCall };
    const rehearsal = await rehearse(of);
    if (!rehearsal.ok) throw new Error(rehearsal.problems.join('\n'));
    done.push(...rehearsal.report.steps.flatMap(({ action, status }) => (status === 'done' ? action : [])));
  }
  return { seen, done };
}

/** What AWS does not know or does not allow, with the function that asked for it; each once. */
function problemsOf({ call: { service, operation, input }, by }: Seen): string[] {
  const model = modelOf(service);
  const known = model.operations[operation];
  if (!known) return [`${by}: ${service} has no operation ${operation}`];
  const name = `${service}.${operation}`;
  return known.input ? checkShape(model, known.input.shape, input, name).map(one => `${by}: ${one}`) : [];
}

/** No services of AWS: what Kubernetes, databases and caches are asked has suites of its own. */
const elsewhere = new Set(['kubernetes', 'sql', 'redis', 'http', 'tls', 'dns']);
/** The simulator's table of records notes who asks in place of what: `test/incident` has its requests. */
const isRecord = ({ service, input }: Call) => service === 'dynamodb' && 'run' in input;

describe.skipIf(!inject('servers').moto.up)('the calls of rehearsals', () => {
  const folders = ['plans', 'examples'].flatMap(root =>
    readdirSync(root, { withFileTypes: true }).flatMap(entry =>
      entry.isDirectory() ? [`${root}/${entry.name}`] : [],
    ),
  );
  const done = new Set<string>();

  test.each(folders)(
    'those of %s are ones that AWS knows',
    async folder => {
      const calls = await callsOf(folder);
      for (const kind of calls.done) done.add(kind);
      const asked = calls.seen.filter(({ call }) => !elsewhere.has(call.service) && !isRecord(call));
      expect(asked.length).toBeGreaterThan(50);
      expect([...new Set(asked.flatMap(problemsOf))]).toEqual([]);
    },
    300_000,
  );

  test.each(playedHere)('$kind was played in them', ({ kind }) => {
    expect([...done]).toContain(kind);
  });
});

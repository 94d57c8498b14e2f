import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { listKinds } from '../../../shared/actions/load-actions.ts';

/** Kinds that no case here plays, and why. */
const leftOut: Record<string, string> = {
  'backup.check': 'reads through the kinds of services that have cases; test/backups',
  'backup.create': 'the same calls as rds.create-snapshot and others; test/backups',
  'backup.verify': 'a machine of its own; test/backups',
  'k8s.exec': 'there is no container runtime behind the API server; test/aws/kubernetes-exec.test.ts',
  'people.approval': 'calls no service',
  'people.assign': 'calls no service',
  'people.task': 'calls no service',
  'wait.soak': 'calls no service',
  'wait.until': 'calls no service',
};

test('every kind has a case, or a reason why it has none', () => {
  const root = join(import.meta.dirname, '..');
  const texts = ['contract', 'data', 'kubernetes'].flatMap(folder =>
    readdirSync(join(root, folder))
      .filter(file => /(\.e2e|-cases)\.ts$/.test(file) && file !== 'coverage.e2e.ts')
      .map(file => readFileSync(join(root, folder, file), 'utf8')),
  );
  const played = new Set(
    texts.flatMap(text =>
      [...text.matchAll(/(?:kind: |carryOut\(\s*)'([a-z0-9]+\.[a-z-]+)'/g)].map(([, kind = '']) => kind),
    ),
  );
  const kinds = listKinds();
  expect(kinds.filter(kind => !played.has(kind) && !(kind in leftOut))).toEqual([]);
  expect(Object.keys(leftOut).filter(kind => played.has(kind) || !kinds.includes(kind))).toEqual([]);
  expect([...played].filter(kind => !kinds.includes(kind))).toEqual([]);
});

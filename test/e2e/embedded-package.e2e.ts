import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { packageInto } from '../../deploy/package-into.ts';
import { readZip } from '../../deploy/read-zip.ts';
import { alone } from './deployed/packages.ts';
import { planWithDumps, restoreFromPackage } from './runtime/embedded-package.ts';

const folder = mkdtempSync(join(tmpdir(), 'lifeboat-dumps-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it('a verify function that restores dumps brings its Postgres along, and needs nothing but its zip', {
  timeout: 900_000,
}, async () => {
  const packages = join(folder, 'dumps');
  const { exitCode, output } = await alone(() => packageInto(packages, planWithDumps(folder)));
  expect(exitCode, output).toBe(0);
  const files = readZip(readFileSync(join(packages, 'verify.zip')));
  const names = [...files.keys()];
  const needed = [
    'package.json',
    'dist/index.js',
    'dist/pglite.wasm',
    'dist/pglite.data',
    'dist/initdb.wasm',
  ];
  expect(names).toEqual(
    expect.arrayContaining(needed.map(name => `node_modules/@electric-sql/pglite/${name}`)),
  );
  expect(names.filter(name => /\.(map|cjs|d\.ts|tar\.gz)$/.test(name))).toEqual([]);
  // Lambda takes 250 MB unpacked.
  expect([...files.values()].reduce((sum, content) => sum + content.length, 0)).toBeLessThan(60 * 2 ** 20);
  const root = join(folder, 'dumps-unpacked');
  for (const [name, content] of files) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), content);
  }
  const planFile = names.find(name => name.endsWith('plan.json')) ?? '';
  const { answer, record } = await restoreFromPackage(root, planFile);
  expect(answer).toMatchObject({ next: 'record' });
  expect(record).toMatchObject({
    reasons: [],
    checks: [{ id: 'purchases', ok: true, said: '40; expected 40' }],
  });
});

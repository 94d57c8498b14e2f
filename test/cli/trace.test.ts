import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { lifeboat, planPath } from './collect.ts';

let directory: string;
let path: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'lifeboat-'));
  await cp('plans/liquid-abt', directory, { recursive: true });
  path = join(directory, 'plan.yml');
});
afterAll(() => rm(directory, { recursive: true, force: true }));

// All scenarios of a plan and a year of its calendar are rehearsed, which takes longer than most tests.
vi.setConfig({ testTimeout: 240_000 });

describe('lifeboat trace', () => {
  it('says of each row what carries it out and which rehearsal showed it', async () => {
    const { code, out } = await lifeboat(['trace', planPath, '--json']);
    const { system, rows, counts, unknown, rehearsals } = JSON.parse(out);
    expect(system).toBe('liquid-abt');
    expect(rows).toHaveLength(217);
    expect(unknown).toEqual([]);
    expect(rehearsals.map(({ name }: { name: string }) => name)).toContain('region-failure/drill');
    expect(rows.find(({ id }: { id: string }) => id === 'LA-062')).toMatchObject({
      verdict: 'carried-out',
      by: [{ element: 'scenarios.region-failure.steps.restore-database', rehearsals: [/recover/, /drill/] }],
    });
    expect(Object.values<number>(counts).reduce((sum, count) => sum + count, 0)).toBe(217);
    expect(code).toBe(counts.uncovered > 0 ? 1 : 0);
  });

  it('claims nothing that it did not rehearse', async () => {
    const { out, err } = await lifeboat(['trace', planPath, '--no-rehearse']);
    expect(out).toContain('Nothing was rehearsed');
    expect(out).toMatch(/ 0 carried out,/);
    expect(err).toBe('');
  });

  it('takes an id that is in no table, and a row that is there twice, for errors', async () => {
    const file = join(directory, 'requirements.md');
    await writeFile(file, '| LA-001 | A | All of it | doc |\n| LA-001 | A | All of it | doc |\n');
    const { code, out, err } = await lifeboat(['trace', path, '--no-rehearse']);
    expect(code).toBe(1);
    expect(err).toContain('requirements.md:2  error  The row LA-001 is in the table twice');
    expect(out).toContain('objectives names LA-002, which is not in requirements.md');
  });

  it('needs a table, and a plan without errors', async () => {
    await rm(join(directory, 'requirements.md'));
    expect(await lifeboat(['trace', path])).toMatchObject({ code: 2, err: /has no requirements/ });
    await writeFile(path, (await readFile(path, 'utf8')).replace('rto: 4h', 'rto: soon'));
    expect(await lifeboat(['trace', path])).toMatchObject({ code: 2, err: /bad-duration/ });
    expect((await lifeboat(['trace'])).code).toBe(2);
  });
});

import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { lifeboat } from './collect.ts';

let directory: string;
let path: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'lifeboat-'));
  await cp('examples/river-gauges', directory, { recursive: true });
  path = join(directory, 'plan.yml');
  const named = (await readFile(path, 'utf8'))
    .replace('title: Oregon writes\n', 'title: Oregon writes\n            implements: [RG-001]\n')
    .replace('title: Backups are there,', 'title: Backups are there, implements: [RG-002],')
    .replace('title: Readers, information', 'title: Readers, implements: [RG-003], information')
    .replace('title: Team lead, people', 'title: Team lead, implements: [RG-004], people');
  await writeFile(path, named);
  await writeFile(
    join(directory, 'requirements.md'),
    [
      '| RG-001 | Recovery | The replica is promoted | rds.promote-replica |',
      '| RG-002 | Backups | Backups are looked at daily | schedule |',
      '| RG-003 | People | Readers are told | notify |',
      '| RG-004 | People | After 15 minutes the team lead is called | escalation |',
      '| RG-005 | Recovery | Readings are copied to paper | manual-task |',
      '',
    ].join('\n'),
  );
});
afterAll(() => rm(directory, { recursive: true, force: true }));

// All scenarios of a plan and a year of its calendar are rehearsed, which takes longer than most tests.
vi.setConfig({ testTimeout: 240_000 });

describe('lifeboat trace', () => {
  it('says of each row what carries it out and which rehearsal showed it', async () => {
    const { code, out } = await lifeboat(['trace', path, '--json']);
    const { system, rows, counts, unknown, rehearsals } = JSON.parse(out);
    expect(system).toBe('gauges');
    expect(unknown).toEqual([]);
    expect(rehearsals.map(({ name }: { name: string }) => name)).toContain('region-failure/drill');
    expect(rows).toMatchObject([
      {
        id: 'RG-001',
        verdict: 'carried-out',
        by: [{ element: 'scenarios.region-failure.steps.promote', rehearsals: ['region-failure/recover'] }],
      },
      {
        id: 'RG-002',
        verdict: 'carried-out',
        by: [{ element: 'calendar.check', rehearsals: ['calendar'] }],
      },
      { id: 'RG-003', verdict: 'carried-out' },
      // Everybody answers in time in these rehearsals, so nobody was called.
      { id: 'RG-004', verdict: 'claimed' },
      { id: 'RG-005', verdict: 'uncovered' },
    ]);
    expect(counts).toMatchObject({ 'carried-out': 3, claimed: 1, uncovered: 1 });
    expect(code).toBe(1);
  });

  it('claims nothing that it did not rehearse', async () => {
    const { out, err } = await lifeboat(['trace', path, '--no-rehearse']);
    expect(out).toContain('Nothing was rehearsed');
    expect(out).toMatch(/ 0 carried out,/);
    expect(err).toBe('');
  });

  it('takes an id that is in no table, and a row that is there twice, for errors', async () => {
    const file = join(directory, 'requirements.md');
    await writeFile(file, '| RG-001 | A | All of it | doc |\n| RG-001 | A | All of it | doc |\n');
    const { code, out, err } = await lifeboat(['trace', path, '--no-rehearse']);
    expect(code).toBe(1);
    expect(err).toContain('requirements.md:2  error  The row RG-001 is in the table twice');
    expect(out).toContain('calendar.check names RG-002, which is not in requirements.md');
  });

  it('needs a table, and a plan without errors', async () => {
    await rm(join(directory, 'requirements.md'));
    expect(await lifeboat(['trace', path])).toMatchObject({ code: 2, err: /has no requirements/ });
    await writeFile(path, (await readFile(path, 'utf8')).replace('rto: 1h', 'rto: soon'));
    expect(await lifeboat(['trace', path])).toMatchObject({ code: 2, err: /bad-duration/ });
    expect((await lifeboat(['trace'])).code).toBe(2);
  });
});

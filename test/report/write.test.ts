import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { buildReport } from '../../shared/report/model.ts';
import { writeReport } from '../../shared/report/write.ts';
import { recoveredRun } from './fixtures/recovered.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'lifeboat-report-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

it('writes the three forms into a directory that it makes, and nothing else', async () => {
  const report = buildReport(await recoveredRun());
  const place = join(directory, 'a', 'b');
  const path = await writeReport(report, place);
  expect(path).toBe(join(place, 'report.html'));
  expect((await readdir(place)).sort()).toEqual(['report.html', 'report.md', 'run.json']);
  const stored = JSON.parse(await readFile(join(place, 'run.json'), 'utf8'));
  expect(stored).toEqual({ ...JSON.parse(JSON.stringify(report)), report: path });
  expect(report.report).toBeNull();
});

it('replaces a report that is there', async () => {
  const report = buildReport(await recoveredRun());
  await writeReport(report, directory);
  await writeReport({ ...report, seed: 8 }, directory);
  expect(JSON.parse(await readFile(join(directory, 'run.json'), 'utf8')).seed).toBe(8);
});

it('leaves no half report behind when a file can not be put in its place', async () => {
  const report = buildReport(await recoveredRun());
  await mkdir(join(directory, 'report.html', 'in-the-way'), { recursive: true });
  await expect(writeReport(report, directory)).rejects.toThrow();
  expect((await readdir(directory)).filter(name => name.endsWith('.tmp'))).toEqual([]);
});

import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { renderHtml } from './html.ts';
import { renderMarkdown } from './markdown.ts';
import type { Report } from './report.ts';

/** The three forms of a report, by file name. `location` is where report.html will be found. */
export function renderReport(report: Report, location: string): Record<string, string> {
  return {
    'run.json': `${JSON.stringify({ ...report, report: location }, null, 2)}\n`,
    'report.md': renderMarkdown(report),
    'report.html': renderHtml(report),
  };
}

/**
 * Writes run.json, report.md and report.html into the directory, which is made if need be, and returns the path of
 * report.html. Each file is written beside its place and then moved there, so that nobody ever reads half a report.
 */
export async function writeReport(report: Report, directory: string): Promise<string> {
  await mkdir(directory, { recursive: true });
  const location = join(directory, 'report.html');
  const files = Object.entries(renderReport(report, location));
  await Promise.all(files.map(([name, text]) => writeWhole(join(directory, name), text)));
  return location;
}

async function writeWhole(path: string, text: string): Promise<void> {
  const beside = `${path}.${process.pid}.tmp`;
  try {
    await writeFile(beside, text);
    await rename(beside, path);
  } catch (error) {
    await rm(beside, { force: true });
    throw error;
  }
}

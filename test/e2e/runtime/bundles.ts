import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { readZip } from '../../../deploy/read-zip.ts';
import { packageOf, systems } from '../deployed/packages.ts';

export type Bundle = { name: string; system: string; folder: string; handler: string };

/** Every function that any plan deploys, once each, unpacked from the zip that would be deployed. */
export async function unpackBundles(root: string, of: readonly string[] = systems): Promise<Bundle[]> {
  const bundles = new Map<string, Bundle>();
  for (const system of of) {
    const packages = await packageOf(system);
    for (const file of readdirSync(packages).filter(each => each.endsWith('.zip'))) {
      const name = file.slice(0, -'.zip'.length);
      if (bundles.has(name)) continue;
      const folder = join(root, name);
      for (const [path, content] of readZip(readFileSync(join(packages, file)))) {
        mkdirSync(dirname(join(folder, path)), { recursive: true });
        writeFileSync(join(folder, path), content);
      }
      bundles.set(name, { name, system, folder, handler: `handlers/${name}.handler` });
    }
  }
  return [...bundles.values()].sort((a, b) => a.name.localeCompare(b.name));
}

/** A handler that does nothing: what the runtime itself takes. */
export function emptyBundle(root: string): Bundle {
  const folder = join(root, 'empty');
  mkdirSync(join(folder, 'handlers'), { recursive: true });
  writeFileSync(join(folder, 'handlers/empty.mjs'), 'export const handler = async () => ({});\n');
  return { name: 'empty', system: '', folder, handler: 'handlers/empty.handler' };
}

export function scratch(): { root: string; remove(): void } {
  const root = mkdtempSync(join(tmpdir(), 'lifeboat-e2e-bundles-'));
  return { root, remove: () => existsSync(root) && rmSync(root, { recursive: true, force: true }) };
}

/** What a deployment sets for a function, with an address for every AWS service. */
export const variablesOf = ({ system }: Bundle, endpoint: string): Record<string, string> => ({
  LIFEBOAT_SYSTEM: system,
  LIFEBOAT_PLAN_FILE: `.lifeboat/build/${system}/plan.json`,
  LIFEBOAT_TABLE: `lifeboat-${system}`,
  LIFEBOAT_LINK_SECRET: `lifeboat/${system}/links`,
  LIFEBOAT_REPORT_BUCKET: `lifeboat-${system}-reports`,
  LIFEBOAT_ACCOUNT: '123456789012',
  LIFEBOAT_PARTITION: 'aws',
  LIFEBOAT_DECISION_URL: 'https://decide.example/',
  LIFEBOAT_SCHEDULE_ROLE: 'arn:aws:iam::123456789012:role/schedules',
  AWS_ENDPOINT_URL: endpoint,
});

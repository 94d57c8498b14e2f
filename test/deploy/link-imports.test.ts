import { build } from 'esbuild';
import { expect, it } from 'vitest';
import plugins from '../../deploy/link-imports.cjs';
import shake from '../../deploy/shake-schemas.cjs';

const { linkImports } = plugins;
const { literalKeys } = shake;
const nothing = () => [];

it('links the import of one file ahead of time', () => {
  const text = linkImports("const real = import('./real-runtime.ts');", nothing);
  expect(text).toBe('import * as linked0 from "./real-runtime.ts";\nconst real = Promise.resolve(linked0);');
});

it('links every module of a folder that is chosen from by name', () => {
  const load = 'export const load = (name: string) => import(`../shared/actions/rds/${name}.ts`);';
  const text = linkImports(load, folder =>
    folder === '../shared/actions/rds/' ? ['restore.ts', 'fence.ts', 'notes.md'] : [],
  );
  expect(text).toContain('import * as linked0 from "../shared/actions/rds/fence.ts";');
  expect(text).toContain('import * as linked1 from "../shared/actions/rds/restore.ts";');
  expect(text).toContain('findLinked(new Map([["fence", linked0], ["restore", linked1]]), name)');
  expect(text).not.toContain('notes');
});

it('rejects a name that is not there, as an import would', async () => {
  const text = linkImports('const load = (name) => import(`./x/${name}.ts`);', nothing);
  const load = new Function(`${text}; return load;`)() as (name: string) => Promise<unknown>;
  await expect(load('missing')).rejects.toThrow('This bundle has no module missing');
});

it('leaves every other text as it is', () => {
  const text = "import { a } from './a.ts';\nexport const b = a;";
  expect(linkImports(text, nothing)).toBe(text);
});

it('bundles the kinds that the plan uses, and everything else beside a handler', () => {
  const { belongs } = plugins;
  const rds = '/lifeboat/shared/actions/rds/';
  expect(belongs(rds, 'fence.ts', 'k8s.scale,rds.fence')).toBe(true);
  expect(belongs(rds, 'restore.ts', 'k8s.scale,rds.fence')).toBe(false);
  expect(belongs(rds, 'restore.ts', undefined)).toBe(true);
  expect(belongs('/lifeboat/shared/backups/', 'check.ts', 'rds.fence')).toBe(true);
});

it('leaves nothing of an operation that is not called in a bundle', async () => {
  const contents =
    "import { EC2Client, DescribeVolumesCommand } from '@aws-sdk/client-ec2';\nexport const client = [EC2Client, DescribeVolumesCommand];";
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: '.' },
    bundle: true,
    write: false,
    platform: 'node',
    format: 'esm',
    mainFields: ['module', 'main'],
    plugins: [...plugins],
    logLevel: 'silent',
  });
  const text = outputFiles[0]?.text ?? '';
  expect(text).toContain('"DescribeVolumes"');
  expect(text).not.toContain('"AcceptAddressTransfer"');
});

it('writes constant keys of descriptions as their text, and leaves all others', () => {
  const text = 'const _xN = "xmlName";\nvar A = [0, { [_xN]: "item", [other]: 1 }];';
  expect(literalKeys(text)).toBe('const _xN = "xmlName";\nvar A = [0, { "xmlName": "item", [other]: 1 }];');
});

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterAll, afterEach, expect, it } from 'vitest';
import { enginesOf } from '../../deploy/engines.ts';
import plugins from '../../deploy/link-imports.cjs';
import { errorPacket, greeting } from '../support/mysql-wire.ts';
import { liquidAbt } from './support.ts';

const folder = mkdtempSync(join(tmpdir(), 'lifeboat-drivers-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
afterEach(() => {
  delete process.env.LIFEBOAT_ENGINES;
});

async function bundle(engines?: string): Promise<string> {
  if (engines !== undefined) process.env.LIFEBOAT_ENGINES = engines;
  const { outputFiles } = await build({
    stdin: { contents: "export { connectSql } from './shared/network/sql.ts';", resolveDir: '.' },
    bundle: true,
    minify: true,
    write: false,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    mainFields: ['module', 'main'],
    plugins: [...plugins],
    external: ['pg-native'],
    banner: {
      js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
    },
    logLevel: 'silent',
  });
  return outputFiles[0]?.text ?? '';
}

it('leaves of the client of MySQL what is asked of it', async () => {
  const text = await bundle('mysql');
  // 1,060 kB as it is published.
  expect(text.length).toBeLessThan(170_000);
  for (const left of ['BEGIN CERTIFICATE', 'ER_DUP_ENTRY', 'createPoolCluster', 'windows1252']) {
    expect(text.includes(left), left).toBe(false);
  }
});

it('leaves the client out of an engine that the plan has not', async () => {
  const has = (text: string) => [
    text.includes('mysql_native_password'),
    text.includes('SASLInitialResponse'),
  ];
  expect(has(await bundle('postgres'))).toEqual([false, true]);
  expect(has(await bundle('mysql'))).toEqual([true, false]);
  delete process.env.LIFEBOAT_ENGINES;
  expect(has(await bundle())).toEqual([true, true]);
});

it('connects, and says what went wrong, as it does from its sources', async () => {
  const file = join(folder, 'sql.mjs');
  writeFileSync(file, await bundle());
  const { connectSql } = await import(file);
  const nobody = { connectTimeoutMs: 500, statementTimeoutMs: 500 };
  const server = createServer(socket => {
    socket.write(greeting(false));
    socket.once('data', () => socket.end(errorPacket(2, 1045, '28000', 'Access denied for Größe')));
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await expect(connectSql({ url: `mysql://a:b@127.0.0.1:${port}/c`, ...nobody })).rejects.toMatchObject({
    name: 'RequestRejectedError',
    message: 'The database at 127.0.0.1 refused: Access denied for Größe (1045)',
  });
  server.close();
});

it('takes the engines from the databases of the plan', async () => {
  const { plan } = await liquidAbt('whole');
  expect(enginesOf(plan)).toEqual(['postgres']);
  const database = Object.values(plan.components).find(({ type }) => type === 'rds-instance');
  expect(enginesOf({ components: { one: { ...database, engine: 'mariadb' } as never } })).toEqual(['mysql']);
});

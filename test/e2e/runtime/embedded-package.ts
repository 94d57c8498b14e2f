import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { parse, stringify } from 'yaml';
import type { Verification } from '../../../shared/backups/verify/record.ts';
import { verificationKey } from '../../../shared/incident/keys.ts';

const table = 'SELECT count(*) FROM public.purchases';
const system = 'gauges';
const bucket = 'gauges-dumps';
const key = 'nightly/pg16.dump';

/** A small plan with nightly dumps, each of which is restored inside the function. */
export function planWithDumps(folder: string): string {
  const plan = parse(readFileSync('examples/river-gauges/plan.yml', 'utf8'), { merge: true });
  plan.backups.dumps = {
    type: 'dump',
    title: 'Nightly dumps',
    component: 'db',
    bucket,
    prefix: 'nightly/',
    region: plan.regions.recovery,
    format: 'pg-custom',
    retention: '14d',
    rpo: '26h',
    schedule: { when: 'cron(0 1 * * ? *)' },
    verify: {
      into: 'embedded',
      within: '1h',
      queries: [{ id: 'purchases', title: 'Purchases', sql: table, equals: 40 }],
    },
  };
  const path = join(folder, 'dumps.yml');
  writeFileSync(path, stringify(plan, { aliasDuplicateObjects: false }));
  return path;
}

const underWay: Verification = {
  id: 'proof',
  backup: 'dumps',
  by: 'test',
  execution: 'arn:test',
  startedAt: '2026-03-10T02:00:00.000Z',
  point: { method: 'file', from: `s3://${bucket}/${key}`, at: '2026-03-10T01:00:00.000Z', useLatest: false },
  parts: [],
  checks: [],
  rpoSeconds: null,
  rtoSeconds: null,
  withinSeconds: 3600,
  reasons: [],
  tornDown: true,
  outcome: 'under-way',
};

type Item = Record<string, { S?: string; N?: string }>;

/** What the function asks AWS for: one record in DynamoDB, and one dump in S3 without a manifest. */
async function serve(): Promise<{ endpoint: string; record: () => Verification; close(): void }> {
  let item: Item = {
    partition: { S: verificationKey(system, underWay.id).partition },
    sort: { S: verificationKey(system, underWay.id).sort },
    version: { N: '1' },
    data: { S: JSON.stringify(underWay) },
    writeId: { S: 'test' },
  };
  const server = createServer(async (request, response) => {
    const target = String(request.headers['x-amz-target'] ?? '');
    if (target.endsWith('.GetItem')) return response.end(JSON.stringify({ Item: item }));
    if (target.endsWith('.PutItem')) {
      item = JSON.parse(await textOf(request)).Item;
      return response.end('{}');
    }
    if (decodeURIComponent(request.url ?? '').split('?')[0] === `/${bucket}/${key}`)
      return response.end(readFileSync('test/fixtures/dumps/pg16.dump'));
    response.statusCode = 404;
    return response.end('<Error><Code>NoSuchKey</Code><Message>There is none</Message></Error>');
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  return {
    endpoint: `http://127.0.0.1:${port}`,
    record: () => JSON.parse(item.data?.S ?? '{}') as Verification,
    close: () => server.close(),
  };
}

async function textOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const piece of request) text += piece;
  return text;
}

/**
 * Calls the verify function that was unpacked into `root`, in a process of its own that has nothing else, to prove that
 * dump. Returns what it answers and the record that it leaves.
 */
export async function restoreFromPackage(root: string, planFile: string) {
  const { endpoint, record, close } = await serve();
  const script = `
    const { handler } = await import(${JSON.stringify(join(root, 'handlers/verify.mjs'))});
    process.stdout.write('\\n' + JSON.stringify(await handler({ operation: 'restore', id: 'proof' }, {})));
    process.exit(0);`;
  try {
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], {
      cwd: root,
      env: {
        AWS_ENDPOINT_URL: endpoint,
        AWS_ACCESS_KEY_ID: 'test',
        AWS_SECRET_ACCESS_KEY: 'test',
        LAMBDA_TASK_ROOT: root,
        LIFEBOAT_SYSTEM: system,
        LIFEBOAT_PLAN_FILE: planFile,
        LIFEBOAT_TABLE: 'table',
        LIFEBOAT_LINK_SECRET: 'secret',
        LIFEBOAT_REPORT_BUCKET: 'reports',
        LIFEBOAT_ACCOUNT: '123456789012',
        LIFEBOAT_PARTITION: 'aws',
      },
    });
    return { answer: JSON.parse(stdout.split('\n').at(-1) ?? ''), record: record() };
  } finally {
    close();
  }
}

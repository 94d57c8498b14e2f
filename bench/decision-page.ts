import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import dynalite from 'dynalite';
import { planFile } from '../deploy/functions.ts';
import { makeLink } from '../shared/communication/links.ts';
import { createQuestion } from '../shared/communication/questions.ts';
import { createDynamoDbRecordStore } from '../shared/incident/dynamodb-record-store.ts';
import { openIncident } from '../shared/incident/incident.ts';
import { appendEntry } from '../shared/incident/ledger.ts';
import type { Plan } from '../shared/plan/schema.ts';
import type { Runtime } from '../shared/runtime.ts';

export type PageFigures = { bytes: number; importMs: number; answerMs: number; cpuMs: number };

/** Processes that each answer once; the median counts. */
const rounds = 5;
/** Steps that the run has behind it. */
const steps = 100;

/**
 * The approval page of an incident in the middle, as the packaged function serves it: its bytes, headers included, and
 * the milliseconds of the first answer of a process that has just imported the bundle, on the clock and of its processor. Its records are in a DynamoDB on
 * the loopback interface and its secret behind an HTTP server, so that all that the function does is measured.
 */
export async function measureDecisionPage(handler: string, plan: Plan): Promise<PageFigures> {
  const database = await listen(dynalite({ createTableMs: 0 }));
  const key = randomBytes(24).toString('base64');
  const secrets = await listen(
    createServer((_, response) => response.end(JSON.stringify({ SecretString: key, VersionId: '1' }))),
  );
  try {
    const token = await prepare(plan, database.url, key);
    const env = environment(plan, dirname(dirname(handler)), {
      database: database.url,
      secrets: secrets.url,
    });
    const figures: PageFigures[] = [];
    for (let round = 0; round < rounds; round++) figures.push(await answerOnce(handler, token, env));
    return figures.sort((a, b) => a.answerMs - b.answerMs)[rounds >> 1] as PageFigures;
  } finally {
    database.server.close();
    secrets.server.close();
  }
}

async function listen(server: Server): Promise<{ server: Server; url: string }> {
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

function environment(plan: Plan, root: string, at: { database: string; secrets: string }) {
  const system = plan.system.id;
  return {
    PATH: process.env.PATH,
    AWS_REGION: plan.regions.recovery,
    AWS_ACCESS_KEY_ID: 'bench',
    AWS_SECRET_ACCESS_KEY: 'bench',
    AWS_SESSION_TOKEN: 'bench',
    AWS_ENDPOINT_URL_DYNAMODB: at.database,
    AWS_ENDPOINT_URL_SECRETS_MANAGER: at.secrets,
    LAMBDA_TASK_ROOT: root,
    LIFEBOAT_SYSTEM: system,
    LIFEBOAT_PLAN_FILE: planFile(system),
    LIFEBOAT_TABLE: `lifeboat-${system}`,
    LIFEBOAT_LINK_SECRET: `lifeboat/${system}/links`,
    LIFEBOAT_REPORT_BUCKET: 'reports',
    LIFEBOAT_ACCOUNT: '123456789012',
    LIFEBOAT_PARTITION: 'aws',
    LIFEBOAT_DECISION_URL: 'https://decide.example/',
  };
}

/** An incident with a run behind it and an open question. Returns the token of a link to it. */
async function prepare(plan: Plan, endpoint: string, key: string): Promise<string> {
  const credentials = { accessKeyId: 'bench', secretAccessKey: 'bench' };
  const region = plan.regions.recovery;
  const client = new DynamoDBClient({ region, endpoint, credentials });
  const tableName = `lifeboat-${plan.system.id}`;
  await client.send(
    new CreateTableCommand({
      TableName: tableName,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: ['partition', 'sort'].map(AttributeName => ({
        AttributeName,
        AttributeType: 'S',
      })),
      KeySchema: [
        { AttributeName: 'partition', KeyType: 'HASH' },
        { AttributeName: 'sort', KeyType: 'RANGE' },
      ],
    }),
  );
  const store = createDynamoDbRecordStore({ client, region, tableName });
  const clock = { now: () => new Date() };
  const now = clock.now().toISOString();
  const scenario = 'region-failure';
  const opening = { scenario, mode: 'recover' as const, openedAt: now, outageStartedAt: now, by: 'bench' };
  const { id: incidentId } = await openIncident({ plan, store, clock }, opening);
  const run = {
    id: '20260310-3f9c1a',
    incidentId,
    system: plan.system.id,
    scenario,
    mode: 'recover' as const,
    startedAt: now,
    outageStartedAt: now,
    parameters: {},
  };
  const step = { id: 'restore-database', phase: 'database', action: 'rds.restore' };
  for (let n = 0; n < steps; n++) {
    const evidence = [{ what: 'The newest restore point is 3 minutes old.' }];
    const entry = {
      type: 'step' as const,
      run: run.id,
      phase: step.phase,
      step: `step-${n}`,
      action: step.action,
    };
    await appendEntry(store, clock, incidentId, { ...entry, status: 'done', attempt: 1, evidence });
  }
  const person = Object.keys(plan.people)[0] ?? '';
  const question = await createQuestion({ plan, store, clock } as Runtime, {
    run,
    step: {
      ...step,
      title: 'Restore the database',
      with: {},
      timeoutSeconds: 3600,
      onFailure: 'ask',
      modes: ['recover'],
    },
    attempt: 1,
    kind: 'approval',
    token: 'token',
    draft: {
      title: 'Activate the recovery site?',
      shows: Array.from(
        { length: 10 },
        (_, n) => `Finding ${n}: the newest restore point loses 300 seconds.`,
      ),
      askedOf: Object.keys(plan.people),
      quorum: 1,
      answerWithinSeconds: 1800,
    },
  });
  client.destroy();
  const expiresAt = new Date(question.expiresAt);
  const link = makeLink(
    'https://decide.example/',
    { question: question.id, person, expiresAt },
    incidentId,
    key,
  );
  return new URL(link).searchParams.get('t') ?? '';
}

async function answerOnce(handler: string, token: string, env: NodeJS.ProcessEnv): Promise<PageFigures> {
  const event = { rawQueryString: `t=${token}`, requestContext: { http: { method: 'GET' } } };
  const script = `
    const startedAt = performance.now();
    const { handler } = await import(${JSON.stringify(pathToFileURL(handler).href)});
    const importedAt = performance.now();
    const cpu = process.cpuUsage();
    const page = await handler(${JSON.stringify(event)}, { getRemainingTimeInMillis: () => 10000 });
    const answerMs = performance.now() - importedAt;
    const used = process.cpuUsage(cpu);
    if (page.statusCode !== 200) throw new Error('the page answered ' + page.statusCode + ': ' + page.body);
    const headers = Object.entries(page.headers).map(([name, value]) => name + ': ' + value + '\\r\\n');
    const bytes = Buffer.byteLength(headers.join('') + page.body);
    process.stdout.write(JSON.stringify({ bytes, importMs: importedAt - startedAt, answerMs, cpuMs: (used.user + used.system) / 1000 }));
    process.exit(0);`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], {
    env,
  });
  return JSON.parse(stdout) as PageFigures;
}

import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { beforeEach, describe, expect, it } from 'vitest';
import { createReportHandler } from '../../handlers/report.ts';
import { InvalidInputError } from '../../shared/errors.ts';
import { appendEntry, readLedger } from '../../shared/incident/ledger.ts';
import { createMemoryRecordStore } from '../../shared/incident/memory-record-store.ts';
import type { Runtime } from '../../shared/runtime.ts';
import { makePlan } from '../report/fixtures/plan.ts';
import { recoveredMoments } from '../report/fixtures/recovered.ts';
import { iso, makeRun } from '../report/fixtures/story.ts';
import { mockClient } from '../support/mock-client.ts';

const s3 = mockClient(S3Client);
const run = makeRun('recover', 180);
const prefix = `liquid-abt/${run.incidentId}/${run.id}`;
beforeEach(() => {
  s3.reset();
  s3.on(PutObjectCommand).resolves({});
});

const unused = () => Promise.reject(new Error('The report must not use this'));

async function makeRuntime(reportBucket?: string) {
  const store = createMemoryRecordStore();
  let now = new Date(iso(0));
  const clock = { now: () => now };
  for (const [seconds, entry] of recoveredMoments().sort(([a], [b]) => a - b)) {
    now = new Date(iso(seconds));
    await appendEntry(store, clock, run.incidentId, entry);
  }
  const regions: string[] = [];
  const warnings: string[] = [];
  const runtime: Runtime = {
    plan: makePlan(),
    settings: {
      tableName: 't',
      runbookArns: {},
      topicArns: {},
      decisionUrl: '',
      linkSecretName: 's',
      reportBucket,
    },
    clock,
    store,
    aws: {
      client: (Client, region) => {
        regions.push(region);
        return new Client({ region } as never);
      },
    },
    network: { http: unused, tls: unused, dns: unused, mongo: unused, sql: unused, redis: unused },
    kubernetes: unused,
    secret: unused,
    log: (_, message) => void warnings.push(message),
  };
  return { runtime, store, regions, warnings, handler: createReportHandler(async () => runtime) };
}

const context = { getRemainingTimeInMillis: () => 10_000 } as never;

describe('the report function', () => {
  it('puts three files and the readiness page into the bucket in the recovery region, and notes where they are', async () => {
    const { handler, store, regions } = await makeRuntime('reports');
    const answer = await handler({ run }, context);
    expect(answer).toEqual({ outcome: 'recovered', location: `s3://reports/${prefix}/report.html` });
    expect(new Set(regions)).toEqual(new Set(['ap-southeast-4']));
    const put = s3.commandCalls(PutObjectCommand).map(({ args }) => args[0].input);
    expect(put.map(({ Key, ContentType }) => [Key, ContentType])).toEqual([
      [`${prefix}/run.json`, 'application/json'],
      [`${prefix}/report.md`, 'text/markdown; charset=utf-8'],
      [`${prefix}/report.html`, 'text/html; charset=utf-8'],
      [`${prefix.split('/')[0]}/readiness/index.html`, 'text/html; charset=utf-8'],
    ]);
    expect(JSON.parse(String(put[0]?.Body))).toMatchObject({
      seed: null,
      stateTransitions: null,
      invariants: null,
      rto: { actualSeconds: 4320 },
    });
    const last = (await readLedger(store, run.incidentId)).at(-1)?.entry;
    expect(last).toMatchObject({
      type: 'note',
      by: 'report',
      what: expect.stringContaining('s3://reports/'),
    });
  });

  it('may be repeated: the files again, the note once', async () => {
    const { handler, store } = await makeRuntime('reports');
    await handler({ run }, context);
    const length = (await readLedger(store, run.incidentId)).length;
    await handler({ run }, context);
    expect(await readLedger(store, run.incidentId)).toHaveLength(length);
    expect(s3.commandCalls(PutObjectCommand)).toHaveLength(8);
  });

  it('notes nothing when S3 refuses', async () => {
    s3.on(PutObjectCommand).rejects(new Error('AccessDenied'));
    const { handler, store } = await makeRuntime('reports');
    const length = (await readLedger(store, run.incidentId)).length;
    await expect(handler({ run }, context)).rejects.toThrow('AccessDenied');
    expect(await readLedger(store, run.incidentId)).toHaveLength(length);
  });

  it('says so when there is no bucket', async () => {
    const { handler, warnings } = await makeRuntime();
    expect(await handler({ run }, context)).toEqual({ outcome: 'recovered', location: null });
    expect(warnings).toHaveLength(1);
  });

  it('refuses an event without a run', async () => {
    const { handler } = await makeRuntime('reports');
    await expect(handler({}, context)).rejects.toThrow(InvalidInputError);
  });
});

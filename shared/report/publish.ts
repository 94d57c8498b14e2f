import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { appendEntry, readLedger } from '../incident/ledger.ts';
import type { Run } from '../runbook/contract.ts';
import type { Runtime } from '../runtime.ts';
import { buildReport } from './model.ts';
import type { Report } from './report.ts';
import { renderReport } from './write.ts';

const contentTypes: Record<string, string> = {
  'run.json': 'application/json',
  'report.md': 'text/markdown; charset=utf-8',
  'report.html': 'text/html; charset=utf-8',
};

export type Published = { outcome: Report['outcome']; location: string | null };

/** How often a report is written again because something came to the ledger meanwhile. */
const mostRounds = 3;

/**
 * Makes the report of a run from its ledger, puts its three files into the bucket for reports, and notes in the
 * ledger where they are. Safe to repeat, also at the same time: the files are written again until the ledger stands
 * still, so that the last writer has seen all of it; the note is written once. Without a bucket nothing is written and
 * the location is null; everything the report says is in the ledger still.
 */
export async function publishReport(runtime: Runtime, run: Run): Promise<Published> {
  const { plan, settings, store, clock } = runtime;
  const bucket = settings.reportBucket;
  let ledger = await readLedger(store, run.incidentId);
  let report = buildReport({ plan, run, ledger, facts: {} });
  if (!bucket) {
    runtime.log('warn', 'There is no bucket for reports, so none was written', { run: run.id });
    return { outcome: report.outcome, location: null };
  }
  const prefix = `${plan.system.id}/${run.incidentId}/${run.id}`;
  const location = `s3://${bucket}/${prefix}/report.html`;
  for (let round = 0; round < mostRounds; round++) {
    await putFiles(runtime, bucket, prefix, renderReport(report, location));
    const now = await readLedger(store, run.incidentId);
    if (now.length === ledger.length) break;
    ledger = now;
    report = buildReport({ plan, run, ledger, facts: {} });
  }
  const what = `The report of run ${run.id} is at ${location}`;
  await appendEntry(
    store,
    clock,
    run.incidentId,
    { type: 'note', by: 'report', what },
    { idempotencyKey: `report/${run.id}` },
  );
  return { outcome: report.outcome, location };
}

async function putFiles(
  { aws, plan }: Runtime,
  bucket: string,
  prefix: string,
  files: Record<string, string>,
): Promise<void> {
  const s3 = aws.client(S3Client, plan.regions.recovery);
  for (const [name, Body] of Object.entries(files)) {
    const Key = `${prefix}/${name}`;
    await s3.send(new PutObjectCommand({ Bucket: bucket, Key, Body, ContentType: contentTypes[name] }));
  }
}

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

/**
 * Makes the report of a run from its ledger, puts its three files into the bucket for reports, and notes in the
 * ledger where they are. Safe to repeat: the files are written again, the note once. Without a bucket nothing is
 * written and the location is null; everything the report says is in the ledger still.
 */
export async function publishReport(runtime: Runtime, run: Run): Promise<Published> {
  const { plan, settings, store, clock } = runtime;
  const ledger = await readLedger(store, run.incidentId);
  const report = buildReport({ plan, run, ledger, facts: {} });
  const bucket = settings.reportBucket;
  if (!bucket) {
    runtime.log('warn', 'There is no bucket for reports, so none was written', { run: run.id });
    return { outcome: report.outcome, location: null };
  }
  const prefix = `${plan.system.id}/${run.incidentId}/${run.id}`;
  const location = `s3://${bucket}/${prefix}/report.html`;
  const s3 = runtime.aws.client(S3Client, plan.regions.recovery);
  for (const [name, text] of Object.entries(renderReport(report, location))) {
    await s3.send(
      new PutObjectCommand({
        Bucket: bucket,
        Key: `${prefix}/${name}`,
        Body: text,
        ContentType: contentTypes[name],
      }),
    );
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

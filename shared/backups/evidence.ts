import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { request } from '../aws/aws-errors.ts';
import type { Entry, LedgerEntry } from '../incident/entries.ts';
import { appendEntry, readLedger } from '../incident/ledger.ts';
import type { Runtime } from '../runtime.ts';
import { evidenceLedger } from './names.ts';

type Port = Pick<Runtime, 'store' | 'clock' | 'plan' | 'settings' | 'aws' | 'log'>;

/**
 * Appends a fact to the chain of evidence about a system's backups, and puts it into the bucket of reports, where Object
 * Lock keeps it if the plan says for how long. The chain is the same kind as that of an incident: every entry holds the
 * hash of the one before. A fact with the same `once` is appended once.
 */
export async function addEvidence(port: Port, entry: Entry, once: string): Promise<LedgerEntry> {
  const { plan, settings } = port;
  const system = plan.system.id;
  const added = await appendEntry(port.store, port.clock, evidenceLedger(system), entry, {
    idempotencyKey: once,
  });
  if (!settings.reportBucket) {
    port.log('warn', 'There is no bucket for reports, so the evidence is in the table only', {
      seq: added.seq,
    });
    return added;
  }
  const region = plan.regions.recovery;
  await request({ call: 's3.PutObject', region }, () =>
    port.aws.client(S3Client, region).send(
      new PutObjectCommand({
        Bucket: settings.reportBucket,
        Key: `${system}/evidence/${String(added.seq).padStart(6, '0')}-${added.hash.slice(0, 12)}.json`,
        Body: `${JSON.stringify(added, undefined, 2)}\n`,
        ContentType: 'application/json',
      }),
    ),
  );
  return added;
}

/** Everything that was recorded about the backups of a system, oldest first. */
export function readEvidence({ store, plan }: Pick<Port, 'store' | 'plan'>): Promise<LedgerEntry[]> {
  return readLedger(store, evidenceLedger(plan.system.id));
}

import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { request } from '../aws/aws-errors.ts';
import type { Runtime } from '../runtime.ts';
import { renderReadiness } from './html/readiness.ts';
import { liveFacts } from './live-facts.ts';
import { readinessOf } from './readiness.ts';

/** Where the page is in the bucket of reports: one for each system, written anew after every run. */
const readinessKey = (system: string) => `${system}/readiness/index.html`;

/**
 * Writes the readiness page of the deployed system from its own records. Rehearsals are not among them: they are made
 * where the plan is written. Answers where it is; null without a bucket. Throws when it could not be written.
 */
export async function publishReadiness(runtime: Runtime): Promise<string | null> {
  const { plan, settings, clock } = runtime;
  const bucket = settings.reportBucket;
  if (!bucket) return null;
  const readiness = readinessOf({
    plan,
    now: clock.now().toISOString(),
    live: await liveFacts(runtime, { keep: true }),
  });
  const region = plan.regions.recovery;
  const Key = readinessKey(plan.system.id);
  await request({ call: 's3.PutObject', region }, () =>
    runtime.aws.client(S3Client, region).send(
      new PutObjectCommand({
        Bucket: bucket,
        Key,
        Body: renderReadiness(readiness),
        ContentType: 'text/html; charset=utf-8',
      }),
    ),
  );
  return `s3://${bucket}/${Key}`;
}

import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { request } from '../aws/aws-errors.ts';
import type { Runtime } from '../runtime.ts';
import { readCoverage } from './coverage.ts';
import { coverageHtml } from './coverage-page.ts';

/** Writes the coverage page beside the reports. Without a bucket there is none. */
export async function publishCoverage(runtime: Runtime): Promise<void> {
  const { plan, settings, aws } = runtime;
  if (!settings.reportBucket) return;
  const coverage = await readCoverage(runtime);
  const region = plan.regions.recovery;
  const files = {
    'coverage.html': [coverageHtml(plan, coverage), 'text/html; charset=utf-8'],
    'coverage.json': [JSON.stringify(coverage), 'application/json'],
  };
  for (const [name, [Body, ContentType]] of Object.entries(files)) {
    await request({ call: 's3.PutObject', region }, () =>
      aws.client(S3Client, region).send(
        new PutObjectCommand({
          Bucket: settings.reportBucket,
          Key: `${plan.system.id}/backups/${name}`,
          Body,
          ContentType,
        }),
      ),
    );
  }
}

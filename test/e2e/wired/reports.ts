import { GetObjectCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import type { Report } from '../../../shared/report/report.ts';
import { clientOf } from '../deployed/clients.ts';
import { until } from './executions.ts';
import type { Loopback } from './loopback.ts';

/** The report of a run that has ended, as it lies in the bucket of the deployment. */
export function reportOf(
  { place, resources }: Loopback,
  scenario: string,
  outcome: Report['outcome'],
): Promise<Report> {
  const Bucket = resources.find(({ logicalId }) => logicalId === 'ReportBucket')?.physicalId ?? '';
  const s3 = clientOf(S3Client, place);
  return until(`a report of ${scenario}, ${outcome}`, 60, async () => {
    const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket }));
    for (const { Key = '' } of Contents.filter(object => object.Key?.endsWith('.json'))) {
      const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key }));
      const report = JSON.parse((await Body?.transformToString()) ?? '{}') as Report;
      if (report.scenario === scenario && report.outcome === outcome && report.detail.run.endedAt)
        return report;
    }
    return undefined;
  });
}

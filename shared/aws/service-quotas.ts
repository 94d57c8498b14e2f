import { CloudWatchClient, GetMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import {
  GetAWSDefaultServiceQuotaCommand,
  GetServiceQuotaCommand,
  type ServiceQuota,
  ServiceQuotasClient,
} from '@aws-sdk/client-service-quotas';
import { ifFound, isNotFound, request } from './aws-errors.ts';
import type { AwsClients } from './clients.ts';

/** Usage is published every five minutes; an hour holds enough of it, and a peak of the last hour counts. */
const usagePeriodSeconds = 300;
const usageWindowSeconds = 3600;

/** A quota as it is applied in a region; its default where nobody ever changed it; undefined if it does not exist. */
export async function readQuota(
  aws: AwsClients,
  region: string,
  ServiceCode: string,
  QuotaCode: string,
): Promise<ServiceQuota | undefined> {
  const client = aws.client(ServiceQuotasClient, region);
  const input = { ServiceCode, QuotaCode };
  try {
    const reply = await request({ call: 'servicequotas.GetServiceQuota', region }, () =>
      client.send(new GetServiceQuotaCommand(input)),
    );
    return reply.Quota;
  } catch (error) {
    if (!isNotFound(error, 'NoSuchResourceException')) throw error;
  }
  return ifFound(['NoSuchResourceException'], async () => {
    const reply = await request({ call: 'servicequotas.GetAWSDefaultServiceQuota', region }, () =>
      client.send(new GetAWSDefaultServiceQuotaCommand(input)),
    );
    return reply.Quota;
  });
}

/** How much of a quota is used, as far as AWS measures it; undefined where it does not. */
export async function readUsage(
  aws: AwsClients,
  region: string,
  { UsageMetric: metric }: ServiceQuota,
  now: Date,
): Promise<number | undefined> {
  if (!metric?.MetricName) return undefined;
  const statistic = metric.MetricStatisticRecommendation === 'Sum' ? 'Sum' : 'Maximum';
  const command = new GetMetricDataCommand({
    StartTime: new Date(now.getTime() - usageWindowSeconds * 1000),
    EndTime: now,
    MetricDataQueries: [
      {
        Id: 'usage',
        MetricStat: {
          Metric: {
            Namespace: metric.MetricNamespace,
            MetricName: metric.MetricName,
            Dimensions: Object.entries(metric.MetricDimensions ?? {}).map(([Name, Value]) => ({
              Name,
              Value,
            })),
          },
          Period: usagePeriodSeconds,
          Stat: statistic,
        },
      },
    ],
  });
  const reply = await request({ call: 'cloudwatch.GetMetricData', region }, () =>
    aws.client(CloudWatchClient, region).send(command),
  );
  const values = reply.MetricDataResults?.[0]?.Values ?? [];
  return values.length > 0 ? Math.max(...values) : undefined;
}

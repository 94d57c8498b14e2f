import { CloudWatchClient, GetMetricDataCommand, type MetricDataQuery } from '@aws-sdk/client-cloudwatch';
import type { Permission } from '../actions/contract.ts';
import { request } from './aws-errors.ts';
import type { AwsClients } from './clients.ts';

/** `dimensions` in one or more forms: CloudWatch knows a metric by all of its dimensions, and some have two forms. */
export type MetricAsked = {
  namespace: string;
  name: string;
  dimensions: readonly Record<string, string>[];
  statistic: 'Average' | 'Maximum' | 'Minimum' | 'Sum';
};
export type DataPoint = { value: number; at: Date };

const periodSeconds = 60;

/** The newest value of a metric in `region` between two times, at the end of its minute; undefined if there is none. */
export async function newestDataPoint(
  aws: AwsClients,
  region: string,
  asked: MetricAsked,
  window: { from: Date; to: Date },
): Promise<DataPoint | undefined> {
  const queries = asked.dimensions.map(
    (dimensions, index): MetricDataQuery => ({
      Id: `m${index}`,
      MetricStat: {
        Metric: {
          Namespace: asked.namespace,
          MetricName: asked.name,
          Dimensions: Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value })),
        },
        Period: periodSeconds,
        Stat: asked.statistic,
      },
    }),
  );
  const reply = await request({ call: 'cloudwatch.GetMetricData', region }, () =>
    aws.client(CloudWatchClient, region).send(
      new GetMetricDataCommand({
        MetricDataQueries: queries,
        StartTime: window.from,
        EndTime: window.to,
        ScanBy: 'TimestampDescending',
        MaxDatapoints: 100 * queries.length,
      }),
    ),
  );
  const points = (reply.MetricDataResults ?? []).flatMap(({ Timestamps = [], Values = [] }) =>
    Timestamps.flatMap((start, index) => {
      const value = Values[index];
      return value === undefined ? [] : [{ value, at: new Date(start.getTime() + periodSeconds * 1000) }];
    }),
  );
  return points.reduce<DataPoint | undefined>(
    (newest, point) => (newest === undefined || point.at > newest.at ? point : newest),
    undefined,
  );
}

export const metricReadPermission: Permission = {
  actions: ['cloudwatch:GetMetricData'],
  resources: ['*'],
  reason: 'The action has no resource-level permission',
};

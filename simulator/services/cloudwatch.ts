import * as z from 'zod';
import { alarmsOf } from '../world/alarms.ts';
import { metricsOf, type SimulatedMetric } from '../world/metrics.ts';
import type { Call, SimulatedService, World } from '../world/world.ts';

const dataInput = z.object({
  StartTime: z.date(),
  EndTime: z.date(),
  MetricDataQueries: z.array(
    z.object({
      Id: z.string(),
      MetricStat: z.object({
        Metric: z.object({
          Namespace: z.string(),
          MetricName: z.string(),
          Dimensions: z.array(z.object({ Name: z.string(), Value: z.string() })).default([]),
        }),
        Period: z.number().positive(),
        Stat: z.string(),
      }),
    }),
  ),
});

/** A data point can be read about a minute after its period has ended. */
const visibleAfterMs = 60_000;

/** Amazon CloudWatch: what services of the simulated world publish, one value a period. */
export const service: SimulatedService = {
  name: 'cloudwatch',
  operations: { GetMetricData: getMetricData, DescribeAlarms: describeAlarms },
};

/** Alarms that a plan names exist; they fire while what they watch is broken. */
function describeAlarms(world: World, { input }: Call): unknown {
  const names = z.array(z.string()).parse(input.AlarmNames);
  return {
    MetricAlarms: names.map(AlarmName => ({
      AlarmName,
      StateValue: alarmsOf(world).get(AlarmName)?.() ? 'ALARM' : 'OK',
      StateReason: 'Threshold Crossed',
    })),
    CompositeAlarms: [],
  };
}

function getMetricData(world: World, call: Call): unknown {
  const { StartTime, EndTime, MetricDataQueries } = dataInput.parse(call.input);
  return {
    MetricDataResults: MetricDataQueries.map(({ Id, MetricStat: { Metric, Period } }) => {
      const wanted = Object.fromEntries(Metric.Dimensions.map(({ Name, Value }) => [Name, Value]));
      const metric = metricsOf(world).find(
        one =>
          one.region === call.region &&
          one.namespace === Metric.Namespace &&
          one.name === Metric.MetricName &&
          sameDimensions(one.dimensions, wanted),
      );
      const points = metric ? pointsOf(world, metric, StartTime, EndTime, Period * 1000) : [];
      return {
        Id,
        Label: Metric.MetricName,
        StatusCode: 'Complete',
        Timestamps: points.map(point => new Date(point.atMs)),
        Values: points.map(point => point.value),
      };
    }),
  };
}

/** The newest first, as CloudWatch answers. A time stamp is the start of its period. */
function pointsOf(
  world: World,
  metric: SimulatedMetric,
  from: Date,
  to: Date,
  periodMs: number,
): { atMs: number; value: number }[] {
  const points: { atMs: number; value: number }[] = [];
  const last = Math.min(to.getTime(), world.nowMs() - visibleAfterMs);
  for (
    let atMs = Math.ceil(from.getTime() / periodMs) * periodMs;
    atMs + periodMs <= last;
    atMs += periodMs
  ) {
    const value = metric.valueAt(atMs + periodMs);
    if (value !== undefined) points.unshift({ atMs, value });
  }
  return points;
}

/** CloudWatch takes a metric only by all of its dimensions. */
function sameDimensions(one: Record<string, string>, other: Record<string, string>): boolean {
  const names = Object.keys(one);
  return names.length === Object.keys(other).length && names.every(name => one[name] === other[name]);
}

import { buildAlarmName } from '../shared/aws/names.ts';
import type { Plan } from '../shared/plan/schema.ts';
import { objectiveMetric } from '../shared/triage/objective-metric.ts';
import { firstTopics } from '../shared/triage/page.ts';
import { fixedMachineName } from '../state-machines/compile-system.ts';
import {
  busName,
  failedEventsName,
  functionName,
  heartbeatRuleName,
  logicalId,
  stateMachineArn,
  sub,
} from './names.ts';

type Resources = Record<string, Record<string, unknown>>;

/** Alarms whose state changes go to the triage. */
export function alarmNamesOf(plan: Plan): string[] {
  return Object.entries(plan.signals).flatMap(([id, signal]) => {
    if (signal.type === 'alarm') return [signal.alarmName];
    const ours =
      signal.type === 'heartbeat' || (signal.type === 'metric' && signal.region === plan.regions.recovery);
    return ours ? [buildAlarmName(plan.system.id, id)] : [];
  });
}

/** Alarms that are in another region, whose state changes are forwarded to the system's bus. */
export function forwardedAlarmNames(plan: Plan): string[] {
  return Object.entries(plan.signals).flatMap(([id, signal]) =>
    signal.type === 'metric' && signal.region !== plan.regions.recovery
      ? [buildAlarmName(plan.system.id, id)]
      : [],
  );
}

const comparisons = {
  above: 'GreaterThanThreshold',
  'at-least': 'GreaterThanOrEqualToThreshold',
  below: 'LessThanThreshold',
  'at-most': 'LessThanOrEqualToThreshold',
} as const;
const missingData = {
  breaching: 'breaching',
  'not-breaching': 'notBreaching',
  ignore: 'ignore',
  unknown: 'missing',
} as const;

/** Alarms of the plan's metric signals in one region. */
export function metricAlarms(plan: Plan, region: string): Resources {
  const resources: Resources = {};
  for (const [id, signal] of Object.entries(plan.signals)) {
    if (signal.type !== 'metric' || signal.region !== region) continue;
    const { statistic } = signal;
    resources[logicalId('signal', id, 'alarm')] = {
      Type: 'AWS::CloudWatch::Alarm',
      Properties: {
        AlarmName: buildAlarmName(plan.system.id, id),
        AlarmDescription: `${signal.title}: a signal of Lifeboat`,
        Namespace: signal.namespace,
        MetricName: signal.metric,
        Dimensions: Object.entries(signal.dimensions).map(([Name, Value]) => ({ Name, Value })),
        ...(statistic.startsWith('p') ? { ExtendedStatistic: statistic } : { Statistic: statistic }),
        Period: signal.period,
        EvaluationPeriods: signal.periods,
        DatapointsToAlarm: signal.breaching ?? signal.periods,
        Threshold: signal.threshold,
        ComparisonOperator: comparisons[signal.comparison],
        TreatMissingData: missingData[signal.missing],
      },
    };
  }
  return resources;
}

/** CloudWatch alarms of the recovery region: the plan's heartbeat and metric signals, and those that watch Lifeboat itself. */
export function alarmResources(plan: Plan): Resources {
  const system = plan.system.id;
  const resources: Resources = {};
  for (const [id, signal] of Object.entries(plan.signals)) {
    if (signal.type !== 'heartbeat') continue;
    resources[logicalId('signal', id, 'alarm')] = {
      Type: 'AWS::CloudWatch::Alarm',
      Properties: {
        AlarmName: buildAlarmName(system, id),
        AlarmDescription: `${signal.title}: no heartbeat from ${plan.regions.primary} for ${signal.missing} s`,
        Namespace: 'AWS/Events',
        MetricName: 'MatchedEvents',
        Dimensions: [
          { Name: 'EventBusName', Value: busName(system) },
          { Name: 'RuleName', Value: heartbeatRuleName(system) },
        ],
        Statistic: 'Sum',
        Period: 60,
        EvaluationPeriods: Math.max(1, Math.ceil(signal.missing / 60)),
        Threshold: 1,
        ComparisonOperator: 'LessThanThreshold',
        // Silence is the signal: a region that is gone sends no zero.
        TreatMissingData: 'breaching',
      },
    };
  }
  return { ...resources, ...metricAlarms(plan, plan.regions.recovery), ...ownAlarms(plan) };
}

/** Functions whose failures would mean that something is not heard or not said. */
const watched = ['triage', 'probe', 'decide', 'communicate', 'execution-ended'];

/** A recovery that runs too long, and functions that fail, must not stay unnoticed: whoever is on call is told. */
function ownAlarms(plan: Plan): Resources {
  const system = plan.system.id;
  const AlarmActions = firstTopics(plan).map(topic => ({ Ref: logicalId('topic', topic) }));
  const resources: Resources = {
    RunningTooLongAlarm: alarm({
      AlarmName: `lifeboat-${system}-running-too-long`,
      AlarmDescription: 'A run has used 90 % of its recovery time objective and has not ended',
      Namespace: objectiveMetric.namespace,
      MetricName: objectiveMetric.name,
      Dimensions: dimensions(objectiveMetric.dimensionsOf(system)),
      Statistic: 'Maximum',
      Threshold: 90,
      AlarmActions,
    }),
    FailedEventsAlarm: alarm({
      AlarmName: `${failedEventsName(system)}-waiting`,
      AlarmDescription: `Events that no function could take wait in the queue ${failedEventsName(system)}`,
      Namespace: 'AWS/SQS',
      MetricName: 'ApproximateNumberOfMessagesVisible',
      Dimensions: dimensions({ QueueName: failedEventsName(system) }),
      Statistic: 'Maximum',
      Threshold: 1,
      AlarmActions,
    }),
    CommunicationFailedAlarm: alarm({
      AlarmName: `lifeboat-${system}-communication-failed`,
      AlarmDescription: 'Messages about an incident are no longer sent: inform the audiences by hand',
      Namespace: 'AWS/States',
      MetricName: 'ExecutionsFailed',
      Dimensions: dimensions({ StateMachineArn: stateMachineArn(fixedMachineName(system, 'communicate')) }),
      Statistic: 'Sum',
      Threshold: 1,
      AlarmActions,
    }),
  };
  for (const name of watched) {
    resources[logicalId(name, 'errors', 'alarm')] = alarm({
      AlarmName: `${functionName(system, name)}-errors`,
      AlarmDescription: `The function ${name} failed: a signal or an answer may not have been heard`,
      Namespace: 'AWS/Lambda',
      MetricName: 'Errors',
      Dimensions: dimensions({ FunctionName: functionName(system, name) }),
      Statistic: 'Sum',
      Threshold: 1,
      AlarmActions,
    });
  }
  return resources;
}

/** An alarm that looks once a minute, and for which silence is well. */
function alarm(properties: Record<string, unknown>): Record<string, unknown> {
  return {
    Type: 'AWS::CloudWatch::Alarm',
    Properties: {
      Period: 60,
      EvaluationPeriods: 1,
      ComparisonOperator: 'GreaterThanOrEqualToThreshold',
      TreatMissingData: 'notBreaching',
      ...properties,
    },
  };
}

function dimensions(values: Readonly<Record<string, string>>) {
  return Object.entries(values).map(([Name, Value]) => ({ Name, Value: sub(Value) }));
}

import type { Plan } from '../shared/plan/schema.ts';
import { busName, functionName, heartbeatRuleName, logicalId, topicsOf } from './names.ts';

type Resources = Record<string, Record<string, unknown>>;

/** Name of the alarm behind a heartbeat signal; the triage recognises it by this name. */
export const signalAlarmName = (system: string, signal: string) => `lifeboat-${system}-${signal}`;

/** Alarms whose state changes go to the triage. */
export function alarmNamesOf(plan: Plan): string[] {
  return Object.entries(plan.signals).flatMap(([id, signal]) => {
    if (signal.type === 'alarm') return [signal.alarmName];
    return signal.type === 'heartbeat' ? [signalAlarmName(plan.system.id, id)] : [];
  });
}

/** CloudWatch alarms: the plan's heartbeat signals, and those that watch Lifeboat itself. */
export function alarmResources(plan: Plan): Resources {
  const system = plan.system.id;
  const resources: Resources = {};
  for (const [id, signal] of Object.entries(plan.signals)) {
    if (signal.type !== 'heartbeat') continue;
    resources[logicalId('signal', id, 'alarm')] = {
      Type: 'AWS::CloudWatch::Alarm',
      Properties: {
        AlarmName: signalAlarmName(system, id),
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
  return { ...resources, ...ownAlarms(plan) };
}

/** A recovery that runs too long, and a triage or decision page that errors, must not stay unnoticed. */
function ownAlarms(plan: Plan): Resources {
  const system = plan.system.id;
  const topic = topicsOf(plan)[0];
  const tell = topic ? { AlarmActions: [{ Ref: logicalId('topic', topic) }] } : {};
  const onErrors = (name: string): Record<string, unknown> => ({
    Type: 'AWS::CloudWatch::Alarm',
    Properties: {
      AlarmName: `${functionName(system, name)}-errors`,
      AlarmDescription: `The function ${name} failed: a signal or an answer may not have been heard`,
      Namespace: 'AWS/Lambda',
      MetricName: 'Errors',
      Dimensions: [{ Name: 'FunctionName', Value: functionName(system, name) }],
      Statistic: 'Sum',
      Period: 60,
      EvaluationPeriods: 1,
      Threshold: 1,
      ComparisonOperator: 'GreaterThanOrEqualToThreshold',
      TreatMissingData: 'notBreaching',
      ...tell,
    },
  });
  return {
    RunningTooLongAlarm: {
      Type: 'AWS::CloudWatch::Alarm',
      Properties: {
        AlarmName: `lifeboat-${system}-running-too-long`,
        AlarmDescription: 'A run has used 90 % of its recovery time objective and has not ended',
        Namespace: 'Lifeboat',
        MetricName: 'RunObjectiveUsedPercent',
        Dimensions: [{ Name: 'service', Value: `lifeboat-${system}` }],
        Statistic: 'Maximum',
        Period: 60,
        EvaluationPeriods: 1,
        Threshold: 90,
        ComparisonOperator: 'GreaterThanOrEqualToThreshold',
        TreatMissingData: 'notBreaching',
        ...tell,
      },
    },
    TriageErrorsAlarm: onErrors('triage'),
    DecideErrorsAlarm: onErrors('decide'),
  };
}

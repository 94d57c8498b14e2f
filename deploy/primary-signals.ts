import type { Plan } from '../shared/plan/schema.ts';
import { forwardedAlarmNames, metricAlarms } from './alarms.ts';
import { eventPatterns } from './event-patterns.ts';
import { busName, logicalId } from './names.ts';

/**
 * CloudFormation template of what the plan's signals need in a region other than the recovery region: the alarms of its
 * metrics there, and rules that forward their state changes and the plan's events to the system's bus. It comes beside
 * `primary-region.yml`, which is the same for every plan. Undefined when there is nothing to make there.
 */
export function primarySignalsTemplate(plan: Plan, region: string): Record<string, unknown> | undefined {
  const alarms = metricAlarms(plan, region);
  const names = Object.values(alarms).map(
    ({ Properties }) => (Properties as { AlarmName: string }).AlarmName,
  );
  const forwarded = names.filter(name => forwardedAlarmNames(plan).includes(name));
  const patterns = [
    ...(forwarded.length > 0
      ? [
          {
            source: ['aws.cloudwatch'],
            'detail-type': ['CloudWatch Alarm State Change'],
            detail: { alarmName: forwarded },
          },
        ]
      : []),
    ...eventPatterns(plan)
      .filter(each => each.region === region && region !== plan.regions.recovery)
      .map(({ pattern }) => pattern),
  ];
  if (patterns.length === 0) return undefined;
  const target = {
    'Fn::Sub': `arn:\${AWS::Partition}:events:${plan.regions.recovery}:\${AWS::AccountId}:event-bus/${busName(plan.system.id)}`,
  };
  const rules = patterns.map((pattern, index) => [
    logicalId('forward', String(index + 1)),
    {
      Type: 'AWS::Events::Rule',
      Properties: {
        Description: `Forwards what the triage of ${plan.system.id} reads to ${plan.regions.recovery}`,
        EventPattern: pattern,
        State: 'ENABLED',
        Targets: [{ Id: 'recovery', Arn: target, RoleArn: { 'Fn::GetAtt': ['ForwardRole', 'Arn'] } }],
      },
    },
  ]);
  return {
    AWSTemplateFormatVersion: '2010-09-09',
    Description: `Lifeboat, signals of ${plan.system.id} in ${region}: alarms and events, forwarded to ${plan.regions.recovery}`,
    Resources: { ...alarms, ForwardRole: forwardRole(target), ...Object.fromEntries(rules) },
  };
}

function forwardRole(bus: unknown) {
  return {
    Type: 'AWS::IAM::Role',
    Properties: {
      AssumeRolePolicyDocument: {
        Version: '2012-10-17',
        Statement: [
          {
            Effect: 'Allow',
            Principal: { Service: 'events.amazonaws.com' },
            Action: 'sts:AssumeRole',
            Condition: { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } },
          },
        ],
      },
      Policies: [
        {
          PolicyName: 'forward',
          PolicyDocument: {
            Version: '2012-10-17',
            Statement: [{ Effect: 'Allow', Action: 'events:PutEvents', Resource: bus }],
          },
        },
      ],
    },
  };
}

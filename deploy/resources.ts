import { parseSecretReference } from '../shared/aws/secret-reference.ts';
import { hasFollowUps, scheduleGroupName } from '../shared/deployment.ts';
import type { Plan } from '../shared/plan/schema.ts';
import { alarmResources } from './alarms.ts';
import { dashboardResources } from './dashboard.ts';
import { roleId } from './functions.ts';
import {
  arn,
  busName,
  failedEventsArn,
  failedEventsName,
  functionArn,
  functionName,
  heartbeatRuleName,
  linkSecretName,
  logicalId,
  signalTopicName,
  sub,
  subDeep,
  tableName,
  topicName,
  topicsOf,
} from './names.ts';
import type { Statement } from './statements.ts';

export type Resources = Record<string, Record<string, unknown>>;

/** Everything of a deployment that is not a function or a state machine. */
export function baseResources(plan: Plan): Resources {
  return {
    ...memory(plan),
    ...topics(plan),
    ...bus(plan),
    ...alarmResources(plan),
    ...dashboardResources(plan),
    ...schedules(plan),
  };
}

/** Table, reports and the key that signs links: what must survive a deletion of the stack is retained. */
function memory(plan: Plan): Resources {
  const system = plan.system.id;
  const keep = { DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain' };
  return {
    Table: {
      Type: 'AWS::DynamoDB::Table',
      ...keep,
      Properties: {
        TableName: tableName(system),
        BillingMode: 'PAY_PER_REQUEST',
        AttributeDefinitions: [
          { AttributeName: 'partition', AttributeType: 'S' },
          { AttributeName: 'sort', AttributeType: 'S' },
        ],
        KeySchema: [
          { AttributeName: 'partition', KeyType: 'HASH' },
          { AttributeName: 'sort', KeyType: 'RANGE' },
        ],
        PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
        SSESpecification: { SSEEnabled: true },
        DeletionProtectionEnabled: true,
      },
    },
    ReportBucket: {
      Type: 'AWS::S3::Bucket',
      ...keep,
      Properties: {
        VersioningConfiguration: { Status: 'Enabled' },
        ...kept(plan.records.keepFor),
        BucketEncryption: {
          ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } }],
        },
        PublicAccessBlockConfiguration: {
          BlockPublicAcls: true,
          BlockPublicPolicy: true,
          IgnorePublicAcls: true,
          RestrictPublicBuckets: true,
        },
      },
    },
    FailedEvents: {
      Type: 'AWS::SQS::Queue',
      Properties: {
        QueueName: failedEventsName(system),
        // The longest that SQS keeps a message: nobody has to hurry to look at one.
        MessageRetentionPeriod: 1_209_600,
        SqsManagedSseEnabled: true,
      },
    },
    LinkSecret: {
      Type: 'AWS::SecretsManager::Secret',
      Properties: {
        Name: linkSecretName(system),
        Description: 'Signs the links that people answer on',
        GenerateSecretString: { PasswordLength: 64, ExcludePunctuation: true },
      },
    },
  };
}

/** With a time to keep, nobody can delete a report before that, not even the account's root user. */
function kept(seconds: number | undefined): Record<string, unknown> {
  if (seconds === undefined) return {};
  const Days = Math.max(1, Math.ceil(seconds / 86_400));
  return {
    ObjectLockEnabled: true,
    ObjectLockConfiguration: {
      ObjectLockEnabled: 'Enabled',
      Rule: { DefaultRetention: { Mode: 'COMPLIANCE', Days } },
    },
  };
}

function topics(plan: Plan): Resources {
  const system = plan.system.id;
  const resources: Resources = {
    // Not encrypted with the key of AWS: CloudWatch may not use it, and alarms could not publish. Source: AWS
    // knowledge center, "How do I configure a CloudWatch alarm with an encrypted SNS topic?"
    SignalTopic: { Type: 'AWS::SNS::Topic', Properties: { TopicName: signalTopicName(system) } },
  };
  for (const topic of topicsOf(plan)) {
    resources[logicalId('topic', topic)] = {
      Type: 'AWS::SNS::Topic',
      Properties: { TopicName: topicName(system, topic) },
    };
  }
  return { ...resources, ...subscriptions(plan) };
}

/**
 * People are subscribed to the topic of their channel, or of the first one that is tried in its place; CloudFormation
 * reads the address where it is kept.
 */
function subscriptions(plan: Plan): Resources {
  const resources: Resources = {};
  for (const [id, person] of Object.entries(plan.people)) {
    const channel = [person.channel, ...person.fallback]
      .flatMap(name => plan.channels[name] ?? [])
      .find(one => one.type === 'sns' && one.protocol !== 'other');
    if (channel?.type !== 'sns' || !person.contact) continue;
    resources[logicalId('subscription', id)] = {
      Type: 'AWS::SNS::Subscription',
      Properties: {
        TopicArn: { Ref: logicalId('topic', channel.topic) },
        Protocol: channel.protocol,
        Endpoint: dynamicReference(person.contact),
      },
    };
  }
  return resources;
}

/** A secret reference of the plan as CloudFormation's dynamic reference. */
function dynamicReference(text: string): string {
  const reference = parseSecretReference(text);
  if (reference.store === 'ssm') return `{{resolve:ssm:${reference.name}}}`;
  const key = reference.key === undefined ? '' : `:${reference.key}`;
  return `{{resolve:secretsmanager:${reference.name}:SecretString${key}}}`;
}

/** The bus that the primary region's events are forwarded to, and the rule whose matches are the heartbeat. */
function bus(plan: Plan): Resources {
  const system = plan.system.id;
  return {
    EventBus: {
      Type: 'AWS::Events::EventBus',
      Properties: { Name: busName(system), Description: `Events of ${plan.regions.primary}, forwarded` },
    },
    EventBusPolicy: {
      Type: 'AWS::Events::EventBusPolicy',
      Properties: {
        EventBusName: { Ref: 'EventBus' },
        StatementId: 'OwnAccountForwards',
        Statement: {
          Effect: 'Allow',
          Principal: { AWS: sub('arn:${AWS::Partition}:iam::${AWS::AccountId}:root') },
          Action: 'events:PutEvents',
          Resource: sub(arn('events', `event-bus/${busName(system)}`)),
        },
      },
    },
    HeartbeatRule: {
      Type: 'AWS::Events::Rule',
      Properties: {
        Name: heartbeatRuleName(system),
        Description:
          'Counts the heartbeats of the primary region; its metric is what the heartbeat alarm watches',
        EventBusName: { Ref: 'EventBus' },
        EventPattern: { source: ['lifeboat.heartbeat'], detail: { system: [system] } },
        State: 'ENABLED',
      },
    },
  };
}

/** One-time schedules of what is due after a run: a group of their own, and a role that may call one function. */
function schedules(plan: Plan): Resources {
  const system = plan.system.id;
  if (!hasFollowUps(plan)) return {};
  return {
    ScheduleGroup: {
      Type: 'AWS::Scheduler::ScheduleGroup',
      Properties: { Name: scheduleGroupName(system) },
    },
    ScheduleRole: role('scheduler.amazonaws.com', `lifeboat-${system}-schedules`, [
      { Effect: 'Allow', Action: ['lambda:InvokeFunction'], Resource: [functionArn(system, 'communicate')] },
      { Effect: 'Allow', Action: ['sqs:SendMessage'], Resource: [failedEventsArn(system)] },
    ]),
  };
}

/** A function's role: its own log group, and its own statements. */
export function functionRole(plan: Plan, name: string, statements: readonly Statement[]): Resources {
  const logs: Statement = {
    Effect: 'Allow',
    Action: ['logs:CreateLogStream', 'logs:PutLogEvents'],
    Resource: [arn('logs', `log-group:/aws/lambda/${functionName(plan.system.id, name)}:*`)],
  };
  return {
    [roleId(name)]: role('lambda.amazonaws.com', `lifeboat-${plan.system.id}-${name}`, [logs, ...statements]),
  };
}

/** An IAM role with one inline policy, named after what it is for; the region keeps two deployments apart. */
export function role(
  service: string,
  name: string,
  statements: readonly Statement[],
): Record<string, unknown> {
  return {
    Type: 'AWS::IAM::Role',
    Properties: {
      AssumeRolePolicyDocument: {
        Version: '2012-10-17',
        Statement: [{ Effect: 'Allow', Principal: { Service: service }, Action: 'sts:AssumeRole' }],
      },
      Policies: [
        {
          PolicyName: name.slice(0, 128),
          PolicyDocument: {
            Version: '2012-10-17',
            Statement: statements.map(statement => ({
              ...statement,
              Resource: statement.Resource.map(sub),
              ...(statement.Condition && { Condition: subDeep(statement.Condition) }),
            })),
          },
        },
      ],
    },
  };
}

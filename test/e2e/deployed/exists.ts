import { CloudWatchClient, DescribeAlarmsCommand, GetDashboardCommand } from '@aws-sdk/client-cloudwatch';
import { CloudWatchLogsClient, DescribeLogGroupsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { DescribeTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DescribeEventBusCommand, DescribeRuleCommand, EventBridgeClient } from '@aws-sdk/client-eventbridge';
import {
  GetFunctionCommand,
  GetFunctionEventInvokeConfigCommand,
  GetPolicyCommand,
  LambdaClient,
} from '@aws-sdk/client-lambda';
import { GetBucketPolicyCommand, HeadBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { GetScheduleCommand, GetScheduleGroupCommand, SchedulerClient } from '@aws-sdk/client-scheduler';
import { DescribeSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { DescribeStateMachineCommand, SFNClient } from '@aws-sdk/client-sfn';
import { GetSubscriptionAttributesCommand, GetTopicAttributesCommand, SNSClient } from '@aws-sdk/client-sns';
import { callJson, callQuery, callRest, type Place } from './call-aws.ts';
import { clientOf } from './clients.ts';
import type { Resource, Template } from './stack.ts';

type Probe = (place: Place, id: string, related: Related) => Promise<unknown>;

/** What a resource's template says of the things that it belongs to, by their physical ids. */
type Related = (property: string) => string;

const some = (found: readonly unknown[] | undefined, what: string) => {
  if (!found?.length) throw new Error(`${what} is not there`);
};

/** How each type is asked for, by the service that keeps it and not by CloudFormation. */
const probes: Record<string, Probe> = {
  'AWS::S3::Bucket': (place, Bucket) => clientOf(S3Client, place).send(new HeadBucketCommand({ Bucket })),
  'AWS::S3::BucketPolicy': (place, _, related) =>
    clientOf(S3Client, place).send(new GetBucketPolicyCommand({ Bucket: related('Bucket') })),
  'AWS::Logs::LogGroup': async (place, name) => {
    const command = new DescribeLogGroupsCommand({ logGroupNamePrefix: name });
    const { logGroups } = await clientOf(CloudWatchLogsClient, place).send(command);
    some(
      logGroups?.filter(group => group.logGroupName === name && group.retentionInDays === 400),
      name,
    );
  },
  'AWS::Lambda::Function': (place, FunctionName) =>
    clientOf(LambdaClient, place).send(new GetFunctionCommand({ FunctionName })),
  'AWS::Lambda::EventInvokeConfig': (place, _, related) =>
    clientOf(LambdaClient, place).send(
      new GetFunctionEventInvokeConfigCommand({
        FunctionName: related('FunctionName'),
        Qualifier: related('Qualifier'),
      }),
    ),
  'AWS::Lambda::Permission': async (place, _, related) => {
    const command = new GetPolicyCommand({ FunctionName: related('FunctionName') });
    const { Policy = '' } = await clientOf(LambdaClient, place).send(command);
    if (!Policy.includes(related('SourceArn')))
      throw new Error(`${Policy} does not let ${related('SourceArn')}`);
  },
  'AWS::StepFunctions::StateMachine': (place, stateMachineArn) =>
    clientOf(SFNClient, place).send(new DescribeStateMachineCommand({ stateMachineArn })),
  'AWS::Events::Rule': (place, id, related) => {
    const [bus = '', name] = id.includes('|') ? id.split('|') : [related('EventBusName') || 'default', id];
    return clientOf(EventBridgeClient, place).send(
      new DescribeRuleCommand({ Name: name ?? '', EventBusName: bus }),
    );
  },
  'AWS::Events::EventBus': (place, Name) =>
    clientOf(EventBridgeClient, place).send(new DescribeEventBusCommand({ Name })),
  'AWS::SNS::Topic': (place, TopicArn) =>
    clientOf(SNSClient, place).send(new GetTopicAttributesCommand({ TopicArn })),
  'AWS::SNS::Subscription': (place, SubscriptionArn) =>
    clientOf(SNSClient, place).send(new GetSubscriptionAttributesCommand({ SubscriptionArn })),
  'AWS::ApiGatewayV2::Api': (place, id) => callRest(place, 'apigateway', `/v2/apis/${id}`),
  'AWS::ApiGatewayV2::Stage': (place, _, related) =>
    callRest(place, 'apigateway', `/v2/apis/${related('ApiId')}/stages/%24default`),
  'AWS::ApiGatewayV2::Integration': (place, id, related) =>
    callRest(place, 'apigateway', `/v2/apis/${related('ApiId')}/integrations/${id}`),
  // CloudFormation calls a route by its id; MiniStack puts that of its API before it.
  'AWS::ApiGatewayV2::Route': (place, id, related) =>
    callRest(place, 'apigateway', `/v2/apis/${related('ApiId')}/routes/${id.split('/').at(-1)}`),
  'AWS::DynamoDB::Table': (place, TableName) =>
    clientOf(DynamoDBClient, place).send(new DescribeTableCommand({ TableName })),
  'AWS::SQS::Queue': (place, id) =>
    callJson(place, 'sqs', 'AmazonSQS.GetQueueUrl', { QueueName: id.split('/').at(-1) }),
  'AWS::SecretsManager::Secret': async (place, SecretId) => {
    const { DeletedDate } = await clientOf(SecretsManagerClient, place).send(
      new DescribeSecretCommand({ SecretId }),
    );
    if (DeletedDate) throw new Error(`${SecretId} is deleted`);
  },
  'AWS::CloudWatch::Alarm': async (place, name) => {
    const command = new DescribeAlarmsCommand({
      AlarmNames: [name],
      AlarmTypes: ['MetricAlarm', 'CompositeAlarm'],
    });
    const { MetricAlarms = [], CompositeAlarms = [] } = await clientOf(CloudWatchClient, place).send(command);
    some([...MetricAlarms, ...CompositeAlarms], name);
  },
  'AWS::CloudWatch::Dashboard': (place, DashboardName) =>
    clientOf(CloudWatchClient, place).send(new GetDashboardCommand({ DashboardName })),
  'AWS::Scheduler::ScheduleGroup': (place, Name) =>
    clientOf(SchedulerClient, place).send(new GetScheduleGroupCommand({ Name })),
  'AWS::Scheduler::Schedule': (place, Name) =>
    clientOf(SchedulerClient, place).send(new GetScheduleCommand({ Name })),
  'AWS::IAM::Role': (place, RoleName) =>
    callQuery(place, 'iam', { Action: 'GetRole', Version: '2010-05-08', RoleName }),
};
probes['AWS::CloudWatch::CompositeAlarm'] = probes['AWS::CloudWatch::Alarm'] as Probe;

/** A resource that is not there, and what was answered when it was asked for. */
export type Missing = Resource & { answer: string };

/** Which resources of a stack can't be found where they are kept, and what was answered instead. */
export async function missing(
  place: Place,
  template: Template,
  resources: readonly Resource[],
): Promise<Missing[]> {
  const physical = new Map(resources.map(({ logicalId, physicalId }) => [logicalId, physicalId]));
  const look = async (resource: Resource): Promise<Missing[]> => {
    const { logicalId, type, physicalId } = resource;
    const probe = probes[type];
    if (!probe) throw new Error(`Nothing here says how to look for a resource of the type ${type}`);
    const related: Related = property => {
      const value = template.Resources[logicalId]?.Properties[property];
      if (typeof value === 'string' || value === undefined) return value ?? '';
      const [id] = [Object.values(value as Record<string, string | string[]>)[0]].flat();
      return physical.get(String(id)) ?? String(id);
    };
    return probe(place, physicalId, related).then(
      () => [],
      error => [{ ...resource, answer: String(error) }],
    );
  };
  return (await Promise.all(resources.map(look))).flat();
}

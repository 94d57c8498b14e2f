import {
  EventBridgeClient,
  ListEventBusesCommand,
  ListRulesCommand,
  ListTargetsByRuleCommand,
} from '@aws-sdk/client-eventbridge';
import { LambdaClient, paginateListFunctions } from '@aws-sdk/client-lambda';
import { GetScheduleCommand, ListSchedulesCommand, SchedulerClient } from '@aws-sdk/client-scheduler';
import { DescribeStateMachineCommand, paginateListStateMachines, SFNClient } from '@aws-sdk/client-sfn';
import { ListSubscriptionsCommand, ListTopicsCommand, SNSClient } from '@aws-sdk/client-sns';
import type { Place } from './call-aws.ts';
import { clientOf } from './clients.ts';

/** What starts something, and what it starts, as the deployed services say it. */
export type Arrow = { from: string; to: string };

/** All that rules, schedules, subscriptions and state machines point at, and all functions, machines and topics. */
export async function readWiring(place: Place): Promise<{ arrows: Arrow[]; exists: Set<string> }> {
  const sfn = clientOf(SFNClient, place);
  const lambda = clientOf(LambdaClient, place);
  const machines: string[] = [];
  for await (const page of paginateListStateMachines({ client: sfn }, {}))
    machines.push(...(page.stateMachines ?? []).map(({ stateMachineArn = '' }) => stateMachineArn));
  const functions: string[] = [];
  for await (const page of paginateListFunctions({ client: lambda }, {}))
    functions.push(...(page.Functions ?? []).map(({ FunctionArn = '' }) => FunctionArn));
  const { Topics = [] } = await clientOf(SNSClient, place).send(new ListTopicsCommand({}));
  return {
    arrows: [
      ...(await ruleTargets(place)),
      ...(await scheduleTargets(place)),
      ...(await subscriptions(place)),
      ...(await calledBy(sfn, machines)),
    ],
    exists: new Set([...machines, ...functions, ...Topics.map(({ TopicArn = '' }) => TopicArn)]),
  };
}

async function ruleTargets(place: Place): Promise<Arrow[]> {
  const events = clientOf(EventBridgeClient, place);
  const arrows: Arrow[] = [];
  const { EventBuses = [] } = await events.send(new ListEventBusesCommand({}));
  for (const { Name: EventBusName = '' } of EventBuses) {
    const { Rules = [] } = await events.send(new ListRulesCommand({ EventBusName }));
    for (const { Name: Rule = '' } of Rules) {
      const { Targets = [] } = await events.send(new ListTargetsByRuleCommand({ EventBusName, Rule }));
      arrows.push(...Targets.map(({ Arn: to = '' }) => ({ from: `rule ${EventBusName}/${Rule}`, to })));
    }
  }
  return arrows;
}

async function scheduleTargets(place: Place): Promise<Arrow[]> {
  const scheduler = clientOf(SchedulerClient, place);
  const { Schedules = [] } = await scheduler.send(new ListSchedulesCommand({}));
  return Promise.all(
    Schedules.map(async ({ Name = '', GroupName }) => {
      const { Target } = await scheduler.send(new GetScheduleCommand({ Name, GroupName }));
      return { from: `schedule ${Name}`, to: Target?.Arn ?? 'nothing' };
    }),
  );
}

async function subscriptions(place: Place): Promise<Arrow[]> {
  const { Subscriptions = [] } = await clientOf(SNSClient, place).send(new ListSubscriptionsCommand({}));
  return Subscriptions.filter(({ Protocol }) => Protocol === 'lambda').map(({ TopicArn, Endpoint = '' }) => ({
    from: `topic ${TopicArn}`,
    to: Endpoint,
  }));
}

/** Functions and machines that a definition calls, wherever in it they are named. */
async function calledBy(sfn: SFNClient, machines: readonly string[]): Promise<Arrow[]> {
  const arrows: Arrow[] = [];
  for (const stateMachineArn of machines) {
    const { definition = '' } = await sfn.send(new DescribeStateMachineCommand({ stateMachineArn }));
    const named = definition.match(
      /arn:aws:(?:lambda:[^":]+:\d+:function:|states:[^":]+:\d+:stateMachine:)[\w-]+/g,
    );
    arrows.push(...[...new Set(named)].map(to => ({ from: `machine ${stateMachineArn}`, to })));
  }
  return arrows;
}

import {
  EventBridgeClient,
  ListRulesCommand,
  ListTargetsByRuleCommand,
  TestEventPatternCommand,
} from '@aws-sdk/client-eventbridge';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import type { Place } from '../deployed/call-aws.ts';
import { clientOf } from '../deployed/clients.ts';

/**
 * Puts an event of an AWS service on a bus. Nobody may send those with PutEvents, and MiniStack 1.5.33 sends none for an
 * alarm; so the suite does what EventBridge does: it asks which deployed rules match, by MiniStack's own matching, and
 * invokes their targets. Returns the names of the functions that were invoked.
 */
export async function putServiceEvent(
  place: Place,
  bus: string,
  event: Record<string, unknown>,
): Promise<string[]> {
  const events = clientOf(EventBridgeClient, place);
  const { Rules = [] } = await events.send(new ListRulesCommand({ EventBusName: bus }));
  const invoked: string[] = [];
  for (const { Name: Rule = '', EventPattern } of Rules) {
    if (!EventPattern) continue;
    const { Result } = await events.send(
      new TestEventPatternCommand({ EventPattern, Event: JSON.stringify(event) }),
    );
    if (!Result) continue;
    const { Targets = [] } = await events.send(new ListTargetsByRuleCommand({ EventBusName: bus, Rule }));
    for (const { Arn = '' } of Targets) {
      await clientOf(LambdaClient, place).send(
        new InvokeCommand({ FunctionName: Arn, InvocationType: 'Event', Payload: JSON.stringify(event) }),
      );
      invoked.push(Arn.split(':').at(-1) ?? '');
    }
  }
  return invoked;
}

/** The state change of an alarm, as CloudWatch sends it. Source: CloudWatch user guide, "Alarm events and EventBridge". */
export function alarmEvent(
  place: Place,
  account: string,
  alarmName: string,
  at: Date,
): Record<string, unknown> {
  const timestamp = at.toISOString().replace('Z', '+0000');
  return {
    version: '0',
    id: crypto.randomUUID(),
    'detail-type': 'CloudWatch Alarm State Change',
    source: 'aws.cloudwatch',
    account,
    time: `${at.toISOString().slice(0, 19)}Z`,
    region: place.region,
    resources: [`arn:aws:cloudwatch:${place.region}:${account}:alarm:${alarmName}`],
    detail: {
      alarmName,
      configuration: { description: '', metrics: [] },
      previousState: { value: 'OK', reason: 'Threshold was not crossed.', timestamp },
      state: {
        value: 'ALARM',
        reason: 'Threshold Crossed: 3 datapoints were not greater than the threshold.',
        timestamp,
      },
    },
  };
}

/**
 * What CloudWatch publishes to a topic for the same change. Made here, because MiniStack's own message lacks the ARN of
 * the alarm, which says the region. Source: `test/fixtures/events/sns-alarm.json`, a real one.
 */
export function alarmMessage({ region }: Place, account: string, alarmName: string, at: Date) {
  return {
    AlarmName: alarmName,
    AlarmDescription: 'No connection to the database',
    AWSAccountId: account,
    NewStateValue: 'ALARM',
    NewStateReason: 'Threshold Crossed: no datapoints were received for 2 periods.',
    StateChangeTime: at.toISOString().replace('Z', '+0000'),
    Region: region,
    AlarmArn: `arn:aws:cloudwatch:${region}:${account}:alarm:${alarmName}`,
    OldStateValue: 'OK',
  };
}

/**
 * What AWS Health says of an outage that began at `since`. Source: `test/fixtures/events/health-issue-open.json`, a real
 * one; a service of that region is what LIQUID ABT's plan listens for.
 */
export function healthEvent(place: Place, account: string, region: string, since: Date) {
  const issue = 'AWS_RDS_OPERATIONAL_ISSUE';
  return {
    version: '0',
    id: crypto.randomUUID(),
    'detail-type': 'AWS Health Event',
    source: 'aws.health',
    account,
    time: `${since.toISOString().slice(0, 19)}Z`,
    region: place.region,
    resources: [],
    detail: {
      eventArn: `arn:aws:health:${region}::event/RDS/${issue}/${issue}_7f35c8ae`,
      service: 'RDS',
      eventTypeCode: issue,
      eventTypeCategory: 'issue',
      eventScopeCode: 'PUBLIC',
      communicationId: '01b0993207d81a09dcd552ebd1e633e36cf1f09a-1',
      startTime: since.toUTCString(),
      lastUpdatedTime: since.toUTCString(),
      statusCode: 'open',
      eventRegion: region,
      eventDescription: [
        { language: 'en_US', latestDescription: 'We are investigating connectivity issues.' },
      ],
    },
  };
}

import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { beforeEach, describe, expect, it } from 'vitest';
import { pageFirstLevel, pageOnce } from '../../shared/triage/page.ts';
import { mockClient } from '../support/mock-client.ts';
import { createTestRuntime } from './runtime.ts';

const sns = mockClient(SNSClient);
const page = { key: 'k', subject: 'Région down\nnow', lines: ['one', 'two'] };

describe('pageFirstLevel', () => {
  beforeEach(() => sns.reset());

  it('tells the first level of the escalation, and nobody else', async () => {
    sns.on(PublishCommand).resolves({ MessageId: 'm' });
    await pageFirstLevel(createTestRuntime())(page);
    const sent = sns.commandCalls(PublishCommand).map(call => call.args[0].input);
    expect(sent).toEqual([
      {
        TopicArn: 'arn:aws:sns:ap-southeast-4:123456789012:on-call',
        Subject: 'Region down now',
        Message: 'one\ntwo\n\nSystem: LIQUID ABT',
        MessageAttributes: {
          'lifeboat-message-key': { DataType: 'String', StringValue: 'k' },
          'AWS.SNS.SMS.SMSType': { DataType: 'String', StringValue: 'Transactional' },
        },
      },
    ]);
  });

  it('fails when nobody could be told', async () => {
    sns.on(PublishCommand).rejects(Object.assign(new Error('no'), { name: 'TimeoutError' }));
    await expect(pageFirstLevel(createTestRuntime())(page)).rejects.toThrow('sns.Publish');
  });

  it('fails when the topic is not deployed', async () => {
    const runtime = createTestRuntime();
    runtime.settings.topicArns = {};
    await expect(pageFirstLevel(runtime)(page)).rejects.toThrow('no topic for the channel "on-call"');
  });
});

describe('pageOnce', () => {
  it('sends the same page once, and tries again when sending failed', async () => {
    const runtime = createTestRuntime();
    const refusing = () => Promise.reject(new Error('no'));
    await expect(pageOnce(runtime, refusing, page)).rejects.toThrow('no');
    await pageOnce(runtime, runtime.sendPage, page);
    await pageOnce(runtime, runtime.sendPage, page);
    expect(runtime.pages).toEqual([page]);
  });
});

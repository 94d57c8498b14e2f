import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { beforeEach, describe, expect, it } from 'vitest';
import { askForReport } from '../../shared/report/ask-for-report.ts';
import { ended, makeWorld, minute, type World } from '../communication/fixture.ts';
import { mockClient } from '../support/mock-client.ts';

const lambda = mockClient(LambdaClient);
const reportFunctionArn = 'arn:aws:lambda:ap-southeast-4:123456789012:function:lifeboat-shop-report';
let world: World;
beforeEach(async () => {
  lambda.reset();
  lambda.on(InvokeCommand).resolves({ StatusCode: 202 });
  world = await makeWorld();
  world.runtime.settings.reportFunctionArn = reportFunctionArn;
});
const ask = () => askForReport(world.runtime, world.run);

describe('the report of a run', () => {
  it('that goes on is left to its end', async () => {
    expect(await ask()).toBe(false);
    expect(lambda.calls()).toHaveLength(0);
  });

  it('that has ended is written anew by the report function, which nobody waits for', async () => {
    await world.append(ended(minute(30))[1]);
    expect(await ask()).toBe(true);
    const [call] = lambda.commandCalls(InvokeCommand);
    expect(call?.args[0].input).toMatchObject({
      FunctionName: reportFunctionArn,
      InvocationType: 'Event',
    });
    const payload = new TextDecoder().decode(call?.args[0].input.Payload as Uint8Array);
    expect(JSON.parse(payload)).toEqual({ run: world.run });
  });

  it('that can’t be written now keeps nobody from saying that something is done', async () => {
    await world.append(ended(minute(30))[1]);
    lambda.on(InvokeCommand).rejects(new Error('AccessDenied'));
    expect(await ask()).toBe(false);
    expect(world.logs).toEqual(['error: The report could not be written anew']);
  });
});

import { SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
import { expect, it } from 'vitest';
import { runIdOf } from '../../../shared/aws/names.ts';
import type { JsonObject } from '../../../shared/json.ts';
import { openRun } from '../../../shared/runbook/open-run.ts';
import { readRun } from '../../../shared/runbook/run-record.ts';
import { handleSignal } from '../../../shared/triage/handle.ts';
import { inAws } from '../../support/aws-world.ts';
import { mockClient } from '../../support/mock-client.ts';
import { createTestRuntime } from '../../triage/runtime.ts';

const region = 'ap-southeast-4';
const components = { other: { type: 'lifeboat-system', region, system: 'liquid-abt' } };
const given = { system: 'other', scenario: 'region-failure' };

/** The requests that a step makes of the other system's triage. */
async function requestsOf(mode: 'recover' | 'drill'): Promise<JsonObject[]> {
  const sent: JsonObject[] = [];
  await inAws(components, async scene => {
    scene.world.onCall(({ service, operation, input }) => {
      if (service !== 'lambda' || operation !== 'Invoke') return;
      sent.push(JSON.parse(new TextDecoder().decode(input.Payload as Uint8Array)));
    });
    await scene.play('lifeboat.run', given, { mode });
  });
  return sent;
}

it.each(['recover', 'drill'] as const)(
  'what it asks is what the triage of a real plan takes, and the run is found again (%s)',
  async mode => {
    const [event = {}] = await requestsOf(mode);
    const states = mockClient(SFNClient);
    states.on(StartExecutionCommand).resolves({ executionArn: 'x', startDate: new Date() });
    const runtime = createTestRuntime();
    runtime.at(String(event.time));
    const reply = await handleSignal(runtime, event, runtime.sendPage);
    // The same request again, as after a lost reply, starts nothing new.
    expect(await handleSignal(runtime, event, runtime.sendPage)).toMatchObject({
      executionArn: reply.executionArn,
    });
    const [start] = states.commandCalls(StartExecutionCommand).map(call => call.args[0].input);
    const { executionArn = '' } = reply;
    const opened = await openRun(runtime, {
      operation: 'open',
      system: 'liquid-abt',
      scenario: 'region-failure',
      executionArn,
      executionName: String(start?.name),
      executionStartedAt: String(event.time),
      input: JSON.parse(String(start?.input)),
    });
    const startDate = new Date(String(event.time));
    expect(await readRun(runtime.store, runIdOf(executionArn, startDate.toISOString()))).toMatchObject({
      run: { id: opened.run?.id, mode, scenario: 'region-failure' },
    });
    states.restore();
  },
);

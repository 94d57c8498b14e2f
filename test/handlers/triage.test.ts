import { readFileSync } from 'node:fs';
import { SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
import { expect, it } from 'vitest';
import { createTriageHandler } from '../../handlers/triage.ts';
import { InvalidInputError } from '../../shared/errors.ts';
import { mockClient } from '../support/mock-client.ts';
import { createTestRuntime } from '../triage/runtime.ts';

const load = (name: string): unknown =>
  JSON.parse(readFileSync(new URL(`../fixtures/events/${name}.json`, import.meta.url), 'utf8'));
const context = {} as Parameters<ReturnType<typeof createTriageHandler>>[1];

it('hands an event to triage and answers what was decided', async () => {
  mockClient(SFNClient).on(StartExecutionCommand).resolves({});
  const runtime = createTestRuntime();
  const handler = createTriageHandler(
    async () => runtime,
    () => runtime.sendPage,
  );
  expect(await handler(load('rds-failover-started'), context)).toMatchObject({
    decision: 'ignore',
    reconsiderAt: '2026-03-10T16:43:36.292Z',
  });
  expect(await handler(load('manual-start'), context)).toMatchObject({
    decision: 'open',
    incidentId: 'liquid-abt-20260310t170000z',
  });
});

it('fails on an event that it does not know', async () => {
  const handler = createTriageHandler(async () => createTestRuntime());
  await expect(handler(load('ec2-instance-state-change'), context)).rejects.toBeInstanceOf(InvalidInputError);
});

import { CreateScheduleCommand, SchedulerClient } from '@aws-sdk/client-scheduler';
import { PublishCommand } from '@aws-sdk/client-sns';
import { expect, it } from 'vitest';
import { communicate } from '../../shared/communication/communicate.ts';
import { readTasks } from '../../shared/communication/task-record.ts';
import type { Mode } from '../../shared/runbook/contract.ts';
import { mockClient } from '../support/mock-client.ts';
import { makePlan, makeWorld } from './fixture.ts';

mockClient(SchedulerClient).on(CreateScheduleCommand).resolves({});
const task = { title: 'X', owner: 'ben', due: '24h' };
const plan = makePlan(raw => {
  const scenario = (raw.scenarios as Record<string, object>)['region-failure'];
  Object.assign(raw, {
    followUps: { 'find-cause': task, 'watch-closely': { ...task, modes: ['recover', 'planned'] } },
  });
  Object.assign(scenario ?? {}, {
    followUps: { 'root-cause-of-it': task, 'remove-old': task, 'only-drills': { ...task, modes: ['drill'] } },
  });
});

it.each([
  ['recover', ['find-cause', 'remove-old', 'root-cause-of-it', 'watch-closely']],
  ['planned', ['remove-old', 'watch-closely']],
  ['drill', ['only-drills']],
] as [Mode, string[]][])('after %s is due: %j', async (mode, expected) => {
  const world = await makeWorld({ plan });
  world.sns.on(PublishCommand).resolves({ MessageId: 'm' });
  const run = { ...world.run, mode };
  await world.append({ type: 'run-ended', run: run.id, outcome: 'recovered', reasons: [] });
  await communicate(world.runtime, run);
  const set = await readTasks(world.runtime.store, run.incidentId);
  expect(set.map(({ followUp }) => followUp).sort()).toEqual(expected);
});

import { CreateScheduleCommand, SchedulerClient } from '@aws-sdk/client-scheduler';
import { PublishCommand } from '@aws-sdk/client-sns';
import { describe, expect, it, vi } from 'vitest';
import { communicate } from '../../shared/communication/communicate.ts';
import { completeTask } from '../../shared/communication/complete-task.ts';
import { readTasks } from '../../shared/communication/task-record.ts';
import { prefixes, verificationKey } from '../../shared/incident/keys.ts';
import { toJson } from '../../shared/incident/update-record.ts';
import { liveFacts } from '../../shared/report/live-facts.ts';
import { makePlan, makeWorld, minute } from '../communication/fixture.ts';
import { mockClient } from '../support/mock-client.ts';

mockClient(SchedulerClient).on(CreateScheduleCommand).resolves({});
const plan = makePlan(raw =>
  Object.assign(raw, {
    followUps: {
      notice: { title: 'Notify the authority', owner: 'ben', from: 'opening', due: '72h' },
      report: { title: 'Report', tell: 'customers', from: 'opening', due: '72h' },
    },
  }),
);

describe('what a deployed system has on record', () => {
  it('has tasks of past incidents until they are done, and no messages among them', async () => {
    const world = await makeWorld({ plan });
    const query = vi.spyOn(world.runtime.store, 'query');
    world.sns.on(PublishCommand).resolves({ MessageId: 'm' });
    await communicate(world.runtime, world.run);
    query.mockClear();
    expect((await liveFacts(world.runtime)).openTasks).toMatchObject([
      { title: 'Notify the authority', owners: ['Ben Ruiz'] },
    ]);
    const lists = query.mock.calls.filter(([{ sortPrefix }]) => sortPrefix === prefixes.incidentIndex);
    expect(lists).toHaveLength(1);
    const [task] = (await readTasks(world.runtime.store, world.run.incidentId)).filter(
      ({ owners }) => owners.length > 0,
    );
    await completeTask(world.runtime, { taskId: task?.id ?? '', person: 'ben', evidence: '', via: 'cli' });
    expect((await liveFacts(world.runtime)).openTasks).toEqual([]);
  });

  it('has restores that have ended, and whether they proved the backup', async () => {
    const world = await makeWorld({ plan });
    const verification = (id: string, outcome: string, endedAt?: string) => ({
      id,
      backup: 'database',
      by: 'schedule',
      execution: 'x',
      startedAt: minute(0),
      ...(endedAt && { endedAt }),
      parts: [],
      checks: [],
      rpoSeconds: null,
      rtoSeconds: 900,
      withinSeconds: 3600,
      reasons: [],
      tornDown: true,
      outcome,
    });
    for (const each of [
      verification('a', 'proven', minute(20)),
      verification('b', 'not-proven', minute(30)),
      verification('c', 'under-way'),
    ]) {
      await world.runtime.store.put(verificationKey(plan.system.id, each.id), toJson(each), {
        ifAbsent: true,
      });
    }
    expect((await liveFacts(world.runtime)).restores).toEqual([
      { backup: 'database', at: minute(20), proven: true, seconds: 900, withinSeconds: 3600 },
      { backup: 'database', at: minute(30), proven: false, seconds: 900, withinSeconds: 3600 },
    ]);
  });
});

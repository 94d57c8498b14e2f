import { CreateScheduleCommand, SchedulerClient } from '@aws-sdk/client-scheduler';
import { PublishCommand } from '@aws-sdk/client-sns';
import { beforeEach, describe, expect, it } from 'vitest';
import { createDecideHandler } from '../../handlers/decide.ts';
import { communicate } from '../../shared/communication/communicate.ts';
import { completeTask } from '../../shared/communication/complete-task.ts';
import { readTasks } from '../../shared/communication/task-record.ts';
import { tell } from '../../shared/report/timeline.ts';
import { mockClient } from '../support/mock-client.ts';
import { makePlan, makeWorld, minute, type World } from './fixture.ts';

const scheduler = mockClient(SchedulerClient);
const followUps = {
  'authority-notice': {
    title: 'Notify the authority',
    owner: 'ben',
    from: 'outage',
    due: '72h',
    evidence: 'its receipt',
    obligation: 'GDPR Art. 33',
  },
  'post-mortem': { title: 'Hold the post-mortem', owner: 'approver', due: '7d', text: 'Invite everybody.' },
  'report-to-customers': {
    title: 'Report to customers',
    tell: 'customers',
    due: '24h',
    template: 'post-incident-report',
  },
};
let world: World;
async function start(change: object = followUps) {
  scheduler.reset();
  scheduler.on(CreateScheduleCommand).resolves({ ScheduleArn: 'arn' });
  world = await makeWorld({ plan: makePlan(plan => Object.assign(plan, { followUps: change })) });
  world.runtime.settings.schedules = { group: 'lifeboat-shop', functionArn: 'arn:f', roleArn: 'arn:r' };
  world.sns.on(PublishCommand).resolves({ MessageId: 'm' });
}
beforeEach(() => start());
const round = () => communicate(world.runtime, world.run);
const recovered = () =>
  world.append({ type: 'run-ended', run: world.run.id, outcome: 'recovered', reasons: [] });
const schedules = () => scheduler.commandCalls(CreateScheduleCommand).map(call => call.args[0].input);
const tasks = async () =>
  Object.fromEntries(
    (await readTasks(world.runtime.store, world.run.incidentId)).map(task => [task.followUp, task]),
  );
const texts = () => world.sns.commandCalls(PublishCommand).map(call => call.args[0].input);
const about = (part: string) => texts().filter(({ Subject }) => Subject?.includes(part));

describe('follow-ups', () => {
  it('are set once when their beginning has come, and call again when nothing runs any more', async () => {
    await round();
    await round();
    expect(Object.keys(await tasks())).toEqual(['authority-notice']);
    expect((await tasks())['authority-notice']?.dueAt).toBe('2026-03-13T16:42:00.000Z');
    // The reminder a day before, when it is due, and once for each level above.
    expect(schedules().map(({ ScheduleExpression }) => ScheduleExpression)).toEqual([
      'at(2026-03-12T22:43:15)',
      'at(2026-03-13T16:42:00)',
      'at(2026-03-14T16:42:00)',
      'at(2026-03-15T16:42:00)',
    ]);
    expect(JSON.parse(schedules()[0]?.Target?.Input ?? '')).toEqual({ run: world.run });
    expect(await world.entries('task-set')).toMatchObject([
      { title: 'Notify the authority', owners: ['ben'], obligation: 'GDPR Art. 33' },
    ]);
    world.at(minute(60));
    await recovered();
    await round();
    expect(Object.keys(await tasks()).sort()).toEqual(Object.keys(followUps).sort());
    const set = await world.entries('task-set');
    expect(set).toHaveLength(3);
    const words = { phase: String, step: String, name: String };
    expect(set.map(entry => tell(entry, words)?.what)).toEqual(
      expect.arrayContaining([
        'To be done by ben until 13 March 16:42 UTC: Notify the authority (GDPR Art. 33)',
        'To be said to customers at 11 March 17:47 UTC: Report to customers',
      ]),
    );
  });

  it('that could not be scheduled are tried again, and no message waits for them', async () => {
    scheduler
      .on(CreateScheduleCommand)
      .rejectsOnce(
        Object.assign(new Error('no'), { name: 'InternalServerException', $fault: 'server', $metadata: {} }),
      );
    await round();
    expect(about('for you to do')).toHaveLength(1);
    await round();
    expect((await tasks())['authority-notice']?.scheduled).toBe(true);
    expect(await world.entries('task-set')).toHaveLength(1);
  });

  it('find their schedules after a crash', async () => {
    scheduler
      .on(CreateScheduleCommand)
      .rejects(
        Object.assign(new Error('exists'), { name: 'ConflictException', $fault: 'client', $metadata: {} }),
      );
    await round();
    expect((await tasks())['authority-notice']?.scheduled).toBe(true);
  });

  it('are brought to mind, and go up level by level when they are overdue', async () => {
    await round();
    world.at('2026-03-12T22:43:16.000Z');
    await round();
    expect(about('due soon').map(({ TopicArn }) => TopicArn?.split(':').at(-1))).toEqual(['lead']);
    world.at('2026-03-13T16:42:01.000Z');
    await round();
    await round();
    expect(
      about('OVERDUE')
        .map(({ TopicArn }) => TopicArn?.split(':').at(-1))
        .sort(),
    ).toEqual(['chief', 'lead']);
    expect(await world.entries('task-overdue')).toHaveLength(1);
  });

  it('with a date that has passed are overdue at once, and not announced first', async () => {
    await start({ late: { ...followUps['authority-notice'], due: '1m' } });
    await round();
    expect(about('OVERDUE').length).toBeGreaterThan(0);
    expect(about('for you to do')).toHaveLength(0);
  });

  it('tell an audience by themselves when it is due', async () => {
    world.at(minute(60));
    await recovered();
    await round();
    expect(about('report on the disruption')).toHaveLength(0);
    world.at(minute(60 + 24 * 60 - 1));
    await round();
    await round();
    expect(about('report on the disruption')).toHaveLength(1);
    expect(about('report on the disruption')[0]?.Message).toContain('lasted 65 minutes');
  });

  it('are not for drills', async () => {
    world = await makeWorld({ mode: 'drill', plan: world.runtime.plan });
    await round();
    expect(await tasks()).toEqual({});
  });
});

describe('a task', () => {
  async function page(method: string, token: string, form?: Record<string, string>) {
    const body = form && new URLSearchParams(form).toString();
    const event = {
      rawQueryString: `t=${token}`,
      requestContext: { http: { method } },
      ...(body && { body }),
    };
    return (await createDecideHandler(async () => world.runtime)(event, {} as never)) as {
      statusCode: number;
      body: string;
    };
  }
  async function token(): Promise<string> {
    await round();
    return /\?t=(\S+)/.exec(about('for you to do')[0]?.Message ?? '')?.[1] ?? '';
  }

  it('is done by its link, with its evidence, and looking at it does nothing', async () => {
    const link = await token();
    const shown = await page('GET', link);
    expect(shown.statusCode).toBe(200);
    expect(shown.body).toContain('needed: its receipt');
    expect(shown.body).toContain('GDPR Art. 33');
    expect((await tasks())['authority-notice']?.done).toBeUndefined();
    expect((await page('POST', link, { t: link, value: 'done' })).statusCode).toBe(400);
    expect((await page('POST', link, { t: link, value: 'done', reason: 'No. 4711' })).statusCode).toBe(200);
    expect(await world.entries('task-done')).toMatchObject([
      { by: 'ben', evidence: 'No. 4711', via: 'link' },
    ]);
    expect((await page('GET', link)).body).toContain('Done by Ben Ruiz');
    world.at('2026-03-14T16:42:00.000Z');
    await round();
    expect(about('OVERDUE')).toHaveLength(0);
  });

  it('of somebody else, or one that does not exist, is refused', async () => {
    await round();
    const id = (await tasks())['authority-notice']?.id ?? '';
    const given = { taskId: id, evidence: 'x', via: 'cli' as const };
    expect(await completeTask(world.runtime, { ...given, person: 'ada' })).toMatchObject({ why: 'foreign' });
    expect(await completeTask(world.runtime, { ...given, person: 'ben', taskId: 't000000' })).toMatchObject({
      why: 'unknown',
    });
    expect(await world.entries('link-refused')).toHaveLength(1);
  });
});

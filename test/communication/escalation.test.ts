import { PublishCommand } from '@aws-sdk/client-sns';
import { describe, expect, it } from 'vitest';
import { dueMessages } from '../../shared/communication/due.ts';
import { scopeFor } from '../../shared/communication/fields.ts';
import type { Situation } from '../../shared/communication/situation.ts';
import type { Task } from '../../shared/communication/task-record.ts';
import { tick } from '../../shared/communication/tick.ts';
import type { Entry } from '../../shared/incident/entries.ts';
import { acknowledgeIncident } from '../../shared/incident/incident.ts';
import { ended, ledgerOf, makePlan, makeRun, makeWorld, messageEntry, minute, opened } from './fixture.ts';

type Moments = Parameters<typeof ledgerOf>;
const lasting = makePlan(plan => Object.assign(plan, { response: { acknowledgementLasts: '1h' } }));
const acknowledged = (at: number, by = 'ada'): [string, Entry] => [
  minute(at),
  { type: 'acknowledged', by, via: 'link' },
];
const called = (level: number, person: string): Moments => [
  [minute(1), { type: 'escalated', level, people: [person] }],
  [minute(1), messageEntry(`escalation/level-${level}/person:${person}`, 'sent', `person:${person}`)],
];
function situation(minutes: number, ...moments: Moments): Situation {
  return {
    plan: lasting,
    run: makeRun(),
    ledger: ledgerOf(opened(), ...moments),
    questions: [],
    now: new Date(minute(minutes)),
  };
}
const levels = (given: Situation) =>
  dueMessages(given)
    .due.map(({ key }) => key)
    .filter(key => key.startsWith('escalation/'));

describe('a level for some severities', () => {
  const plan = makePlan(given => {
    const { escalation } = given as { escalation: object[] };
    Object.assign(given, {
      severities: { ...(given.severities as object), low: { title: 'Low' } },
      escalation: [escalation[0], escalation[1], { ...escalation[2], severities: ['critical'] }],
    });
  });
  const [at, entry] = opened();
  const at40 = (severity: string): Situation => ({
    ...situation(40),
    plan,
    ledger: ledgerOf([at, { ...entry, severity } as Entry]),
  });

  it('is called in an incident of one of them, and in no other', () => {
    expect(levels(at40('critical'))).toContain('escalation/level-3/person:cyd');
    expect(levels(at40('low'))).toEqual(['escalation/level-1/person:ada', 'escalation/level-2/person:ben']);
  });
});

describe('an acknowledgement', () => {
  const taken = [...called(1, 'ada'), acknowledged(4)];

  it('stops the escalation while it lasts, and it is known when that ends', () => {
    expect(levels(situation(63, ...taken))).toEqual([]);
    const told = [
      'initial/engineering/1',
      'initial/customers/1',
      'initial/regulator/1',
      'update/engineering/2',
      'update/customers/2',
      'update/engineering/3',
      'update/customers/3',
    ];
    const quiet = situation(
      63,
      ...taken,
      ...told.map(key => [minute(1), messageEntry(key)] as Moments[number]),
    );
    expect(dueMessages(quiet).nextDueAt).toBe(minute(64));
  });

  it('goes on from the level that the incident had reached, whatever its overdue tasks had', () => {
    const overdue: Moments[number] = [
      minute(10),
      { type: 'escalated', level: 2, people: ['ben'], task: 'Find the root cause' },
    ];
    expect(levels(situation(64, ...taken, overdue))).toEqual(['escalation/level-1/lapse-1/person:ada']);
  });

  it('that lapses without an end calls that level again, and then the next ones by their distance', () => {
    expect(levels(situation(64, ...taken))).toEqual(['escalation/level-1/lapse-1/person:ada']);
    const isAgain = (given: Situation) =>
      dueMessages(given).due.flatMap(({ template, again }) => (template === 'escalation' ? [again] : []));
    expect(isAgain(situation(64, ...taken))).toEqual([true]);
    expect(isAgain(situation(0))).toEqual([undefined]);
    const again = [...taken, [minute(64), messageEntry('escalation/level-1/lapse-1/person:ada')]] as Moments;
    expect(levels(situation(78, ...again))).toEqual([]);
    expect(levels(situation(79, ...again))).toEqual(['escalation/level-2/lapse-1/person:ben']);
  });

  it('that is given anew stops it anew', () => {
    expect(levels(situation(120, ...taken, acknowledged(65)))).toEqual([]);
    expect(levels(situation(125, ...taken, acknowledged(65)))).toEqual([
      'escalation/level-1/lapse-2/person:ada',
    ]);
  });

  it('by somebody else counts only after the first one has lapsed', async () => {
    const { runtime, run, at, entries } = await makeWorld({ plan: lasting });
    const { store, clock } = runtime;
    const take = (by: string) => acknowledgeIncident(store, clock, run.incidentId, by, 'link', 3600);
    at(minute(4));
    await take('ada');
    at(minute(63));
    expect((await take('ben')).acknowledgedBy).toBe('ada');
    at(minute(64));
    expect((await take('ben')).acknowledgedBy).toBe('ben');
    await take('ben');
    expect((await entries('acknowledged')).map(({ by }) => by)).toEqual(['ada', 'ben']);
  });
});

describe('a run that did not recover', () => {
  it.each(['failed', 'aborted', 'refused'] as const)(
    '(%s) leaves the escalation and the updates going',
    outcome => {
      const given = situation(59, ...called(1, 'ada'), ended(minute(6), outcome));
      const due = dueMessages(given);
      expect(due.over).toBe(false);
      expect(levels(given)).toEqual(['escalation/level-2/person:ben', 'escalation/level-3/person:cyd']);
      expect(due.due.map(({ key }) => key)).toContain('update/engineering/2');
    },
  );

  it('is over when the incident is resolved, or a newer run has taken it on', () => {
    const failed = [...called(1, 'ada'), ended(minute(6), 'failed')];
    const started = (run: string): Entry => ({
      type: 'run-started',
      run,
      scenario: 'region-failure',
      mode: 'recover',
      execution: 'x',
    });
    const newer = situation(59, [minute(0), started(makeRun().id)], ...failed, [
      minute(30),
      started('20260310-newer'),
    ]);
    expect(dueMessages(newer).over).toBe(true);
    expect(
      dueMessages(situation(59, ...failed, [minute(30), { type: 'incident-resolved', by: 'ben' }])).over,
    ).toBe(true);
  });
});

describe('a run that is started again in the same incident', () => {
  const again = { ...makeRun(), id: '20260310-second', startedAt: minute(30) };
  const restarted = (minutes: number, ...moments: Moments): Situation => {
    const started = (run: string): Entry => ({
      type: 'run-started',
      run,
      scenario: 'region-failure',
      mode: 'recover',
      execution: 'x',
    });
    const before: Moments = [
      [minute(0), started(makeRun().id)],
      ...called(1, 'ada'),
      ended(minute(6), 'failed'),
    ];
    return { ...situation(minutes, ...before, [minute(30), started(again.id)], ...moments), run: again };
  };

  it('escalates by the time since the outage began, and calls nobody again who was called', () => {
    expect(levels(restarted(31))).toEqual(levels(situation(31, ...called(1, 'ada'))));
    expect(levels(restarted(31))).toEqual(['escalation/level-2/person:ben', 'escalation/level-3/person:cyd']);
    expect(levels(restarted(31, acknowledged(31)))).toEqual([]);
  });

  it('says how long the outage has lasted, not the run', () => {
    const { message } = scopeFor(restarted(31), {
      key: 'update/engineering/2',
      to: { audience: 'engineering' },
      channels: [],
      template: 'update',
      sendAt: minute(31),
      dueAt: minute(31),
    });
    expect(message).toMatchObject({ elapsed: '36 min', clock: 'the outage began' });
  });
});

describe('a message to an audience that leaves after its deadline', () => {
  it('is a fact of the incident, once, and the first level is told', async () => {
    const world = await makeWorld();
    world.sns.on(PublishCommand).resolves({ MessageId: 'm' });
    world.at(minute(8));
    await tick(world.runtime, world.run);
    await tick(world.runtime, world.run);
    expect(await world.entries('message-late')).toMatchObject([
      { key: 'initial/engineering/1', dueAt: minute(5) },
    ]);
    const texts = world.sns.commandCalls(PublishCommand).map(call => call.args[0].input);
    const late = texts.filter(({ Subject }) => Subject?.includes('not told in time'));
    expect(late).toHaveLength(1);
    expect(late[0]?.TopicArn).toMatch(/on-call$/);
    expect(late[0]?.Message).toContain('To: Engineering');
    expect(late[0]?.Message).toContain('They were told at 10 March 16:55 UTC.');
  });
});

describe('a pager', () => {
  const plan = makePlan(raw => {
    Object.assign(raw.channels as object, { pager: { type: 'pagerduty', routingKey: 'secret:pd' } });
    (raw.people as Record<string, object>).ada = { name: 'Ada', channel: 'pager', fallback: ['on-call'] };
  });
  const paged: Moments[number] = [
    minute(0),
    {
      ...(messageEntry('escalation/level-1/person:ada', 'sent', 'person:ada') as object),
      channel: 'pager',
      template: 'escalation',
    } as Entry,
  ];
  const keys = (...moments: Moments) =>
    dueMessages({ ...situation(5, paged, ...moments), plan }).due.map(({ key, template }) => [key, template]);

  it('is told of the acknowledgement, once for each', () => {
    expect(keys()).not.toContainEqual(['acknowledged/1/pager', 'acknowledged']);
    expect(keys(acknowledged(4))).toContainEqual(['acknowledged/1/pager', 'acknowledged']);
    expect(keys(acknowledged(4), [minute(4), messageEntry('acknowledged/1/pager')])).not.toContainEqual([
      'acknowledged/1/pager',
      'acknowledged',
    ]);
  });

  it('that is called because an acknowledgement has lapsed is not told of that one', () => {
    const acknowledgements = (...moments: Moments) =>
      dueMessages({ ...situation(90, acknowledged(4), ...moments), plan: lastingPager }).due.filter(
        ({ template }) => template === 'acknowledged',
      );
    const lastingPager = { ...plan, response: lasting.response };
    const [, page] = paged;
    const whileItStood = acknowledgements([minute(10), page]);
    expect(whileItStood).toMatchObject([{ key: 'acknowledged/1/pager', sendAt: minute(10) }]);
    expect(acknowledgements([minute(64), page])).toEqual([]);
    expect(acknowledgements([minute(64), page], acknowledged(70))).toMatchObject([
      { key: 'acknowledged/2/pager', sendAt: minute(70) },
    ]);
  });

  it('does not ring for a task that is overdue, unless the level has nobody else', () => {
    const task: Task = {
      id: 't1',
      followUp: 'training',
      run: makeRun(),
      title: 'Revise the training',
      text: '',
      owners: ['cyd'],
      setAt: minute(0),
      dueAt: minute(80),
      scheduled: true,
    };
    const told = (people: string[]) => {
      const escalation = [{ after: 0, title: 'Level 1', people }];
      const given = { ...situation(90), plan: { ...plan, escalation }, tasks: [task] };
      return dueMessages(given)
        .due.filter(({ template }) => template === 'task-overdue')
        .map(({ to }) => to);
    };
    expect(told(['ada', 'ben'])).toEqual([{ person: 'ben' }, { person: 'cyd' }]);
    expect(told(['ada'])).toEqual([{ person: 'ada' }, { person: 'cyd' }]);
  });

  it('of a person gives way to the channel that the plan names next', () => {
    const { due } = dueMessages({ ...situation(0), plan });
    expect(due.find(({ key }) => key.endsWith('person:ada'))?.channels).toEqual(['pager', 'on-call']);
  });
});

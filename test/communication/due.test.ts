import { describe, expect, it } from 'vitest';
import { dueMessages } from '../../shared/communication/due.ts';
import type { Question } from '../../shared/communication/question-record.ts';
import type { Situation } from '../../shared/communication/situation.ts';
import type { LedgerEntry } from '../../shared/incident/entries.ts';
import type { Mode } from '../../shared/runbook/contract.ts';
import {
  ended,
  ledgerOf,
  makePlan,
  makeRun,
  messageEntry,
  minute,
  opened,
  outageStartedAt,
} from './fixture.ts';

function situation(
  minutes: number,
  ledger: LedgerEntry[],
  mode: Mode = 'recover',
  questions: Question[] = [],
): Situation {
  return { plan: makePlan(), run: makeRun(mode), ledger, questions, now: new Date(minute(minutes)) };
}
const keys = (given: Situation) => dueMessages(given).due.map(({ key }) => key);

const acknowledged = (minutes: number) =>
  [minute(minutes), { type: 'acknowledged', by: 'ada', via: 'link' }] as Parameters<typeof ledgerOf>[0];
const sent = (...done: string[]) =>
  done.map(key => [minute(0), messageEntry(key)] as Parameters<typeof ledgerOf>[0]);

const atOpening = [
  'escalation/level-1/person:ada',
  'initial/customers/1',
  'initial/engineering/1',
  'initial/regulator/1',
];

function question(change: Partial<Question> = {}): Question {
  return {
    id: 'q0123456789ab',
    run: makeRun(),
    step: { id: 'approve', phase: 'decide', title: 'Approve' },
    attempt: 1,
    kind: 'approval',
    title: 'Activate?',
    shows: [],
    askedOf: ['ada'],
    quorum: 1,
    askedAt: minute(0),
    expiresAt: minute(30),
    token: 't',
    status: 'open',
    answers: [],
    handedOver: false,
    delivered: false,
    ...change,
  };
}

describe('opening', () => {
  it('tells every audience and the first level at once, each with its own deadline', () => {
    const { due } = dueMessages(situation(0, ledgerOf(opened())));
    expect(due.map(({ key }) => key).sort()).toEqual(atOpening);
    const deadlines = Object.fromEntries(due.map(({ key, dueAt }) => [key, dueAt]));
    expect(deadlines['initial/engineering/1']).toBe(minute(5));
    expect(deadlines['initial/customers/1']).toBe(minute(30));
    expect(deadlines['initial/regulator/1']).toBe(minute(60));
    expect(deadlines['escalation/level-1/person:ada']).toBe(minute(2));
  });

  it('puts the message with the nearest deadline first', () => {
    expect(keys(situation(0, ledgerOf(opened())))[0]).toBe('escalation/level-1/person:ada');
  });

  it('does not send again what the ledger has, sent or failed', () => {
    const ledger = ledgerOf(opened(), ...sent('initial/customers/1'), [
      minute(0),
      messageEntry('escalation/level-1/person:ada', 'sent', 'person:ada'),
    ]);
    expect(keys(situation(1, ledger)).sort()).toEqual(['initial/engineering/1', 'initial/regulator/1']);
  });

  it('names the channels of an audience in the order in which they are tried', () => {
    const { due } = dueMessages(situation(0, ledgerOf(opened())));
    expect(due.find(({ key }) => key === 'initial/engineering/1')?.channels).toEqual([
      'engineers',
      'engineers-backup',
    ]);
  });
});

describe('updates', () => {
  const told = ledgerOf(opened(), ...sent(...atOpening), acknowledged(4));

  it('leave a minute before their time is up, and say so before that', () => {
    expect(keys(situation(28, told))).toEqual([]);
    expect(dueMessages(situation(28, told)).nextDueAt).toBe(minute(29));
    const { due } = dueMessages(situation(29, told));
    expect(due.map(({ key, dueAt }) => [key, dueAt])).toEqual([
      ['update/customers/1', minute(30)],
      ['update/engineering/1', minute(30)],
    ]);
  });

  it('go on by cadence and skip those that were missed', () => {
    expect(keys(situation(95, told))).toEqual(['update/customers/3', 'update/engineering/3']);
  });

  it('come more often to an audience that the plan gives a cadence of its own', () => {
    const plan = makePlan(plain =>
      Object.assign((plain.audiences as Record<string, object>).customers ?? {}, { updateEvery: '15m' }),
    );
    const { due } = dueMessages({ ...situation(14, told), plan });
    expect(due.map(({ key, dueAt }) => [key, dueAt])).toEqual([['update/customers/1', minute(15)]]);
  });

  it('are not for regulators', () => {
    expect(keys(situation(60, told)).filter(key => key.includes('regulator'))).toEqual([]);
  });

  it('stop when the run has ended', () => {
    const ledger = ledgerOf(opened(), ...sent(...atOpening), acknowledged(4), ended(minute(61)));
    expect(keys(situation(95, ledger)).filter(key => key.startsWith('update/'))).toEqual([]);
  });

  it('do not exist for a severity without a cadence', () => {
    const given = situation(95, told);
    const plan = makePlan(plain => Object.assign(plain, { severities: { critical: { title: 'Critical' } } }));
    expect(dueMessages({ ...given, plan })).toEqual({ due: [], nextDueAt: undefined, over: false });
  });
});

describe('escalation', () => {
  const told = sent(...atOpening);
  const levels = (given: Situation) => keys(given).filter(key => key.startsWith('escalation/'));

  it('counts from the beginning of the outage, not from the opening', () => {
    expect(Date.parse(minute(10)) - Date.parse(outageStartedAt)).toBe(15 * 60_000);
    expect(levels(situation(9.9, ledgerOf(opened(), ...told)))).toEqual([]);
    expect(levels(situation(10, ledgerOf(opened(), ...told)))).toEqual(['escalation/level-2/person:ben']);
  });

  it('calls every level that has passed when it comes late', () => {
    expect(levels(situation(40, ledgerOf(opened(), ...told)))).toEqual([
      'escalation/level-2/person:ben',
      'escalation/level-3/person:cyd',
    ]);
  });

  it('stops for good at an acknowledgement', () => {
    expect(levels(situation(90, ledgerOf(opened(), ...told, acknowledged(4))))).toEqual([]);
    expect(dueMessages(situation(5, ledgerOf(opened(), ...told, acknowledged(4)))).nextDueAt).toBe(
      minute(29),
    );
  });

  it('stops when the run has ended', () => {
    expect(levels(situation(40, ledgerOf(opened(), ...told, ended(minute(6)))))).toEqual([]);
  });
});

describe('reminders', () => {
  const base = [opened(), ...sent(...atOpening), acknowledged(1)];
  const reminders = (minutes: number, asked: Question) =>
    keys(situation(minutes, ledgerOf(...base), 'recover', [asked])).filter(key =>
      key.startsWith('reminder/'),
    );

  it('come at half of the time, to who was asked and to the next level', () => {
    expect(reminders(14.9, question())).toEqual([]);
    expect(reminders(15, question())).toEqual([
      'reminder/q0123456789ab/50/person:ada',
      'reminder/q0123456789ab/50/person:ben',
    ]);
  });

  it('come again at four fifths, one level further up', () => {
    const late = reminders(24, question());
    expect(late).toEqual(['reminder/q0123456789ab/80/person:ada', 'reminder/q0123456789ab/80/person:cyd']);
  });

  it('give the link only to those who may answer', () => {
    const { due } = dueMessages(situation(15, ledgerOf(...base), 'recover', [question()]));
    const byKey = Object.fromEntries(due.map(({ key, template }) => [key.split('/').at(-1), template]));
    expect(byKey).toEqual({ 'person:ada': 'reminder', 'person:ben': 'unanswered' });
  });

  it('leave alone who has answered already', () => {
    const answers: Question['answers'] = [{ person: 'ada', value: 'approve', at: minute(3), via: 'link' }];
    const given = question({ askedOf: ['ada', 'cyd'], quorum: 2, answers });
    expect(reminders(15, given)).toEqual(['reminder/q0123456789ab/50/person:cyd']);
  });

  it('end with the answer and with the time', () => {
    expect(reminders(15, question({ status: 'answered' }))).toEqual([]);
    expect(reminders(31, question())).toEqual([]);
  });
});

describe('the end', () => {
  const told = [opened(), ...sent(...atOpening)];

  it('is told to every audience, by its deadline', () => {
    const { due, over } = dueMessages(situation(100, ledgerOf(...told, ended(minute(99)))));
    expect(over).toBe(true);
    expect(due.map(({ key, dueAt }) => [key, dueAt])).toEqual([
      ['all-clear/engineering/20260310-3f9c1a', minute(104)],
      ['all-clear/customers/20260310-3f9c1a', minute(129)],
      ['all-clear/regulator/20260310-3f9c1a', minute(159)],
    ]);
  });

  it('is told to the people who were called', () => {
    const ledger = ledgerOf(
      ...told,
      [minute(1), messageEntry('ask/q1/person:ben', 'sent', 'person:ben')],
      ended(minute(99)),
    );
    expect(keys(situation(100, ledger))).toContain('all-clear/person:ben/20260310-3f9c1a');
  });

  it.each(['refused', 'aborted', 'failed'] as const)('is no all-clear for a run that was %s', outcome => {
    const found = keys(situation(100, ledgerOf(...told, ended(minute(99), outcome))));
    expect(found.filter(key => key.startsWith('all-clear'))).toEqual([]);
    expect(found.filter(key => key.startsWith('not-recovered'))).toHaveLength(3);
  });
});

describe('a drill', () => {
  it('reaches only the audiences and people that are marked for it', () => {
    expect(keys(situation(60, ledgerOf(opened('drill')), 'drill')).sort()).toEqual([
      'escalation/level-1/person:ada',
      'initial/engineering/1',
      'update/engineering/2',
    ]);
  });

  it('opens with the template of a drill', () => {
    const { due } = dueMessages(situation(0, ledgerOf(opened('drill')), 'drill'));
    expect(due.find(({ key }) => key === 'initial/engineering/1')?.template).toBe('drill');
  });

  it('reminds everybody who was asked, marked or not', () => {
    const asked = question({ askedOf: ['ben'] });
    expect(keys(situation(15, ledgerOf(opened('drill')), 'drill', [asked]))).toContain(
      'reminder/q0123456789ab/50/person:ben',
    );
  });
});

describe('a check of the calendar', () => {
  const does = { type: 'check', scenario: makeRun().scenario };
  const plan = makePlan(given =>
    Object.assign(given, {
      calendar: { look: { title: 'Look', schedule: { when: 'rate(10 minutes)' }, does } },
    }),
  );
  const check = (minutes: number, ...entries: Parameters<typeof ledgerOf>) =>
    keys({ ...situation(minutes, ledgerOf(opened('drill'), ...entries), 'drill'), plan });

  it('says nothing while it looks, and nothing when all is well', () => {
    expect(check(0)).toEqual([]);
    expect(check(60)).toEqual([]);
    expect(check(2, ended(minute(1)))).toEqual([]);
  });

  it('says what it found', () => {
    expect(check(2, ended(minute(1), 'failed'))).toEqual([`check-failed/engineering/${makeRun().id}`]);
  });

  it('leaves the real thing as loud as it is', () => {
    const real = { ...situation(0, ledgerOf(opened())), plan };
    expect(keys(real).sort()).toEqual(atOpening);
  });
});

describe('a message that no channel took', () => {
  const told = atOpening.filter(key => key !== 'initial/customers/1');
  const base = [opened(), ...sent(...told), acknowledged(1)];
  const failed = (key: string, audience: string) =>
    [minute(1), messageEntry(key, 'failed', audience)] as Parameters<typeof ledgerOf>[0];

  it('goes to the first level, for an audience', () => {
    expect(keys(situation(2, ledgerOf(...base, failed('initial/customers/1', 'customers'))))).toEqual([
      'undelivered/level-1/initial/customers/1/person:ada',
    ]);
  });

  it('goes to the level above, for a person', () => {
    const rest = sent('initial/customers/1', ...told.filter(key => !key.startsWith('escalation')));
    const lost = failed('escalation/level-1/person:ada', 'person:ada');
    expect(keys(situation(2, ledgerOf(opened(), ...rest, acknowledged(1), lost)))).toEqual([
      'undelivered/level-2/escalation/level-1/person:ada/person:ben',
    ]);
  });

  it('goes on upwards while nobody can be reached, and ends after the last level', () => {
    const chain = [failed('initial/customers/1', 'customers')];
    const found: string[][] = [];
    for (const person of ['ada', 'ben', 'cyd']) {
      const due = keys(situation(2, ledgerOf(...base, ...chain)));
      found.push(due);
      chain.push(failed(due[0] ?? '', `person:${person}`));
    }
    expect(found.flat().map(key => key.split('/')[1])).toEqual(['level-1', 'level-2', 'level-3']);
    expect(keys(situation(2, ledgerOf(...base, ...chain)))).toEqual([]);
  });

  it('is settled when a person was told of it', () => {
    const notice = messageEntry('undelivered/level-1/initial/customers/1/person:ada', 'sent', 'person:ada');
    const ledger = ledgerOf(...base, failed('initial/customers/1', 'customers'), [minute(1), notice]);
    expect(keys(situation(2, ledger))).toEqual([]);
  });

  it('is none when another channel took it', () => {
    const ledger = ledgerOf(
      ...base,
      failed('initial/customers/1', 'customers'),
      ...sent('initial/customers/1'),
    );
    expect(keys(situation(2, ledger))).toEqual([]);
  });
});

import { describe, expect, it } from 'vitest';
import type { IncidentStatus, Status } from '../../cli/status.ts';
import { statusText } from '../../cli/status-text.ts';
import type { Question } from '../../shared/communication/question-record.ts';
import type { Entry } from '../../shared/incident/entries.ts';
import type { Incident } from '../../shared/incident/incident.ts';
import type { Run } from '../../shared/runbook/contract.ts';
import type { StepRecord } from '../../shared/runbook/step-record.ts';
import { firstRecord } from '../../shared/runbook/step-work.ts';
import { ledgerOf, makePlan, makeRun, minute, openedAt, outageStartedAt } from '../communication/fixture.ts';
import { makeStep } from '../runbook/fixture.ts';

const plan = makePlan();
const planPath = 'plans/shop/plan.yml';
const run: Run = makeRun();

const incident: Incident = {
  id: run.incidentId,
  system: 'shop',
  scenario: 'region-failure',
  severity: 'critical',
  status: 'open',
  mode: 'recover',
  openedAt,
  outageStartedAt,
  openedBy: 'triage',
  startRun: true,
  recorded: true,
  runId: run.id,
};

function stepRecord(id: string, phase: string, more: Partial<StepRecord>): StepRecord {
  return { ...firstRecord(makeStep({ id, phase, title: `Step ${id}` }), openedAt), ...more };
}

const question: Question = {
  id: 'q1f2e3d4c5b6a',
  run,
  step: { id: 'cut', phase: 'activate', title: 'Cut over' },
  attempt: 1,
  kind: 'approval',
  title: 'Lose six minutes of transactions?',
  shows: ['The newest copy is from 16:36 UTC', 'The objective is 1 h'],
  askedOf: ['ben', 'cyd'],
  quorum: 1,
  askedAt: minute(20),
  expiresAt: minute(50),
  token: 'token',
  status: 'open',
  answers: [],
  handedOver: false,
  delivered: false,
};

function text(
  found: Partial<IncidentStatus> | null = {},
  options: { at?: number; colour?: boolean } = {},
): string {
  const status: Status = {
    plan,
    now: new Date(minute(options.at ?? 30)),
    automation: { state: 'on', by: 'ben', reason: 'drilled in June' },
    ...(found && {
      incident: {
        incident,
        run: { run, executionArn: 'arn:aws:states:x' },
        steps: [],
        waiting: [],
        ledger: [],
        tasks: [],
        ...found,
      },
    }),
  };
  return statusText(status, { planPath, colour: options.colour ?? false });
}

describe('status of an incident', () => {
  it('says first what it is, how much time is left, and who answers for it', () => {
    const lines = text().split('\n');
    expect(lines[0]).toBe('Shop: Region failure: run under way');
    expect(lines[1]).toContain('shop-20260310t164700z, critical, opened 2026-03-10 16:47:00 UTC by triage');
    expect(lines[2]).toContain('35 min since the outage began; objective 4 h, 3 h 25 min left');
    expect(lines[3]).toContain(`nobody yet: npx lifeboat ack ${planPath} --by PERSON`);
    expect(lines[4]).toContain('20260310-3f9c1a, mode recover');
  });

  it('names the person who acknowledged it', () => {
    const acknowledged = { ...incident, acknowledgedBy: 'ada', acknowledgedAt: minute(2) };
    expect(text({ incident: acknowledged })).toContain('Ada Okafor since 2026-03-10 16:49:00 UTC');
  });

  it('says by how much the objective is missed', () => {
    expect(text({}, { at: 300 })).toContain(
      '5 h 5 min since the outage began; objective 4 h, 1 h 5 min over',
    );
  });

  it.each<[string, Partial<IncidentStatus>, string]>([
    ['no run', { run: undefined }, 'no run yet'],
    ['a stopped run', { run: { run, executionArn: '', abortedBy: 'ben' } }, 'being stopped by ben'],
    [
      'a failed run',
      { run: { run, executionArn: '', outcome: 'failed' } },
      'run failed, people have to go on',
    ],
    [
      'a resolved incident',
      { incident: { ...incident, status: 'resolved', resolvedAt: minute(40) } },
      'resolved',
    ],
    ['a drill', { incident: { ...incident, mode: 'drill' } }, 'Region failure (drill): run under way'],
  ])('with %s says so in the first line', (_, found, words) => {
    expect(text(found).split('\n')[0]).toContain(words);
  });

  it('measures until the recovery, not until now', () => {
    const ended = { run, executionArn: '', outcome: 'recovered' as const, endedAt: minute(60) };
    expect(text({ run: ended }, { at: 900 })).toContain(
      '1 h 5 min since the outage began; objective 4 h, met',
    );
  });
});

describe('what waits for people', () => {
  it('stands before the steps, with what is decided and a command for each answer', () => {
    const shown = text({
      waiting: [question],
      steps: [stepRecord('restore', 'activate', { status: 'acting' })],
    });
    expect(shown).toContain('WAITS FOR Ben Ruiz or Cyd Lam: Lose six minutes of transactions?');
    expect(shown).toContain('  The newest copy is from 16:36 UTC');
    expect(shown).toContain('until 17:37:00 UTC, 20 min left');
    expect(shown).toContain(
      `npx lifeboat approve ${planPath} q1f2e3d4c5b6a --by PERSON --reason "WHY"  The run goes on.`,
    );
    expect(shown).toContain(`npx lifeboat deny ${planPath} q1f2e3d4c5b6a --by PERSON`);
    expect(shown).toContain('PERSON is one of: ben, cyd');
    expect(shown.indexOf('WAITS FOR')).toBeLessThan(shown.indexOf('phase 1 of 2'));
  });

  it('fills in the person when only one is asked', () => {
    const shown = text({ waiting: [{ ...question, askedOf: ['ben'] }] });
    expect(shown).toContain('q1f2e3d4c5b6a --by ben');
    expect(shown).not.toContain('PERSON is one of');
  });

  it('of a failed step offers retry, skip and the end of the run', () => {
    const shown = text({ waiting: [{ ...question, kind: 'failed-step' }] });
    expect(shown).toContain(`npx lifeboat retry ${planPath} q1f2e3d4c5b6a`);
    expect(shown).toContain(`npx lifeboat skip ${planPath} q1f2e3d4c5b6a`);
    expect(shown).toContain(`npx lifeboat abort ${planPath} --by PERSON --reason "WHY"`);
  });

  it('leaves out who has answered already and says how many have to agree', () => {
    const given = { person: 'ben', value: 'approve' as const, at: minute(22), via: 'cli' as const };
    const shown = text({ waiting: [{ ...question, quorum: 2, answers: [given] }] });
    expect(shown).toContain('WAITS FOR Cyd Lam:');
    expect(shown).toContain('2 have to agree (Ben Ruiz: approve)');
  });

  it('says when its time is up', () => {
    expect(text({ waiting: [question] }, { at: 55 })).toContain('until 17:37:00 UTC, time is up');
  });
});

describe('steps', () => {
  it('of the phase under way are listed with their time, what they lack and their attempt', () => {
    const shown = text({
      steps: [
        stepRecord('restore', 'activate', {
          status: 'acting',
          attempt: 2,
          actedAt: minute(10),
          note: 'the instance is creating',
        }),
      ],
    });
    expect(shown).toContain('phase 1 of 2');
    expect(shown).toContain('  Activate: 0 of 1 done');
    expect(shown).toContain('    > acting    Step restore  20 min of at most 1 h, attempt 2');
    expect(shown).toContain('        the instance is creating');
    expect(shown).toContain('  to come: Verify');
  });

  it('of earlier phases are one line, unless they failed', () => {
    const reasons = [{ what: 'It answers 503.', mend: 'Look at the pods.' }];
    const shown = text({
      steps: [
        stepRecord('restore', 'activate', { status: 'done', endedAt: minute(20) }),
        stepRecord('check-api', 'verify', { status: 'failed', endedAt: minute(25), reasons }),
      ],
    });
    expect(shown).toContain('phase 2 of 2');
    expect(shown).toContain('  Activate: 1 of 1 done');
    expect(shown).not.toContain('Step restore');
    expect(shown).toContain('  Verify: 0 of 2 done, 1 failed');
    expect(shown).toContain('        It answers 503.\n        mend: Look at the pods.');
  });

  it('that failed are still shown after the end of the run, with what could not be undone', () => {
    const error = { name: 'StepFailedError', message: 'no capacity' };
    const shown = text({
      run: { run, executionArn: '', outcome: 'failed' },
      steps: [
        stepRecord('restore', 'activate', {
          status: 'failed',
          error,
          undoError: { ...error, message: 'in use' },
        }),
      ],
    });
    expect(shown).toContain('no capacity');
    expect(shown).toContain('it could not be undone: in use');
    expect(shown).toContain(`npx lifeboat start ${planPath} --scenario region-failure --by PERSON`);
    expect(shown).toContain(`npx lifeboat resolve ${planPath} --by PERSON`);
  });
});

describe('who was told', () => {
  const message = (audience: string, status: 'sent' | 'failed'): Entry => ({
    type: 'message',
    key: `initial/${audience}/1`,
    audience,
    channel: 'engineers',
    template: 'initial',
    status,
    dueAt: openedAt,
    ...(status === 'failed' && { error: 'no such topic' }),
  });

  it('is listed with the time, as is who was not and what could not be sent', () => {
    const ledger = ledgerOf(
      [minute(1), message('engineering', 'sent')],
      [minute(1), message('customers', 'failed')],
      [minute(2), { type: 'escalated', level: 2, people: ['ben'] }],
    );
    const shown = text({ ledger });
    expect(shown).toMatch(/told +Engineering 16:48:00 \(initial\)/);
    expect(shown).toMatch(/not told +Customers, Regulator/);
    expect(shown).toMatch(/not sent +initial to customers: no such topic/);
    expect(shown).toMatch(/escalated +level 2: Ben Ruiz/);
  });

  it('no longer counts a failure that a later try made good', () => {
    const ledger = ledgerOf(
      [minute(1), message('customers', 'failed')],
      [minute(2), message('customers', 'sent')],
    );
    expect(text({ ledger })).not.toContain('not sent');
  });
});

describe('the terminal', () => {
  it('is coloured only where it can be', () => {
    expect(text({}, { colour: true })).toContain('\u001b[');
    expect(text({ waiting: [question] })).not.toContain('\u001b');
  });

  it('is not steered by what a ledger holds', () => {
    const shown = text({ waiting: [{ ...question, title: 'Go?\u001b[2J', shows: ['a\nb'] }] });
    expect(shown).not.toContain('\u001b');
    expect(shown).toContain('  a b');
  });

  it('gets a short answer while nothing has happened', () => {
    expect(text(null)).toBe('Shop: no incident so far\n  automation  on: drilled in June\n');
  });
});

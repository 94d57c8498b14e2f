import { describe, expect, it } from 'vitest';
import type { PlannedMessage } from '../../shared/communication/due.ts';
import { scopeFor } from '../../shared/communication/fields.ts';
import { messageFields } from '../../shared/communication/message-fields.ts';
import {
  asHeadline,
  asSms,
  asSubject,
  renderMessage,
  unknownMessageFields,
} from '../../shared/communication/render.ts';
import type { Situation } from '../../shared/communication/situation.ts';
import { defaultTemplate, defaultTemplateNames, templateOf } from '../../shared/communication/templates.ts';
import type { Entry } from '../../shared/incident/entries.ts';
import { ended, ledgerOf, makePlan, makeRun, messageEntry, minute, opened, stepEntry } from './fixture.ts';

const message: PlannedMessage = {
  key: 'all-clear/customers/1',
  to: { audience: 'customers' },
  channels: [],
  template: 'all-clear',
  sendAt: minute(0),
  dueAt: minute(5),
};
const situation = (...entries: Parameters<typeof ledgerOf>): Situation => ({
  plan: makePlan(),
  run: makeRun(),
  ledger: ledgerOf(opened(), ...entries),
  questions: [],
  now: new Date(minute(90)),
});

function render(name: string, information: string, given: Situation) {
  const template = templateOf(given.plan, name, information, given.run.mode);
  if (!template) throw new Error(`no template ${name}`);
  const result = renderMessage(template, scopeFor(given, message), {
    mode: given.run.mode,
    key: message.key,
  });
  if (!result.ok) throw new Error(result.problem);
  return result.message;
}

describe('the all-clear', () => {
  const verified = situation(
    [minute(1), stepEntry('restore', 'activate', 'done', 'Restored.')],
    [minute(80), stepEntry('check-api', 'verify', 'done', 'GET /api/health answers 200.')],
    [minute(81), stepEntry('check-dns', 'verify', 'failed')],
    ended(minute(85)),
  );

  it('lists the checks that the ledger calls done and no others', () => {
    expect(render('all-clear', 'customer', verified).text).toContain('- Check the API\n');
    expect(render('all-clear', 'customer', verified).text).not.toContain('Check DNS');
    const inside = render('all-clear', 'technical', verified).text;
    const checked = inside.slice(inside.indexOf('Checked'), inside.indexOf('Failed or open'));
    expect(checked).toContain('Check the API: GET /api/health answers 200.');
    expect(checked).not.toContain('Check DNS');
    expect(checked).not.toContain('Restore');
  });

  it('takes neither a message nor a task nor a change for a check', () => {
    const step = (id: string, action: string): [string, Entry] => {
      const done = stepEntry(id, 'verify', 'done', 'It is done.');
      return [minute(81), done.type === 'step' ? { ...done, action } : done];
    };
    const text = render(
      'all-clear',
      'customer',
      situation(
        step('tell-customers', 'notify.send'),
        step('status-page', 'people.task'),
        step('workers', 'k8s.scale'),
        [
          minute(81),
          {
            type: 'change',
            run: situation().run.id,
            step: 'workers',
            call: 'kubernetes.PatchDeploymentScale',
            region: 'ap-southeast-4',
            resource: 'workers',
            what: 'Replicas changed from 0 to 2',
          },
        ],
        ended(minute(85)),
      ),
    ).text;
    expect(text).toContain('nothing has been checked');
  });

  it('speaks of an outage and a recovery only where there was one', () => {
    const drill = { ...verified, run: { ...verified.run, mode: 'drill' as const } };
    const { subject, text } = render('all-clear', 'technical', drill);
    expect(subject).toContain('exercise complete');
    expect(`${subject}${text}`).not.toMatch(/recovered|outage/);
    expect(render('all-clear', 'technical', verified).subject).toContain('recovered after');
  });

  it.each([
    ['initial', ['technical', 'executive', 'customer', 'partner', 'regulator']],
    ['update', ['customer', 'partner', 'regulator']],
    ['all-clear', ['technical', 'executive', 'customer', 'partner', 'regulator']],
    ['resolved', ['customer', 'partner']],
    ['follow-up', ['customer']],
    ['post-incident-report', ['customer', 'regulator']],
  ])('says in "%s" of a planned move to nobody that something is wrong', (name, levels) => {
    const planned = { ...verified, run: { ...verified.run, mode: 'planned' as const } };
    for (const information of levels) {
      const { subject, text } = render(name, information, planned);
      expect(`${subject} ${text}`.replace('no outage, no cost', '')).not.toMatch(
        /disrupt|outage|restored|recover|incident/i,
      );
    }
  });

  it('of the plan for an outage is not what a planned move says; its own for that is', () => {
    const own = (subject: string) => ({ subject, text: 't' });
    const templates = { 'initial-customer': own('We are down'), reminder: own('Please answer') };
    expect(templateOf({ templates }, 'initial', 'customer', 'planned')?.subject).toContain('planned work');
    expect(templateOf({ templates }, 'reminder', 'technical', 'planned')?.subject).toBe('Please answer');
    const moving = {
      ...templates,
      'initial-planned': own('We move'),
      'initial-planned-partner': own('You move'),
    };
    expect(templateOf({ templates: moving }, 'initial', 'customer', 'planned')?.subject).toBe('We move');
    expect(templateOf({ templates: moving }, 'initial', 'partner', 'planned')?.subject).toBe('You move');
    expect(templateOf({ templates: moving }, 'initial', 'customer')?.subject).toBe('We are down');
  });

  it('says so when nothing was checked', () => {
    expect(render('all-clear', 'customer', situation(ended(minute(85)))).text).toContain(
      'nothing has been checked',
    );
  });

  it('does not count a check that was done and then done again without success', () => {
    const again = situation(
      [minute(80), stepEntry('check-api', 'verify', 'done')],
      [minute(81), stepEntry('check-api', 'verify', 'failed')],
      ended(minute(85)),
    );
    expect(render('all-clear', 'customer', again).text).not.toContain('Check the API');
  });

  it('counts time from the beginning of the outage', () => {
    expect(render('all-clear', 'customer', verified).text).toContain('has ended after 1 h 30 min.');
  });

  it('and a follow-up count until a person resolved what the run had not recovered, not until the run ended', () => {
    const endedByHand: Parameters<typeof ledgerOf> = [
      [minute(20), { type: 'run-ended', run: makeRun().id, outcome: 'aborted', reasons: [] }],
      [minute(70), { type: 'incident-resolved', by: 'ada' }],
    ];
    const byHand = situation(...endedByHand);
    // The outage began five minutes before minute 0.
    expect(render('follow-up', 'customer', byHand).text).toContain('lasted 75 minutes');
    // A restore point was found and nothing was restored: no data is lost.
    const found = { ...stepEntry('find', 'assess', 'done'), outputs: { lossSeconds: 360 } };
    const withPoint = { ...byHand, ledger: ledgerOf(opened(), [minute(1), found], ...endedByHand) };
    expect(render('follow-up', 'customer', withPoint).text).toContain(
      'Data: not measured: the run ended before it changed anything',
    );
    const took = { subject: 'x', text: 'It took ${message.took}.' };
    const result = renderMessage(took, scopeFor(byHand, message), { mode: 'recover', key: 'k' });
    expect(result).toMatchObject({
      ok: true,
      message: { text: expect.stringContaining('It took 1 h 15 min.') },
    });
  });
});

describe('the executives', () => {
  const under = situation(
    [minute(1), stepEntry('restore', 'activate', 'done', 'db-7.internal is the writer.')],
    [minute(2), stepEntry('check-api', 'verify', 'failed', undefined)],
  );
  it('are told how long and how bad it is, and what waits, without the evidence of steps', () => {
    const inside = render('update', 'technical', under).text;
    const above = render('update', 'executive', under).text;
    expect(inside).toContain('db-7.internal');
    expect(above).not.toContain('db-7.internal');
    expect(above).toMatch(/Impact: .*\nData: not measured in this run\nCost so far: /);
    expect(above).toMatch(/Failed or open:\n- .*Check the API/);
    expect(above).toMatch(/Served again: .*\nCommander: .*\nNext update: /);
  });
  it('are told at the end what was checked, by its title', () => {
    const over = situation(
      [minute(80), stepEntry('check-api', 'verify', 'done', 'GET /api/health answers 200.')],
      ended(minute(85)),
    );
    const text = render('all-clear', 'executive', over).text;
    expect(text).toContain('What was checked:\n- Check the API\n');
    expect(text).not.toContain('answers 200');
  });
});

describe('the data loss', () => {
  const said = (...entries: Parameters<typeof ledgerOf>) =>
    scopeFor(situation(...entries), message).message as Record<string, string>;
  const found = (lossSeconds: number | null): [string, Entry] => [
    minute(1),
    { ...stepEntry(`find-${lossSeconds}`, 'assess', 'done'), outputs: { lossSeconds } } as Entry,
  ];
  /** A restore that says which moment its data is of, with the time since then in the name of the step. */
  const restored = (action: string, pointTime: string): [string, Entry] => [
    minute(2),
    { ...stepEntry(`${action}-${pointTime}`, 'activate', 'done'), action, outputs: { pointTime } } as Entry,
  ];
  it.each([
    [[], 'not measured in this run'],
    [
      [found(60), restored('sql.restore-dump', minute(-30)), ended(minute(60))],
      'what was written in the last 25 min before the outage',
    ],
    [[restored('s3.latest', minute(-30)), ended(minute(60))], 'not measured in this run'],
    // A query that measures no loss says null.
    [[found(null)], 'not measured in this run'],
    [[found(360)], 'as measured so far, what was written in the last 6 min before the outage'],
    [[found(360), ended(minute(60))], 'what was written in the last 6 min before the outage'],
    [[found(0), found(null), ended(minute(60))], 'no loss was measured'],
    [[found(-1), ended(minute(60))], 'not known: nobody could tell what had arrived at the other side'],
    [[found(360), ended(minute(20), 'aborted')], 'not measured: the run ended before it changed anything'],
    [
      [
        found(360),
        [
          minute(2),
          {
            type: 'change',
            run: makeRun().id,
            step: 's',
            call: 'rds.X',
            region: 'r',
            resource: 'x',
            what: 'It.',
          },
        ],
        ended(minute(20), 'failed'),
      ],
      'not known: the run did not come to its end',
    ],
  ] as [Parameters<typeof ledgerOf>, string][])('of %j is said as it was measured', (entries, expected) => {
    expect(said(...entries).dataLoss).toBe(expected);
  });
});

describe('a template', () => {
  it('with a field that has no value is an error', () => {
    const template = { subject: 'x', text: 'It took ${message.took}.' };
    const result = renderMessage(template, scopeFor(situation(), message), { mode: 'recover', key: 'k' });
    expect(result).toMatchObject({
      ok: false,
      problem: expect.stringContaining('${message.took} has no value'),
    });
  });

  it('can name the outputs of steps that are done, and not those of others', () => {
    const entry = { ...stepEntry('restore', 'activate', 'done'), outputs: { endpoint: 'db.example' } };
    const template = { subject: 'x', text: 'Database: ${steps.restore.endpoint}' };
    const done = renderMessage(template, scopeFor(situation([minute(1), entry]), message), {
      mode: 'recover',
      key: 'k',
    });
    expect(done).toMatchObject({
      ok: true,
      message: { text: expect.stringContaining('Database: db.example') },
    });
    const failed = { ...entry, status: 'failed' as const };
    const not = renderMessage(template, scopeFor(situation([minute(1), failed]), message), {
      mode: 'recover',
      key: 'k',
    });
    expect(not.ok).toBe(false);
  });

  it('of the plan for this reader comes before that of the plan for all, and that before the built-in one', () => {
    const own = (subject: string) => ({ subject, text: 't' });
    const templates = { update: own('all'), 'update-customer': own('customer') };
    expect(templateOf({ templates }, 'update', 'customer')?.subject).toBe('customer');
    expect(templateOf({ templates }, 'update', 'technical')?.subject).toBe('all');
    expect(templateOf({ templates: {} }, 'update', 'technical')).toEqual(
      defaultTemplate('update', 'technical'),
    );
    expect(templateOf({ templates: {} }, 'no-such', 'technical')).toBeUndefined();
  });

  it('is checked for message fields that nobody fills in', () => {
    const template = { subject: '${message.elapsd}', text: '${message.phase} ${message.mine} ${run.id}' };
    expect(unknownMessageFields(template, ['mine'])).toEqual(['message.elapsd']);
  });

  it.each(defaultTemplateNames)('built in as "%s" names only fields that exist', name => {
    for (const information of ['technical', 'customer', 'regulator']) {
      for (const mode of ['recover', 'planned'] as const) {
        const template = defaultTemplate(name, information, mode);
        expect(template && unknownMessageFields(template)).toEqual([]);
      }
    }
  });

  it('gets exactly the fields that are documented when all of them have a value', () => {
    const failed = { ...messageEntry('initial/customers/1', 'failed', 'customers'), error: 'Refused.' };
    const given = situation([minute(1), failed], ended(minute(85), 'failed'));
    const question = {
      id: 'q0123456789ab',
      run: makeRun(),
      step: { id: 's', phase: 'p', title: 't' },
      attempt: 1,
      kind: 'approval' as const,
      title: 'Activate?',
      shows: ['a'],
      askedOf: ['ada'],
      quorum: 1,
      askedAt: minute(0),
      expiresAt: minute(30),
      token: 't',
      status: 'open' as const,
      answers: [],
      handedOver: false,
      delivered: false,
    };
    const task = {
      id: 't0123456789ab',
      followUp: 'notice',
      run: makeRun(),
      title: 'Send the notice',
      text: '',
      owners: ['ada'],
      setAt: minute(85),
      dueAt: minute(900),
      scheduled: true,
    };
    const scope = scopeFor(
      { ...given, questions: [question], tasks: [task] },
      {
        ...message,
        question: question.id,
        task: task.id,
        late: 'initial/customers/1',
        level: 1,
        undelivered: failed.type === 'message' ? 'initial/customers/1' : '',
      },
      { link: 'https://x' },
    );
    expect(Object.keys(scope.message as object).sort()).toEqual(Object.keys(messageFields).sort());
  });
});

describe('a drill', () => {
  it('says so in the subject, the text and the SMS, whatever the template says', () => {
    const template = { subject: 'Region failure', text: 'Hello' };
    const result = renderMessage(template, {}, { mode: 'drill', key: 'k', link: 'https://x' });
    if (!result.ok) throw new Error(result.problem);
    expect(result.message.subject).toBe('DRILL: Region failure');
    expect(result.message.text).toMatch(/^This is a drill\./);
    expect(result.message.sms).toBe('DRILL: Region failure https://x');
  });
});

describe('a subject', () => {
  it('has fewer than 100 characters', () => {
    expect(asSubject('x'.repeat(99))).toHaveLength(99);
    expect(asSubject('x'.repeat(100))).toHaveLength(99);
    expect(asSubject('x'.repeat(100)).endsWith('...')).toBe(true);
  });

  it('keeps its pictures and accents where a channel takes them, in one line', () => {
    expect(asHeadline('🚨 Zürich\r\nBcc: x')).toBe('🚨 Zürich Bcc: x');
    expect(asHeadline(`${'word '.repeat(40)}`).length).toBeLessThanOrEqual(99);
    expect(asSubject('🚨 Zürich')).toBe('Zurich');
  });

  it('is one line of printable ASCII', () => {
    expect(asSubject('Zürich – “dú”\r\nBcc: x\u0007 日')).toBe('Zurich - "du" Bcc: x ?');
  });
});

describe('an SMS', () => {
  const link = `https://decide.example/?t=${'x'.repeat(90)}`;

  it('has at most 160 characters and keeps the link whole', () => {
    const sms = asSms('Approve the activation of the recovery region for the whole of the shop now', link);
    expect(sms.length).toBeLessThanOrEqual(160);
    expect(sms.endsWith(` ${link}`)).toBe(true);
    expect(asSms('x'.repeat(300))).toHaveLength(160);
  });

  it('says first what is to be done, where the template has words of its own for it', () => {
    const template = {
      subject: 'A shop with a long name: your decision',
      text: 't',
      sms: 'Decide: ${system.title}',
    };
    const about = { mode: 'recover' as const, key: 'k', link };
    const result = renderMessage(template, { system: { title: 'Shop' } }, about);
    if (!result.ok) throw new Error(result.problem);
    expect(result.message.sms).toBe(`Decide: Shop ${link}`);
    expect(unknownMessageFields({ ...template, sms: '${message.nobody}' })).toEqual(['message.nobody']);
  });

  it.each(['escalation', 'approval', 'failed-step', 'task', 'reminder', 'follow-up-task', 'task-overdue'])(
    'built in as "%s" leaves the name of the system to the end',
    name => expect(defaultTemplate(name, 'technical')?.sms).toMatch(/^[A-Z][A-Za-z ]+: /),
  );

  it('keeps a few words beside a link that is too long for one', () => {
    const sms = asSms('Approve the activation', `https://x/?t=${'x'.repeat(200)}`);
    expect(sms).toMatch(/^Approve the activ\.\.\. https:/);
  });
});

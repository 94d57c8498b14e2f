import { SendTaskSuccessCommand } from '@aws-sdk/client-sfn';
import { beforeEach, describe, expect, it } from 'vitest';
import { createDecideHandler } from '../../handlers/decide.ts';
import { makeLink } from '../../shared/communication/links.ts';
import { acknowledgementId, pointerKey } from '../../shared/communication/question-record.ts';
import { createQuestion } from '../../shared/communication/questions.ts';
import { readIncident, resolveIncident } from '../../shared/incident/incident.ts';
import { acquireLock } from '../../shared/incident/lock.ts';
import { readRefusals } from '../../shared/report/refusals.ts';
import { makeWorld, minute, restoreStep, stepEntry, type World } from '../communication/fixture.ts';

const reason = 'AWS says hours';
const key = 'a secret of enough characters';
let world: World;
async function start(options: Parameters<typeof makeWorld>[0] = {}) {
  world = await makeWorld(options);
  world.sfn.on(SendTaskSuccessCommand).resolves({});
}
beforeEach(() => start());

async function ask(change: { title?: string; shows?: string[]; quorum?: number } = {}) {
  const draft = {
    title: 'Activate?',
    shows: ['Data lost: 300 s'],
    askedOf: ['approver'],
    quorum: 1,
    ...change,
  };
  const { id } = await createQuestion(world.runtime, {
    run: world.run,
    step: restoreStep,
    attempt: 1,
    kind: 'approval',
    token: 'token-1',
    draft: { ...draft, answerWithinSeconds: 1800 },
  });
  return id;
}

function tokenFor(question: string, person: string, expiresAt = minute(30)): string {
  const claims = { question, person, expiresAt: new Date(expiresAt) };
  return new URL(makeLink('https://x/', claims, world.run.incidentId, key)).searchParams.get('t') ?? '';
}

async function acknowledgementToken(person: string): Promise<string> {
  const id = acknowledgementId(world.run.incidentId);
  await world.runtime.store
    .put(pointerKey(id), { incidentId: world.run.incidentId }, { ifAbsent: true })
    .catch(() => {});
  return tokenFor(id, person, '2026-03-11T16:47:00.000Z');
}

type Page = { statusCode: number; headers: Record<string, string>; body: string };

async function request(
  method: string,
  token: string | undefined,
  form?: Record<string, string>,
  base64 = true,
): Promise<Page> {
  const body = form && new URLSearchParams(form).toString();
  const event = {
    version: '2.0',
    rawQueryString: token === undefined ? '' : new URLSearchParams({ t: token }).toString(),
    headers: { host: 'decide.example' },
    requestContext: {
      http: { method, path: '/', protocol: 'HTTP/1.1', sourceIp: '203.0.113.7', userAgent: 'x' },
    },
    ...(body !== undefined && { body: base64 ? Buffer.from(body).toString('base64') : body }),
    isBase64Encoded: body !== undefined && base64,
  };
  const handler = createDecideHandler(async () => world.runtime);
  return (await handler(event, {} as never)) as Page;
}
const decisions = () => world.sfn.commandCalls(SendTaskSuccessCommand);

describe('looking at a question', () => {
  it('shows what is decided, how long there is, and who was asked', async () => {
    const token = tokenFor(await ask(), 'ben');
    world.at(minute(18));
    const page = await request('GET', token);
    expect(page.statusCode).toBe(200);
    expect(page.body).toContain('<h1>Activate?</h1>');
    expect(page.body).toContain('<li>Data lost: 300 s</li>');
    expect(page.body).toContain('12 min left, until 10 March 17:17 UTC');
    expect(page.body).toContain('Ben Ruiz <span>no answer yet</span>');
    expect(page.body).toContain('Cyd Lam <span>no answer yet</span>');
    expect(page.body).toContain('Live recovery');
  });

  it('shows what is at stake and what follows, by what this run has found out', async () => {
    const token = tokenFor(await ask(), 'ben');
    expect((await request('GET', token)).body).toContain('Data loss: not measured in this run.');
    const found = stepEntry('restore', 'activate', 'done', 'The newest restore point is 3 minutes old.');
    if (found.type === 'step')
      await world.append({ ...found, outputs: { lossSeconds: 180, verdict: 'not-provable' } });
    const { body } = await request('GET', token);
    expect(body).toContain(
      'Data loss: as measured so far, what was written in the last 3 min before the outage.',
    );
    expect(body).toContain('Old writer: nobody could prove that it takes no writes.');
    expect(body).toContain('The newest restore point is 3 minutes old.');
    expect(body).toContain('<li>Check the API</li><li>Check DNS</li>');
    expect(Buffer.byteLength(body)).toBeLessThan(30_000);
  });

  it.each(['GET', 'HEAD'])('changes nothing by %s, however often', async method => {
    const token = tokenFor(await ask(), 'ben');
    const before = JSON.stringify(await world.ledger());
    for (let i = 0; i < 3; i++) await request(method, token);
    await request(method, `${token}`, { t: token, value: 'approve', reason });
    expect(JSON.stringify(await world.ledger())).toBe(before);
    expect(decisions()).toHaveLength(0);
  });

  it('says that it is a drill', async () => {
    await start({ mode: 'drill' });
    expect((await request('GET', tokenFor(await ask(), 'ben'))).body).toContain(
      'Drill: nothing in production',
    );
  });

  it('offers no buttons after the decision, and says what it was', async () => {
    const id = await ask();
    await request('POST', tokenFor(id, 'cyd'), { value: 'approve', reason });
    const page = await request('GET', tokenFor(id, 'ben'));
    expect(page.statusCode).toBe(409);
    expect(page.body).toContain('Decided: approve by cyd.');
    expect(page.body).not.toContain('<button');
  });

  it('offers none to a person who was not asked', async () => {
    const page = await request('GET', tokenFor(await ask(), 'ada'));
    expect(page.statusCode).toBe(403);
    expect(page.body).not.toContain('<button');
    expect(await world.entries('link-refused')).toMatchObject([{ why: expect.stringContaining('ada: ') }]);
  });
});

describe('deciding', () => {
  it.each([true, false])('hands the answer to the machine (body in base64: %s)', async base64 => {
    const token = tokenFor(await ask(), 'ben');
    world.at(minute(3));
    const page = await request(
      'POST',
      token,
      { t: token, value: 'approve', reason: 'Sydney ist weg & fort' },
      base64,
    );
    expect(page.statusCode).toBe(200);
    expect(page.body).toContain('Thank you. It is decided.');
    expect(JSON.parse(decisions()[0]?.args[0].input.output ?? '')).toEqual({
      value: 'approve',
      by: 'ben',
      at: minute(3),
      reason: 'Sydney ist weg & fort',
    });
  });

  it('says how many more have to agree', async () => {
    const token = tokenFor(await ask({ quorum: 2 }), 'ben');
    expect((await request('POST', token, { value: 'approve', reason })).body).toContain(
      '1 more person has to agree.',
    );
    expect((await request('GET', token)).statusCode).toBe(409);
  });

  it.each([
    ['a value that the question does not have', 400, { value: 'retry' }],
    ['no value', 400, {}],
  ])('with %s is refused', async (_what, statusCode, form) => {
    expect((await request('POST', tokenFor(await ask(), 'ben'), form)).statusCode).toBe(statusCode);
    expect(decisions()).toHaveLength(0);
  });

  it('without a reason is not taken, and the page asks for it with the buttons still there', async () => {
    const token = tokenFor(await ask(), 'ben');
    const page = await request('POST', token, { value: 'approve', reason: ' ' });
    expect(page.statusCode).toBe(400);
    expect(page.body).toContain('<p class="notice" role="alert">Nothing was recorded. Say why');
    expect(page.body).toContain('value="approve"');
    expect(decisions()).toHaveLength(0);
    expect((await request('POST', token, { value: 'approve', reason })).statusCode).toBe(200);
  });

  it('after somebody else is a conflict', async () => {
    const id = await ask();
    await request('POST', tokenFor(id, 'ben'), { value: 'approve', reason });
    const page = await request('POST', tokenFor(id, 'cyd'), { value: 'deny', reason });
    expect(page.statusCode).toBe(409);
    expect(page.body).toContain('It was decided already: approve by ben.');
    expect(decisions()).toHaveLength(1);
  });

  it('with somebody else’s link is refused and noted', async () => {
    const token = tokenFor(await ask(), 'ada');
    expect((await request('POST', token, { value: 'approve', reason })).statusCode).toBe(403);
    expect(await world.entries('link-refused')).toHaveLength(1);
    expect(decisions()).toHaveLength(0);
  });
});

describe('a link', () => {
  it('that has expired is gone', async () => {
    const token = tokenFor(await ask(), 'ben');
    world.at(minute(31));
    for (const method of ['GET', 'POST']) {
      expect(
        (await request(method, token, method === 'POST' ? { value: 'approve', reason } : undefined))
          .statusCode,
      ).toBe(410);
    }
    expect(decisions()).toHaveLength(0);
    expect(await world.entries('link-refused')).toMatchObject([{ why: 'The link is expired (ben).' }]);
  });

  it('with another person put in is forged', async () => {
    const token = tokenFor(await ask(), 'ada').replace('.ada.', '.ben.');
    const page = await request('POST', token, { value: 'approve', reason });
    expect(page.statusCode).toBe(403);
    expect(page.body).not.toContain('Activate?');
    expect(decisions()).toHaveLength(0);
  });

  it.each([undefined, '', 'x', '../../etc', 'q000000000000.ben.abc123.AAAAAAAAAAAAAAAAAAAAAA'])(
    'such as %s leads nowhere, says nothing of any incident, and is in the ledger of the one that is open',
    async token => {
      const page = await request('GET', token);
      expect(page.statusCode).toBe(403);
      expect(page.body).not.toContain('liquid');
      expect(page.body).not.toContain(world.run.incidentId);
      expect(await world.entries('link-refused')).toHaveLength(token ? 1 : 0);
    },
  );

  it('of another incident is forged, in the ledger of the one that it names', async () => {
    const claims = { question: await ask(), person: 'ben', expiresAt: new Date(minute(30)) };
    const link = makeLink('https://x/', claims, 'shop-20260101t000000z', key);
    const page = await request('POST', new URL(link).searchParams.get('t') ?? '', {
      value: 'approve',
      reason,
    });
    expect(page.statusCode).toBe(403);
    expect(decisions()).toHaveLength(0);
    expect(await world.entries('link-refused')).toEqual([
      { type: 'link-refused', question: claims.question, why: 'The link is forged (ben).' },
    ]);
  });

  it('that was used is refused with another answer, and in the ledger', async () => {
    const token = tokenFor(await ask(), 'ben');
    await request('POST', token, { value: 'approve', reason });
    const page = await request('POST', token, { value: 'deny', reason });
    expect(page.statusCode).toBe(409);
    expect(decisions()).toHaveLength(1);
    expect(await world.entries('link-refused')).toMatchObject([
      { why: expect.stringContaining('answered already') },
    ]);
  });

  it('that nobody signed fills no ledger: 20 an hour, then one entry that there are more', async () => {
    const id = await ask();
    for (let n = 0; n < 50; n++) {
      await request('GET', tokenFor(id, 'ada').replace('.ada.', `.ada-${n}.`));
      await request('GET', `q0000000000${n + 10}.ben.abc123.AAAAAAAAAAAAAAAAAAAAAA`);
    }
    const refused = await world.entries('link-refused');
    expect(refused).toHaveLength(21);
    expect(refused.at(-1)?.why).toMatch(/^More than 20 links/);
    world.at(minute(61));
    await request('GET', tokenFor(id, 'ada').replace('.ada.', '.zed.'));
    expect(await world.entries('link-refused')).toHaveLength(22);
    expect(world.logs.filter(line => line.startsWith('warn'))).toHaveLength(101);
  });

  it('that names nothing while no incident is open is on the record of the system, once an hour', async () => {
    await resolveIncident(world.runtime.store, world.clock, world.run.incidentId, 'ada');
    const unknown = () => request('GET', 'q000000000000.ben.abc123.AAAAAAAAAAAAAAAAAAAAAA');
    await unknown();
    await unknown();
    world.at(minute(90));
    await unknown();
    expect(await world.entries('link-refused')).toEqual([]);
    const { refusals, chains } = await readRefusals(world.runtime);
    expect(refusals).toMatchObject([
      {
        incident: null,
        question: 'q000000000000',
        what: expect.stringContaining('leads to nothing here (ben)'),
      },
      { incident: null, question: 'q000000000000' },
    ]);
    expect(chains.map(({ ledger, chain }) => [ledger, chain.ok])).toContainEqual(['refusals-shop', true]);
  });

  it('that names nothing while a drill is under way is in the ledger of the drill', async () => {
    world = await makeWorld({ mode: 'drill' });
    const { run, runtime } = world;
    const { id: runId, incidentId } = run;
    await acquireLock(runtime.store, world.clock, 'shop', { incidentId, runId, expiresAt: minute(60) });
    await request('GET', 'q000000000000.ben.abc123.AAAAAAAAAAAAAAAAAAAAAA');
    expect(await world.entries('link-refused')).toMatchObject([{ question: 'q000000000000' }]);
  });

  it('is only read or sent', async () => {
    expect((await request('DELETE', tokenFor(await ask(), 'ben'))).statusCode).toBe(405);
  });
});

describe('acknowledging', () => {
  it('takes a button; looking at it acknowledges nothing', async () => {
    const token = await acknowledgementToken('ada');
    const page = await request('GET', token);
    expect(page.statusCode).toBe(200);
    expect(page.body).toContain('Nobody has acknowledged this incident yet.');
    expect((await readIncident(world.runtime.store, world.run.incidentId))?.acknowledgedBy).toBeUndefined();
    world.at(minute(4));
    const done = await request('POST', token, { value: 'acknowledge' });
    expect(done.statusCode).toBe(200);
    expect(done.body).toContain('Ada Okafor is on it');
    expect(await world.entries('acknowledged')).toEqual([{ type: 'acknowledged', by: 'ada', via: 'link' }]);
  });

  it('by a second person says who was first', async () => {
    await request('POST', await acknowledgementToken('ada'), { value: 'acknowledge' });
    const page = await request('POST', await acknowledgementToken('ben'), { value: 'acknowledge' });
    expect(page.statusCode).toBe(409);
    expect(page.body).toContain('Ada Okafor is on it');
    expect(await world.entries('acknowledged')).toHaveLength(1);
  });

  it('an incident that is resolved is refused and noted', async () => {
    const token = await acknowledgementToken('ada');
    await resolveIncident(world.runtime.store, world.clock, world.run.incidentId, 'ben');
    expect((await request('GET', token)).statusCode).toBe(410);
    const page = await request('POST', token, { value: 'acknowledge' });
    expect(page.statusCode).toBe(410);
    expect(page.body).toContain('Resolved by Ben Ruiz');
    expect(await world.entries('acknowledged')).toEqual([]);
    expect(await world.entries('link-refused')).toHaveLength(1);
  });

  it('again by the same person is no error', async () => {
    const token = await acknowledgementToken('ada');
    await request('POST', token, { value: 'acknowledge' });
    expect((await request('POST', token, { value: 'acknowledge' })).statusCode).toBe(200);
  });
});

describe('the page', () => {
  it('escapes everything that comes from outside', async () => {
    const evil = '<script>alert("1")</script>\'&';
    const id = await ask({ title: evil, shows: [evil] });
    const token = tokenFor(id, 'ben');
    const shown = await request('GET', token);
    expect(shown.body).not.toContain('<script');
    expect(shown.body).toContain('&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&#39;&amp;');
    expect((await request('POST', token, { value: evil })).body).not.toContain('<script');
  });

  it('may load, run and frame nothing, and is kept nowhere', async () => {
    const { headers, body } = await request('GET', tokenFor(await ask(), 'ben'));
    const policy = headers['content-security-policy'] ?? '';
    expect(policy).toMatch(/^default-src 'none'; style-src 'sha256-[A-Za-z0-9+/=]{44}'; form-action 'self';/);
    expect(policy).toContain("frame-ancestors 'none'");
    expect(headers).toMatchObject({
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
      'content-type': 'text/html; charset=utf-8',
    });
    expect(body).not.toMatch(/<script|<img|<link|\son[a-z]+=|style=/);
    expect(Buffer.byteLength(body)).toBeLessThan(30_000);
  });

  it('has a language, one heading of the first level, and a label for its field', async () => {
    const { body } = await request('GET', tokenFor(await ask(), 'ben'));
    expect(body).toContain('<html lang="en">');
    expect(body.match(/<h1>/g)).toHaveLength(1);
    expect(body).toMatch(/<label for="reason">[\s\S]*<textarea id="reason"/);
    expect(body).toContain('width=device-width');
  });
});

import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { ServiceUnavailableError } from '../../../shared/errors.ts';
import type { HttpRequest, HttpResponse } from '../../../shared/ports.ts';
import { inAws, openChanges, permissionsOf, reasonsOf } from '../../support/aws-world.ts';

const url = 'https://api.provider.example/zones/z1/records/r1';
const put = { url, method: 'PUT', body: { content: 'dr.shop.example' }, approvedBy: ['cto'] };
const lost = () => Promise.reject(new ServiceUnavailableError(`${url} did not answer`, { nextStep: 'none' }));

/** Answers with each of these in turn, the last one for ever, and keeps what was sent. */
function server(...answers: (Partial<HttpResponse> | 'lost')[]) {
  const sent: HttpRequest[] = [];
  const http = async (request: HttpRequest): Promise<HttpResponse> => {
    const answer = answers[Math.min(sent.length, answers.length - 1)];
    sent.push(request);
    if (answer === 'lost') return lost();
    return { status: 200, headers: {}, body: '{}', latencyMs: 20, ...answer };
  };
  return { sent, http, secret: async (reference: string) => `value of ${reference}` };
}

describe('http.request', () => {
  it('sends what changes something once, with its secrets, and keeps neither them nor bodies', async () => {
    const api = server({ body: '{"success":true,"result":{"id":"r1","token":"hush"}}' });
    await inAws(
      {},
      async ({ play, changes }) => {
        const { seen, preparation } = await play('http.request', {
          ...put,
          headers: { authorization: { secret: 'secret:dns#token', prefix: 'Bearer ' } },
          expectJson: { '/success': true },
          extract: { record: '/result/id' },
        });
        expect(seen).toMatchObject({ status: 'done', outputs: { status: 200, values: { record: 'r1' } } });
        expect(api.sent).toHaveLength(1);
        expect(api.sent[0]?.headers).toMatchObject({ authorization: 'Bearer value of secret:dns#token' });
        expect(api.sent[0]?.body).toBe('{"content":"dr.shop.example"}');
        const kept = JSON.stringify([seen, preparation, changes]);
        expect(kept).not.toMatch(/hush|value of secret|dr\.shop\.example/);
      },
      api,
    );
  });

  it('refuses to change anything without an approval or a sandbox, and in a drill', () =>
    inAws(
      {},
      async ({ play }) => {
        const bare = await play('http.request', { url, method: 'POST' });
        expect(reasonsOf(bare.preparation)).toContain('neither an approval nor a sandbox');
        const drill = await play('http.request', put, { mode: 'drill' });
        expect(reasonsOf(drill.preparation)).toContain('This is a drill');
        const sandbox = await play('http.request', { url, method: 'POST', sandbox: true }, { mode: 'drill' });
        expect(sandbox.seen).toMatchObject({ status: 'done' });
      },
      server({}),
    ));

  it.each([
    ['2026-03-10T16:20:00Z', 'done', { newest: '2026-03-10T16:20:00Z', lossSeconds: 1320 }],
    ['2026-03-10T10:00:00Z', 'pending', undefined],
    ['2026-03-11T10:00:00Z', 'pending', undefined],
    ['yesterday', 'pending', undefined],
    [7, 'pending', undefined],
  ])('measures what is missing by the newest record: %s', (at, status, outputs) =>
    inAws(
      {},
      async ({ play }) => {
        const newest = { at: '/newest/at', within: '1h' };
        const { seen } = await play('http.request', { url, newest });
        expect(seen).toMatchObject({ status, ...(outputs && { outputs }) });
      },
      server({ body: JSON.stringify({ newest: { at } }) }),
    ),
  );

  it('says what it mends by the word of the plan', () =>
    inAws(
      {},
      async ({ play }) => {
        const { seen } = await play('http.request', { ...put, restores: ['search'] });
        expect(seen).toMatchObject({ evidence: [{}, { data: { assumed: ['search'] } }] });
      },
      server({}),
    ));

  it('does not send a POST again whose answer was lost, unless the server tells them apart', async () => {
    const post = { ...put, method: 'POST' };
    const once = server('lost', {});
    await inAws(
      {},
      async ({ play }) => {
        const { seen } = await play('http.request', post);
        expect(reasonsOf(seen)).toContain('it is not known whether the request was carried out');
        expect(once.sent).toHaveLength(1);
      },
      once,
    );
    const again = server('lost', {});
    await inAws(
      {},
      async ({ play }) => {
        const { seen } = await play('http.request', { ...post, idempotencyHeader: 'Idempotency-Key' });
        expect(seen).toMatchObject({ status: 'done' });
        const [one, other] = again.sent.map(({ headers }) => headers?.['Idempotency-Key']);
        expect(one).toBeTruthy();
        expect(other).toBe(one);
      },
      again,
    );
  });

  it('fails when the answer is not what was expected', () =>
    inAws(
      {},
      async ({ play }) => {
        const { seen } = await play('http.request', put);
        expect(reasonsOf(seen)).toBe(`PUT ${url} answered 403 instead of 200.`);
      },
      server({ status: 403, body: 'secret reason' }),
    ));

  it('asks again until a GET is answered as expected', () => {
    const api = server({ status: 503 }, 'lost', { body: '{"status":"ok"}' });
    return inAws(
      {},
      async ({ play, changes }) => {
        const { seen } = await play('http.request', { url, expectJson: { '/status': 'ok' }, maxLatency: 50 });
        expect(seen).toMatchObject({ status: 'done' });
        expect(api.sent).toHaveLength(3);
        expect(changes).toEqual([]);
      },
      api,
    );
  });

  it('signs with one and the same time in the query and in the signature', () => {
    const api = server({});
    const sign = { key: 'secret:exchange#key' };
    return inAws(
      {},
      async ({ play }) => {
        const { seen } = await play('http.request', { url: `${url}?symbol=BTC`, sign });
        const [query = '', signature] = (api.sent[0]?.url.split('?')[1] ?? '').split('&signature=');
        expect(query).toMatch(/^symbol=BTC&timestamp=\d{13}$/);
        expect(signature).toBe(
          createHmac('sha256', 'value of secret:exchange#key').update(query).digest('hex'),
        );
        expect(JSON.stringify(seen)).not.toContain('signature');
      },
      api,
    );
  });

  it('signs time and body in headers where the other side wants it so', () => {
    const api = server({});
    const sign = { key: 'ssm:/k', in: 'header', timestamp: 'X-Time', signature: 'X-Signature', unit: 's' };
    return inAws(
      {},
      async ({ play }) => {
        await play('http.request', { ...put, sign });
        const { headers = {}, body } = api.sent[0] ?? { headers: {}, body: '' };
        const mac = createHmac('sha256', 'value of ssm:/k')
          .update(`${headers['X-Time']}.${body}`)
          .digest('hex');
        expect(headers['X-Signature']).toBe(mac);
      },
      api,
    );
  });

  it('may read the secrets that it names and nothing else', async () => {
    const headers = { authorization: { secret: 'secret:dns#token' } };
    const permissions = await permissionsOf('http.request', {}, { ...put, headers });
    expect(openChanges(permissions)).toEqual([]);
    expect(permissions).toEqual([
      expect.stringMatching(/^secretsmanager:GetSecretValue .*:secret:dns-\?{6}$/),
    ]);
  });
});

import { describe, expect, it } from 'vitest';
import { action } from '../../../shared/actions/http/check.ts';
import { ServiceUnavailableError } from '../../../shared/errors.ts';
import type { HttpRequest, HttpResponse } from '../../../shared/ports.ts';
import { contextOf } from '../../support/compute-world.ts';

type Answer = Partial<HttpResponse> | 'silence';
const ok: Answer = { status: 200, body: '{"status":"ok"}' };

/** Observes once against servers that give these answers, one after the other and the last for ever. */
async function observe(answers: Answer[], given: object = {}) {
  const requests: HttpRequest[] = [];
  const context = contextOf({
    network: {
      async http(request) {
        requests.push(request);
        const answer = answers[Math.min(requests.length, answers.length) - 1];
        if (answer === undefined || answer === 'silence') {
          throw new ServiceUnavailableError(`${request.url} did not answer: ENOTFOUND`, { nextStep: 'wait' });
        }
        return { status: 200, headers: {}, body: '', latencyMs: 10 * requests.length, ...answer };
      },
    },
  });
  const parameters = action.parameters.parse({ url: 'https://app.example/api/health', ...given });
  return { seen: await action.observe(context, parameters, {}), requests };
}

describe('http.check', () => {
  it('asks with GET and ten seconds unless told otherwise, and keeps the latency as evidence', async () => {
    const { seen, requests } = await observe([ok]);
    expect(seen).toMatchObject({ status: 'done', outputs: { status: 200, latencyMs: 10 } });
    expect(requests).toEqual([
      { url: 'https://app.example/api/health', connectTo: undefined, method: 'GET', timeoutMs: 10_000 },
    ]);
  });

  it('connects where it is told and asks with HEAD', async () => {
    const { requests } = await observe([ok], { connectTo: 'lb.example', method: 'HEAD', timeout: '3s' });
    expect(requests[0]).toMatchObject({ connectTo: 'lb.example', method: 'HEAD', timeoutMs: 3000 });
  });

  it('wants successes in a row, all of now', async () => {
    const failing = await observe([ok, ok, { status: 502 }, ok], { times: 3 });
    expect(failing.seen).toMatchObject({
      status: 'pending',
      note: expect.stringContaining('(2 of 3 in a row)'),
    });
    const good = await observe([ok], { times: 3 });
    expect(good.seen).toMatchObject({ status: 'done', outputs: { latencyMs: 30 } });
    expect(good.requests).toHaveLength(3);
  });

  it.each<[string, Answer, object, string]>([
    ['another status', { status: 503 }, {}, 'answered 503 instead of 200'],
    ['a redirect', { status: 302, headers: { location: '/login' } }, {}, 'redirect to /login'],
    [
      'an error page with status 200',
      { status: 200, body: 'Sorry' },
      { expectBody: '"ok"' },
      'does not contain',
    ],
    ['no answer', 'silence', {}, 'ENOTFOUND'],
  ])('does not count %s', async (_, answer, given, note) => {
    expect((await observe([answer], given)).seen).toMatchObject({
      status: 'pending',
      note: expect.stringContaining(note),
    });
  });

  it('counts the status that is asked for', async () => {
    const { seen } = await observe([{ status: 301, headers: { location: '/' } }], { expectStatus: 301 });
    expect(seen.status).toBe('done');
  });

  it.each([{ method: 'POST' }, { method: 'DELETE' }, { times: 0 }, { times: 11 }, { url: 'app.example' }])(
    'refuses the parameters %o',
    given => {
      const parsed = action.parameters.safeParse({ url: 'https://app.example/', ...given });
      expect(parsed.success).toBe(false);
    },
  );

  it('needs no permission', () => {
    const parameters = action.parameters.parse({ url: 'https://app.example/' });
    expect(action.permissions(parameters, { primary: 'a', recovery: 'b' })).toEqual([]);
  });

  it('lets a mistake in the program through', async () => {
    const context = contextOf({ network: { http: () => Promise.reject(new TypeError('bug')) } });
    const parameters = action.parameters.parse({ url: 'https://app.example/' });
    await expect(action.observe(context, parameters, {})).rejects.toThrow(TypeError);
  });
});

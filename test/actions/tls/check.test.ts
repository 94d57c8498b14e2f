import { describe, expect, it } from 'vitest';
import { action } from '../../../shared/actions/tls/check.ts';
import { ServiceUnavailableError } from '../../../shared/errors.ts';
import type { TlsResult, TlsTarget } from '../../../shared/ports.ts';
import { contextOf } from '../../support/compute-world.ts';

const now = new Date('2026-03-10T17:00:00Z');
const good: TlsResult = { authorized: true, subject: 'app.example', validTo: '2026-06-01T00:00:00.000Z' };

async function observe(result: TlsResult | undefined, given: object = {}) {
  const targets: TlsTarget[] = [];
  const ports = contextOf({
    network: {
      async tls(target) {
        targets.push(target);
        if (!result)
          throw new ServiceUnavailableError('No TLS handshake: ECONNREFUSED', { nextStep: 'wait' });
        return result;
      },
    },
  });
  const parameters = action.parameters.parse({ host: 'app.example', ...given });
  return { seen: await action.observe({ ...ports, clock: { now: () => now } }, parameters, {}), targets };
}

describe('tls.check', () => {
  it('accepts a valid certificate with days left', async () => {
    const { seen, targets } = await observe(good);
    expect(seen).toMatchObject({ status: 'done', outputs: { validTo: good.validTo, daysLeft: 82 } });
    expect(targets).toEqual([
      { host: 'app.example', port: 443, serverName: 'app.example', timeoutMs: 10_000 },
    ]);
  });

  it('connects to a load balancer and asks for the name', async () => {
    const { targets } = await observe(good, { connectTo: 'lb.example' });
    expect(targets[0]).toMatchObject({ host: 'lb.example', serverName: 'app.example' });
  });

  it.each<[string, TlsResult | undefined, string]>([
    [
      'a name that does not match',
      { ...good, authorized: false, authorizationError: 'ERR_TLS_CERT_ALTNAME_INVALID' },
      'ERR_TLS_CERT_ALTNAME_INVALID',
    ],
    [
      'one that ends in less than 14 days',
      { ...good, validTo: '2026-03-24T16:59:59.000Z' },
      'ends in 13 days',
    ],
    ['no handshake', undefined, 'ECONNREFUSED'],
  ])('does not accept %s', async (_, result, note) => {
    expect((await observe(result)).seen).toMatchObject({
      status: 'pending',
      note: expect.stringContaining(note),
    });
  });

  it('accepts exactly as many days as are wanted', async () => {
    const validTo = '2026-03-24T17:00:00.000Z';
    expect((await observe({ ...good, validTo })).seen.status).toBe('done');
    expect((await observe({ ...good, validTo }, { daysLeft: 15 })).seen.status).toBe('pending');
  });
});

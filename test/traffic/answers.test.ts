import { describe, expect, it } from 'vitest';
import { ServiceUnavailableError } from '../../shared/errors.ts';
import type { DnsQuery, Network } from '../../shared/ports.ts';
import { describeSight, lookAround } from '../../shared/traffic/answers.ts';
import { contextOf } from '../support/compute-world.ts';
import { aliasName, appName, primaryTarget, recoveryTarget } from '../support/traffic-plan.ts';

type Answers = (query: DnsQuery) => string[] | undefined;

/** A network whose DNS answers from a table; undefined is silence. */
function networkOf(answers: Answers): Network {
  return contextOf({
    network: {
      async dns(query) {
        const values = answers(query);
        if (!values) throw new ServiceUnavailableError('silent', { nextStep: 'wait' });
        return { values, ttlSeconds: 30 };
      },
    },
  }).network;
}
const at =
  (resolvers: Record<string, string[] | undefined>): Answers =>
  query =>
    resolvers[query.resolver];

describe('lookAround', () => {
  it('tells the sides apart for a CNAME', async () => {
    const sight = await lookAround(
      networkOf(
        at({
          authoritative: [`${recoveryTarget}.`.toUpperCase()],
          '1.1.1.1': [recoveryTarget],
          '8.8.8.8': [primaryTarget],
          '9.9.9.9': undefined,
        }),
      ),
      appName,
    );
    expect(describeSight(sight)).toBe(
      'authoritative: recovery, 1.1.1.1: recovery, 8.8.8.8: primary, 9.9.9.9: silent',
    );
    expect(sight.majorityAtRecovery).toBe(false);
    expect(sight.authoritative.ttlSeconds).toBe(30);
  });

  it('needs more than half of the resolvers, and silence is no agreement', async () => {
    const two = {
      authoritative: [],
      '1.1.1.1': [recoveryTarget],
      '8.8.8.8': [recoveryTarget],
      '9.9.9.9': undefined,
    };
    expect((await lookAround(networkOf(at(two)), appName)).majorityAtRecovery).toBe(true);
    const half = { ...appName, resolvers: ['1.1.1.1', '9.9.9.9'] };
    expect((await lookAround(networkOf(at(two)), half)).majorityAtRecovery).toBe(false);
  });

  it('takes an answer that leads to neither side for what it is', async () => {
    const sight = await lookAround(
      networkOf(() => ['elsewhere.example']),
      appName,
    );
    expect(sight.authoritative.side).toBe('other');
    expect(
      (
        await lookAround(
          networkOf(() => []),
          appName,
        )
      ).authoritative.side,
    ).toBe('other');
  });

  it('compares the addresses of an alias with those of the load balancers', async () => {
    const table: Record<string, string[]> = {
      [aliasName.name]: ['203.0.113.2'],
      [recoveryTarget]: ['203.0.113.1', '203.0.113.2'],
      [primaryTarget]: ['198.51.100.1'],
    };
    const sight = (own: Record<string, string[]>) =>
      lookAround(
        networkOf(query => ({ ...table, ...own })[query.name]),
        aliasName,
      );
    expect((await sight({})).authoritative.side).toBe('recovery');
    expect((await sight({ [aliasName.name]: ['198.51.100.1'] })).authoritative.side).toBe('primary');
    expect((await sight({ [aliasName.name]: ['192.0.2.1'] })).authoritative.side).toBe('other');
  });
});

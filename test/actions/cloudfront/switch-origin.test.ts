import {
  CloudFrontClient,
  GetDistributionCommand,
  GetDistributionConfigCommand,
  UpdateDistributionCommand,
} from '@aws-sdk/client-cloudfront';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { action } from '../../../shared/actions/cloudfront/switch-origin.ts';
import { trafficSides } from '../../../simulator/invariants/truths.ts';
import { distributionsOf } from '../../../simulator/world/distributions.ts';
import { urlAnswers } from '../../../simulator/world/internet.ts';
import { inAws, openChanges, permissionsOf, reasonsOf } from '../../support/aws-world.ts';
import { contextOf } from '../../support/compute-world.ts';
import { mockClient } from '../../support/mock-client.ts';
import { components } from './distribution.ts';

const kind = 'cloudfront.switch-origin';
const url = 'https://www.shop.example/health';
const toRecovery = { distribution: 'www', to: 'recovery', url };

describe('cloudfront.switch-origin', () => {
  it.each([
    {},
    { faults: { 'cloudfront.UpdateDistribution': ['lost-reply' as const] } },
    { stale: 'cloudfront' },
  ])('is done when the other origin serves everywhere, and goes back, under %o', options =>
    inAws(
      components,
      async ({ play, world }) => {
        world.loseRegion('ap-southeast-2');
        expect(trafficSides(world).get('www')).toEqual({ goes: 'primary', ready: false });
        expect(urlAnswers(world, url)).toBe(false);
        const { seen, undo } = await play(kind, toRecovery);
        expect(seen).toMatchObject({ status: 'done', outputs: { origin: 'away' } });
        expect(trafficSides(world).get('www')).toEqual({ goes: 'recovery', ready: true });
        expect(urlAnswers(world, url)).toBe(true);
        expect((await play(kind, toRecovery)).preparation.status).toBe('already-done');
        expect(await undo()).toMatchObject({ status: 'done' });
        expect(distributionsOf(world)).toMatchObject([{ target: 'home' }]);
      },
      options,
    ),
  );

  it('is not done while edges go to the old origin', () =>
    inAws(components, async ({ play }) => {
      const { seen } = await play(kind, toRecovery, { forSeconds: 20 });
      expect(seen).toEqual({ status: 'pending', note: 'The distribution is InProgress.' });
    }));

  it('waits until the address answers through the distribution', () =>
    inAws(components, async ({ play, world }) => {
      world.loseRegion('ap-southeast-4');
      const { seen } = await play(kind, toRecovery, { forSeconds: 1_200 });
      expect(seen).toMatchObject({ status: 'pending', note: expect.stringContaining('did not answer') });
    }));

  it('mends a distribution that leads to an origin which answers nobody', () =>
    inAws(components, async ({ play, strike, world, wait }) => {
      const holds = strike({ type: 'failure' }, 'www');
      await wait(1_000);
      expect(urlAnswers(world, url)).toBe(false);
      expect((await play(kind, { ...toRecovery, to: 'primary' })).seen).toMatchObject({ status: 'done' });
      expect(holds()).toBe(false);
    }));

  it('refuses a distribution that was deleted', () =>
    inAws(components, async ({ play, strike }) => {
      expect(strike({ type: 'loss' }, 'www')()).toBe(true);
      expect(reasonsOf((await play(kind, toRecovery)).preparation)).toBe(
        'There is no distribution E2QWRUHAPOMQZL.',
      );
    }));

  it('does not answer while us-east-1 is lost', () =>
    inAws(components, async ({ play, world }) => {
      world.loseRegion('us-east-1');
      await expect(play(kind, toRecovery)).rejects.toThrow(/did not answer/);
    }));

  it('changes this distribution only, and prepares only in a drill', async () => {
    const lines = await permissionsOf(kind, components, toRecovery);
    expect(lines).toContain(
      'cloudfront:UpdateDistribution arn:${AWS::Partition}:cloudfront::${AWS::AccountId}:distribution/E2QWRUHAPOMQZL',
    );
    expect(openChanges(lines)).toEqual([]);
    expect(action.drill).toBe('prepare-only');
  });
});

describe('cloudfront.switch-origin against CloudFront', () => {
  const mockFront = () => mockClient(CloudFrontClient);
  let front: ReturnType<typeof mockFront>;
  const parameters = action.parameters.parse({
    distribution: { ...components.www, id: 'www' },
    to: 'recovery',
  });
  const context = contextOf({
    aws: { client: () => new CloudFrontClient({ region: 'us-east-1' }) as never },
  });
  const behavior = (PathPattern: string, TargetOriginId: string) => ({
    PathPattern,
    TargetOriginId,
    ViewerProtocolPolicy: 'https-only' as const,
    CachePolicyId: 'policy',
  });
  const config = (target = 'home', groups: string[] = []) => ({
    CallerReference: 'r',
    Comment: 'kept',
    Enabled: true,
    Origins: {
      Quantity: 2,
      Items: [
        { Id: 'home', DomainName: 'a' },
        { Id: 'away', DomainName: 'b' },
      ],
    },
    OriginGroups: { Quantity: groups.length, Items: groups.map(Id => ({ Id })) },
    DefaultCacheBehavior: { TargetOriginId: target, ViewerProtocolPolicy: 'https-only' as const },
    CacheBehaviors: { Quantity: 2, Items: [behavior('/api/*', 'home'), behavior('/media/*', 'store')] },
  });

  function given(DistributionConfig: object): void {
    const Distribution = { Status: 'Deployed', DistributionConfig };
    front.on(GetDistributionCommand).resolves({ Distribution: Distribution as never });
    front
      .on(GetDistributionConfigCommand)
      .resolves({ ETag: 'E7', DistributionConfig: DistributionConfig as never });
    front.on(UpdateDistributionCommand).resolves({});
  }
  const sent = () => front.commandCalls(UpdateDistributionCommand).map(({ args: [{ input }] }) => input);

  beforeEach(() => {
    front = mockFront();
    given(config());
  });
  afterEach(() => front.restore());

  it('changes where behaviours lead, and nothing else, from the version that it read', async () => {
    await action.act?.(context, parameters, {});
    const wanted = config('away');
    wanted.CacheBehaviors.Items[0] = behavior('/api/*', 'away');
    expect(sent()).toEqual([{ Id: 'E2QWRUHAPOMQZL', IfMatch: 'E7', DistributionConfig: wanted }]);
  });

  it('sends nothing over a change that somebody made in between', async () => {
    const raced = Object.assign(new Error('precondition'), { name: 'PreconditionFailed', $metadata: {} });
    front.on(UpdateDistributionCommand).rejectsOnce(raced).resolves({});
    await action.act?.(context, parameters, {});
    expect(await action.observe(context, parameters, {})).toMatchObject({ status: 'pending' });
    expect(sent()).toHaveLength(2);
  });

  it('puts back only what it changed', async () => {
    const changed = config('away');
    changed.CacheBehaviors.Items = [behavior('/api/*', 'canary'), behavior('/media/*', 'store')];
    given(changed);
    const before = { '*': 'home', '/api/*': 'home', '/media/*': 'store' };
    await action.undo?.(context, parameters, { before }, {});
    const [input] = sent();
    expect(input?.DistributionConfig?.DefaultCacheBehavior?.TargetOriginId).toBe('home');
    expect(input?.DistributionConfig?.CacheBehaviors?.Items?.[0]?.TargetOriginId).toBe('canary');
  });

  it.each([
    [
      config('both', ['both']),
      'The default behaviour leads to the origin group both, which changes over by itself.',
    ],
    [
      { ...config(), Origins: { Quantity: 1, Items: [{ Id: 'home', DomainName: 'a' }] } },
      'The distribution E2QWRUHAPOMQZL has no origin away; it has home.',
    ],
    [{ ...config(), Enabled: false }, 'The distribution E2QWRUHAPOMQZL is disabled: it serves nobody.'],
  ])('refuses what it can not or need not change', async (found, reason) => {
    given(found);
    expect(reasonsOf(await action.prepare(context, parameters))).toBe(reason);
  });
});

import {
  CloudFrontClient,
  CreateInvalidationCommand,
  GetInvalidationCommand,
} from '@aws-sdk/client-cloudfront';
import { describe, expect, it, onTestFinished } from 'vitest';
import { action } from '../../../shared/actions/cloudfront/invalidate.ts';
import type { CallFault } from '../../../simulator/faults/faults.ts';
import { inAws, openChanges, permissionsOf, reasonsOf } from '../../support/aws-world.ts';
import { contextOf } from '../../support/compute-world.ts';
import { mockClient } from '../../support/mock-client.ts';
import { components } from './distribution.ts';

const kind = 'cloudfront.invalidate';
const given = { distribution: 'www', paths: ['/index.html', '/tickets/*'] };

describe('cloudfront.invalidate', () => {
  it.each<{ faults?: Record<string, CallFault[]> }>([
    {},
    { faults: { 'cloudfront.CreateInvalidation': ['lost-reply'] } },
  ])('is done when the edges have forgotten, and asks for it once, under %o', options =>
    inAws(
      components,
      async ({ play, world }) => {
        const { seen } = await play(kind, given);
        expect(seen).toMatchObject({ status: 'done', outputs: { invalidation: 'I0000000000001' } });
        const asked = world.changes.filter(({ what }) => what.startsWith('Edges are to forget'));
        expect(asked.map(({ what }) => what)).toEqual(['Edges are to forget /index.html /tickets/*']);
        await play(kind, given);
        expect(world.changes.filter(({ what }) => what.startsWith('Edges are to forget'))).toHaveLength(2);
      },
      options,
    ),
  );

  it('refuses a distribution that is not there', () =>
    inAws(components, async ({ play, strike }) => {
      strike({ type: 'loss' }, 'www');
      expect(reasonsOf((await play(kind, given)).preparation)).toBe(
        'There is no distribution E2QWRUHAPOMQZL.',
      );
    }));

  it('takes paths only that CloudFront takes', () => {
    const www = { ...components.www, id: 'www' };
    for (const paths of [[], ['index.html'], ['/a b']])
      expect(action.parameters.safeParse({ distribution: www, paths }).success).toBe(false);
  });

  it('may take nothing out of another distribution', async () => {
    const lines = await permissionsOf(kind, components, given);
    expect(lines.every(line => line.endsWith(':distribution/E2QWRUHAPOMQZL'))).toBe(true);
    expect(openChanges(lines)).toEqual([]);
    expect(action.drill).toBe('prepare-only');
  });
});

describe('cloudfront.invalidate against CloudFront', () => {
  it('asks again with the same reference when too many are under way', async () => {
    const front = mockClient(CloudFrontClient);
    onTestFinished(() => front.restore());
    const memory = {};
    const aws = { client: () => new CloudFrontClient({ region: 'us-east-1' }) as never };
    const context = contextOf({ aws, memory });
    const parameters = action.parameters.parse({ ...given, distribution: { ...components.www, id: 'www' } });
    const busy = Object.assign(new Error('busy'), { name: 'TooManyInvalidationsInProgress', $metadata: {} });
    front
      .on(CreateInvalidationCommand)
      .rejectsOnce(busy)
      .resolves({ Invalidation: { Id: 'I1' } as never });
    front.on(GetInvalidationCommand).resolves({ Invalidation: { Status: 'InProgress' } as never });
    const baseline = { reference: 'run-step-1' };
    await action.act?.(context, parameters, baseline);
    expect(memory).toEqual({});
    expect(await action.observe(context, parameters, baseline)).toMatchObject({ status: 'pending' });
    expect(memory).toEqual({ id: 'I1' });
    expect(await action.observe(context, parameters, { ...baseline, ...memory })).toEqual({
      status: 'pending',
      note: 'The invalidation I1 is InProgress.',
    });
    const references = front
      .commandCalls(CreateInvalidationCommand)
      .map(({ args: [{ input }] }) => input.InvalidationBatch?.CallerReference);
    expect(references).toEqual(['run-step-1', 'run-step-1']);
  });
});

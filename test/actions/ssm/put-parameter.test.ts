import { describe, expect, it } from 'vitest';
import { parametersOf } from '../../../simulator/services/ssm/parameters.ts';
import { inAws, openChanges, permissionsOf, reasonsOf } from '../../support/aws-world.ts';

const kind = 'ssm.put-parameter';
const region = 'ap-southeast-4';
const flags = {
  type: 'ssm-parameters',
  region,
  path: '/shop/dr',
  names: ['active-region', 'api-key'],
  texts: { 'active-region': 'ap-southeast-2' },
};
const components = { flags, home: { ...flags, region: 'ap-southeast-2' } };
const given = { parameters: 'flags', name: 'active-region', value: region };
const valueIn = (world: Parameters<typeof parametersOf>[0], at = region) =>
  parametersOf(world).get(`${at}/shop/dr/active-region`)?.Value;

describe(kind, () => {
  it('is done when a read gives the value, and puts back what was there', () =>
    inAws(components, async ({ play, world, changes }) => {
      const { seen, undo } = await play(kind, given);
      expect(seen).toMatchObject({ status: 'done', outputs: { previous: 'ap-southeast-2', version: 2 } });
      expect(valueIn(world)).toBe(region);
      expect(valueIn(world, 'ap-southeast-2')).toBe('ap-southeast-2');
      expect((await play(kind, given)).preparation.status).toBe('already-done');
      expect(await undo()).toMatchObject({ status: 'done' });
      expect(valueIn(world)).toBe('ap-southeast-2');
      expect(changes.map(({ what }) => what)).toEqual([
        `/shop/dr/active-region from "ap-southeast-2" to "${region}".`,
        `/shop/dr/active-region from "${region}" to "ap-southeast-2".`,
      ]);
    }));

  it.each([{ faults: { 'ssm.PutParameter': ['lost-reply' as const] } }, { stale: 'ssm' }])(
    'is safe under %o',
    options =>
      inAws(
        components,
        async ({ play, world }) => {
          expect((await play(kind, given)).seen).toMatchObject({ status: 'done' });
          expect(valueIn(world)).toBe(region);
        },
        options,
      ),
  );

  it('leaves what somebody else has written since', () =>
    inAws(components, async ({ play, call, world }) => {
      const { undo } = await play(kind, given);
      const input = { Name: '/shop/dr/active-region', Value: 'eu-west-1', Overwrite: true };
      await call('ssm.PutParameter', input);
      expect(reasonsOf(await undo())).toContain('so it is left alone');
      expect(valueIn(world)).toBe('eu-west-1');
    }));

  it.each([
    ['a secret', { name: 'api-key' }, 'is a SecureString'],
    ['a name that the plan does not have', { name: 'other' }, 'not among the names of flags'],
  ])('refuses %s', (_, other, said) =>
    inAws(components, async ({ play }) => {
      expect(reasonsOf((await play(kind, { ...given, ...other })).preparation)).toContain(said);
    }),
  );

  it('refuses one that is not there, and production in a drill', () =>
    inAws(components, async ({ play, world }) => {
      const drill = await play(kind, { ...given, parameters: 'home' }, { mode: 'drill' });
      expect(reasonsOf(drill.preparation)).toContain('This is a drill');
      parametersOf(world).delete(`${region}/shop/dr/active-region`);
      expect(reasonsOf((await play(kind, given)).preparation)).toContain('There is no parameter');
    }));

  it('may write this parameter only', async () => {
    const permissions = await permissionsOf(kind, components, given);
    expect(openChanges(permissions)).toEqual([]);
    expect(permissions).toContain(
      `ssm:PutParameter arn:\${AWS::Partition}:ssm:${region}:\${AWS::AccountId}:parameter/shop/dr/active-region`,
    );
  });
});

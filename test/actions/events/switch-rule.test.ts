import { describe, expect, it } from 'vitest';
import { rulesOf } from '../../../simulator/services/events.ts';
import { inAws, permissionsOf, reasonsOf } from '../../support/aws-world.ts';

const region = 'ap-southeast-4';
const components = {
  nightly: { type: 'event-rule', region, name: 'nightly-settlement', bus: 'shop', enabled: false },
};
const on = { rule: 'nightly', enabled: true };

describe('events.switch-rule', () => {
  it('is done when the rule reads ENABLED, and turns it back', () =>
    inAws(
      components,
      async ({ play, world }) => {
        const { seen, undo } = await play('events.switch-rule', on);
        expect(seen).toMatchObject({ status: 'done', outputs: { state: 'ENABLED' } });
        expect((await play('events.switch-rule', on)).preparation.status).toBe('already-done');
        expect(await undo()).toMatchObject({ status: 'done' });
        expect(rulesOf(world)).toMatchObject([{ on: false }]);
      },
      { faults: { 'events.EnableRule': ['lost-reply'] } },
    ));

  it('is not misled by stale reads', () =>
    inAws(
      components,
      async ({ play }) =>
        expect((await play('events.switch-rule', on)).seen).toMatchObject({ status: 'done' }),
      { stale: 'events' },
    ));

  it('refuses a rule of another bus', () =>
    inAws(components, async ({ play }) => {
      const other = { ...components.nightly, id: 'x', bus: 'default' };
      const { preparation } = await play('events.switch-rule', { rule: other, enabled: true });
      expect(reasonsOf(preparation)).toBe(
        `There is no rule nightly-settlement on the bus default in ${region}.`,
      );
    }));

  it('may switch this rule only', async () => {
    expect(await permissionsOf('events.switch-rule', components, on)).toContain(
      `events:EnableRule arn:\${AWS::Partition}:events:${region}:\${AWS::AccountId}:rule/shop/nightly-settlement`,
    );
  });
});

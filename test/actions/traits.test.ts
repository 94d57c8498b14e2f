import { describe, expect, it } from 'vitest';
import { listKinds, loadActions } from '../../shared/actions/load-actions.ts';

const actions = Object.values(await loadActions(listKinds()));
const withTrait = (trait: string) => actions.filter(({ traits = [] }) => traits.some(one => one === trait));

describe('what actions are in a recovery', () => {
  it('asks a database by a parameter that names a component', () => {
    const asking = actions.filter(({ asks }) => asks !== undefined);
    expect(asking.length).toBeGreaterThan(10);
    for (const { kind, asks = '', components } of asking)
      expect(Object.keys(components), kind).toContain(asks);
  });

  it.each(['moves-users', 'moves-writer', 'brings-users-back', 'makes-new', 'needs-capacity'])(
    '%s changes something',
    trait => {
      expect(withTrait(trait).length).toBeGreaterThan(0);
      expect(withTrait(trait).filter(({ mutates }) => !mutates)).toEqual([]);
    },
  );

  it('what is made under a new name is put out by its name or address', () => {
    for (const { kind, outputs } of withTrait('makes-new'))
      expect(Object.keys(outputs).join(' '), kind).toMatch(/endpoint|instance|identifier|cluster|name/i);
  });

  it('a kind that moves a writer away from a lost region can do without it', () => {
    const failovers = withTrait('moves-writer').filter(({ kind }) => /fail-?over/.test(kind));
    expect(failovers.length).toBeGreaterThan(3);
    for (const { kind, traits } of failovers) expect(traits, kind).toContain('expects-silence');
  });
});

import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { checkPlan } from '../../shared/plan/check.ts';
import { lintRules } from '../../shared/plan/cross-check.ts';
import { fixtureText as read } from './fixture-text.ts';

const lineOf = (text: string, part: string) => text.slice(0, text.indexOf(part)).split('\n').length;
const fixtures = new URL('./fixtures/', import.meta.url);

describe('lint rules', () => {
  it('each has a plan that triggers it and one that does not', () => {
    expect(readdirSync(fixtures).sort()).toEqual(lintRules.map(rule => rule.id).sort());
  });

  it.each(lintRules)(
    '$id is found in the line that the fixture marks, and nothing else',
    async ({ id, severity }) => {
      const text = read(id, 'triggers');
      const line = text.split('\n').findIndex(each => each.endsWith(`# <- ${id}`)) + 1;
      const { findings } = await checkPlan({ text, file: 'triggers.yml' });
      expect(findings).toMatchObject([{ rule: id, severity, line, file: 'triggers.yml' }]);
    },
  );

  it.each(lintRules)('$id leaves the clean plan alone', async ({ id }) => {
    const { plan, findings } = await checkPlan({ text: read(id, 'clean'), file: 'clean.yml' });
    expect(findings.filter(finding => finding.waived === undefined)).toEqual([]);
    expect(plan?.system.id).toBe('shop');
  });
});

describe('waivers', () => {
  const warning = read('us-east-1-control-plane', 'triggers');

  it('silence the warnings of their own element and keep the reason', async () => {
    const { findings } = await checkPlan({ text: read('us-east-1-control-plane', 'clean'), file: 'p.yml' });
    expect(findings).toMatchObject([{ rule: 'us-east-1-control-plane', waived: /^Accelerated recovery/ }]);
  });

  it('do not reach the elements inside', async () => {
    const text = warning.replace(
      '    manualOnly: true',
      '    waived: Nothing of this scenario matters at all\n    manualOnly: true',
    );
    const { findings } = await checkPlan({ text, file: 'p.yml' });
    expect(findings).toHaveLength(1);
    expect(findings[0]?.waived).toBeUndefined();
  });

  it('that name a rule are for that rule only', async () => {
    const waived = (reason: string) =>
      checkPlan({
        text: read('us-east-1-control-plane', 'clean').replace(/waived: .*/, `waived: "${reason}"`),
        file: 'p.yml',
      });
    const [own] = (await waived('us-east-1-control-plane: accelerated recovery is on')).findings;
    expect(own?.waived).toMatch(/^us-east-1-control-plane: /);
    const [other] = (await waived('no-failback: accelerated recovery is on')).findings;
    expect(other).toMatchObject({ rule: 'us-east-1-control-plane' });
    expect(other?.waived).toBeUndefined();
  });

  it.each(['ok', '            ', 'no-failback: ', 'us-east-1-control-plane:   later'])(
    'are refused without a reason: "%s"',
    async reason => {
      const text = read('us-east-1-control-plane', 'clean').replace(/waived: .*/, `waived: "${reason}"`);
      const { plan, findings } = await checkPlan({ text, file: 'p.yml' });
      expect(plan).toBeUndefined();
      expect(findings).toContainEqual(
        expect.objectContaining({ severity: 'error', line: lineOf(text, 'waived:') }),
      );
    },
  );

  it('do not silence errors', async () => {
    const text = read('traffic-before-readiness', 'triggers').replace(
      '              fallbackAfter: 5m',
      '              fallbackAfter: 5m\n            waived: We have always done it in this order',
    );
    const { plan, findings } = await checkPlan({ text, file: 'p.yml' });
    expect(findings[0]?.waived).toBeUndefined();
    expect(plan).toBeUndefined();
  });
});

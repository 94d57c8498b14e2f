import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { lintRulesPage } from '../../scripts/reference/lint-rules-page.ts';
import { checkPlan } from '../../shared/plan/check.ts';
import { apply, type Damage, findingsIn } from './damages/damage.ts';
import { lintDamages } from './damages/lint.ts';
import { referenceDamages } from './damages/reference.ts';
import { schemaDamages } from './damages/schema.ts';
import { stepDamages } from './damages/step.ts';
import { textDamages } from './damages/text.ts';

const file = new URL('../../plans/liquid-abt/plan.yml', import.meta.url);
const text = readFileSync(file, 'utf8');

describe('the plan of LIQUID ABT', () => {
  it('has no findings but those that it gives a reason for', async () => {
    const { plan, findings } = await checkPlan({ text, file: 'plan.yml' });
    expect(findings.filter(finding => finding.waived === undefined)).toEqual([]);
    expect(findings.map(finding => finding.rule)).toEqual(['automatic-on-one-observer']);
    expect(Object.keys(plan?.scenarios ?? {}).slice(0, 2)).toEqual(['database-failure', 'region-failure']);
  });

  it('gives every component its own id', async () => {
    const { plan } = await checkPlan({ text, file: 'plan.yml' });
    for (const [id, component] of Object.entries(plan?.components ?? {})) expect(component.id).toBe(id);
  });
});

describe.each<[string, Damage[]]>([
  ['schema', schemaDamages],
  ['text', textDamages],
  ['references', referenceDamages],
  ['steps', stepDamages],
  ['lint', lintDamages],
])('a damaged plan: %s', (_, damages) => {
  it.each(damages)('$name: $rule', async damage => {
    const damaged = apply(text, damage);
    const findings = await findingsIn(damaged.text);
    const found = findings.filter(finding => finding.rule === damage.rule && finding.line === damaged.line);
    expect(found, JSON.stringify(findings, undefined, 2)).toHaveLength(1);
    expect(found[0]?.near).toBe(damage.near);
    expect(found[0]?.mend).not.toBe('');
    // One slip must not drown in its consequences.
    expect(findings.filter(finding => finding.waived === undefined).length).toBeLessThanOrEqual(4);
  });
});

describe('several damages', () => {
  it('are all found at once, whichever stage finds them', async () => {
    const chosen = [
      'a system key mistyped',
      'a component key mistyped',
      'a channel that is not there',
      'a kind mistyped',
      'a parameter mistyped',
      'a reference to a sibling branch',
      'a key written twice',
    ];
    const all = [...schemaDamages, ...textDamages, ...referenceDamages, ...stepDamages, ...lintDamages];
    const damages = chosen.map(name => all.find(damage => damage.name === name) ?? expect.fail(name));
    const damaged = damages.reduce((before, damage) => apply(before, damage).text, text);
    const { plan, findings } = await checkPlan({ text: damaged, file: 'plan.yml' });
    expect(plan).toBeUndefined();
    const rules = findings.filter(finding => finding.waived === undefined).map(finding => finding.rule);
    expect(rules.sort()).toEqual(damages.map(damage => damage.rule).sort());
  });

  it('come in the order of the file', async () => {
    const damaged = text.replaceAll('timeout: 5m', 'timeot: 5m');
    const { findings } = await checkPlan({ text: damaged, file: 'plan.yml' });
    const lines = findings.map(finding => finding.line);
    expect(lines).toEqual(lines.toSorted((a, b) => a - b));
    expect(lines.length).toBeGreaterThan(5);
  });
});

// With the other pages in test/docs it would take as long again: what these tests found is what the page shows.
it('the page of rules says what is found (mend: node scripts/write-reference.ts)', async () => {
  const page = new URL('../../docs/reference/lint-rules.md', import.meta.url);
  expect(readFileSync(page, 'utf8')).toBe(await lintRulesPage());
});

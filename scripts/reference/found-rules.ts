import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkPlan } from '../../shared/plan/check.ts';
import type { Finding } from '../../shared/plan/finding.ts';
import { apply, type Damage, findingsIn } from '../../test/plan/damages/damage.ts';
import { lintDamages } from '../../test/plan/damages/lint.ts';
import { referenceDamages } from '../../test/plan/damages/reference.ts';
import { schemaDamages } from '../../test/plan/damages/schema.ts';
import { stepDamages } from '../../test/plan/damages/step.ts';
import { textDamages } from '../../test/plan/damages/text.ts';
import { fixtureText } from '../../test/plan/fixture-text.ts';

const root = new URL('../../', import.meta.url);

/** What `validate` says about the plan that triggers a lint rule. */
export async function exampleOfLintRule(rule: string): Promise<Finding> {
  const text = fixtureText(rule, 'triggers');
  const { findings } = await checkPlan({ text, file: 'plan.yml' });
  const found = findings.find(finding => finding.rule === rule);
  if (!found) throw new Error(`test/plan/fixtures/${rule}/triggers.yml does not trigger ${rule}`);
  return found;
}

/** One finding of each other rule: what `validate` says about LIQUID ABT's plan when it is damaged on purpose. */
export async function examplesOfOtherRules(lintRuleIds: readonly string[]): Promise<Finding[]> {
  const text = readFileSync(new URL('plans/liquid-abt/plan.yml', root), 'utf8');
  const damages = [textDamages, schemaDamages, referenceDamages, stepDamages, lintDamages, more].flat();
  const examples = new Map<string, Finding>();
  for (const damage of damages) {
    if (examples.has(damage.rule) || lintRuleIds.includes(damage.rule)) continue;
    keepFirst(examples, await findingsIn(apply(text, damage).text));
  }
  for (const whole of wholeFiles) keepFirst(examples, await findingsIn(whole));
  keepFirst(examples, (await checkPlan('plans/no-such-system/plan.yml')).findings);
  keepFirst(examples, await findingsInBytes(Buffer.from([0x6c, 0xe9, 0x0a])));
  for (const rule of lintRuleIds) examples.delete(rule);
  return [...examples.values()];
}

/** Damages that no group of the tests has. */
const more: Damage[] = [
  {
    name: 'a reference to what may not be there',
    find: 'onFailure: stop',
    put: 'onFailure: continue',
    after: 'id: find-restore-point',
    rule: 'reference-may-be-missing',
  },
  {
    name: 'a restore in the region that may be lost',
    find: 'region: ap-southeast-4',
    put: 'region: ap-southeast-2',
    after: 'type: rds-restore-target',
    rule: 'restore-in-primary',
  },
  {
    name: 'a backup that is not there',
    find: 'of: database-snapshots',
    put: 'of: database-snapshot',
    rule: 'unknown-backup',
  },
  {
    name: 'a retention that RDS does not have',
    find: 'retention: 7d',
    put: 'retention: 90d',
    after: 'type: rds-automated',
    rule: 'retention-not-possible',
  },
  {
    name: 'a restore test that holds dumps only',
    find: 'into: database-proof',
    put: 'into: embedded',
    rule: 'verify-target',
  },
  {
    name: 'a proof of what is never restored',
    find: '      operation: verify',
    put: '      operation: verify\n      backups: [database-automated]',
    rule: 'nothing-to-verify',
  },
  {
    name: 'a failover of what has no standby',
    find: '    multiAz: true',
    put: '    multiAz: false',
    rule: 'refused-in-any-case',
  },
  {
    name: 'a drill in a mode that the scenario lacks',
    find: '      mode: dry-run',
    put: '      mode: planned',
    after: 'partial-activation:',
    rule: 'unknown-mode',
  },
  {
    name: 'a check that moves users',
    find: '      type: drill\n      scenario: region-failure\n      mode: dry-run',
    put: '      type: check\n      scenario: region-failure',
    after: 'partial-activation:',
    rule: 'check-changes-something',
  },
  {
    name: 'secrets in a file without a key',
    find: '  database-replicated:\n',
    put: `  objects:
    type: kubernetes-export
    title: Objects
    retention: 7d
    bucket: liquid-abt-exports
    region: ap-southeast-4
    cluster: cluster-recovery
    namespaces: [liquid-abt-dr]
    kinds: [Secret]
  database-replicated:
`,
    rule: 'secrets-in-clear',
  },
];

const wholeFiles = [
  'zero: \0\n',
  `deep: ${'['.repeat(60)}${']'.repeat(60)}\n`,
  `one: &a 1\nmany: [${'*a, '.repeat(200)}1]\n`,
  'x'.repeat(1_000_001),
  Array.from({ length: 300 }, (_, index) => `unknown-${index}: 1\n`).join(''),
];

/** Only a file has an encoding. */
async function findingsInBytes(bytes: Buffer): Promise<Finding[]> {
  const folder = mkdtempSync(join(tmpdir(), 'lifeboat-'));
  try {
    writeFileSync(join(folder, 'plan.yml'), bytes);
    return (await checkPlan(join(folder, 'plan.yml'))).findings;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function keepFirst(examples: Map<string, Finding>, findings: readonly Finding[]): void {
  for (const finding of findings) {
    if (!examples.has(finding.rule)) examples.set(finding.rule, finding);
  }
}

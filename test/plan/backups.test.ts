import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { checkPlan } from '../../shared/plan/check.ts';

const text = readFileSync('plans/liquid-abt/plan.yml', 'utf8');

/** Errors of LIQUID ABT's plan with one text in it replaced. */
async function errorsWith(from: string, to: string): Promise<string[]> {
  expect(text).toContain(from);
  const { findings } = await checkPlan({ file: 'plan.yml', text: text.replace(from, to) });
  return findings
    .filter(({ severity }) => severity === 'error')
    .map(({ rule, message }) => `${rule}: ${message}`);
}

describe('backups and calendar of a plan', () => {
  it.each([
    [
      'of: database-snapshots',
      'of: database-snapshot',
      /unknown-backup: There is no backup "database-snapshot"/,
    ],
    ['of: database-snapshots', 'of: database-replicated', /topology-mismatch: .*no snapshots to copy/],
    [
      'component: database\n    retention: 7d\n    rpo: 15m',
      'component: cache-primary\n    retention: 7d',
      /topology-mismatch: "cache-primary"/,
    ],
    [
      'retention: 7d\n    rpo: 15m',
      'retention: 90d\n    rpo: 15m',
      /retention-not-possible: RDS keeps .* 90 are asked for/,
    ],
    ['into: database-proof', 'into: embedded', /verify-target: Only a dump/],
    [
      'subnetGroup: liquid-abt-isolated',
      'subnetGroup: liquid-abt-dr-database',
      /verify-target: .*subnet group of "database-restored"/,
    ],
    ['when: cron(0 2/6 * * ? *)', 'when: cron(0 2/6 * * *)', /has not six fields/],
    [
      'operation: verify',
      'operation: verify\n      backups: [database-automated]',
      /nothing-to-verify: "database-automated"/,
    ],
    [
      'scenario: region-failure\n    implements: [LA-140',
      'scenario: region-failur\n    implements: [LA-140',
      /unknown-scenario: .*"region-failur"/,
    ],
    ['mode: dry-run', 'mode: planned', /unknown-mode: .*no mode planned/],
    [
      'type: drill\n      scenario: region-failure\n      mode: dry-run',
      'type: check\n      scenario: region-failure',
      /check-changes-something: .*a step that changes something/,
    ],
    [
      'people: [platform-lead, engineering-manager, cto]',
      'people: [platform-led]',
      /unknown-person: There is no person "platform-led"/,
    ],
    [
      'timeZone: Australia/Sydney\n    does:\n      type: backups',
      'timeZone: Sydney\n    does:\n      type: backups',
      /time zone/,
    ],
  ])('%j -> %j is an error', async (from, to, said) => {
    expect(await errorsWith(from, to)).toContainEqual(expect.stringMatching(said));
  });
});

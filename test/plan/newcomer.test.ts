import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { checkPlan } from '../../shared/plan/check.ts';

const plan = readFileSync('examples/river-gauges/plan.yml', 'utf8');

describe('what a newcomer writes', () => {
  it.each([
    ['timeout: 30m', 'timeout: 30', 'bad-duration', 'Write 30s for seconds, 30m for minutes'],
    ['cron(0 6 * * ? *)', '0 6 * * *', 'wrong-value', 'Write cron(0 6 * * ? *).'],
    ['cron(0 6 * * ? *)', '0 6 * * 0', 'wrong-value', 'Write cron(0 6 ? * 0 *); in it Sunday is 1'],
    ['primary: us-east-2', 'primary: Ohio', 'wrong-format', 'Write an AWS region, such as eu-west-1.'],
    ['- id: assess', '- id: Assess_Scope', 'wrong-format', 'Write "assess-scope".'],
    ['desired: 4', 'desired: -1', 'out-of-range', 'Write a number that is at least 0.'],
    ['desired: 4', 'desired: four', 'wrong-type', 'Write digits, without quotes or a unit.'],
    ['multiAz: true', 'multiAz: maybe', 'wrong-type', 'Write true or false, without quotes.'],
    [
      'component: db, noticed',
      'component: media, noticed',
      'topology-mismatch',
      'Name a component of type rds-',
    ],
    [
      '    type: rds-instance\n',
      '',
      'missing-key',
      'Add "type": rds-instance, which its other keys belong to.',
    ],
    ['type: rds-instance', 'type: postgresql-database', 'unknown-value', 'Write rds-instance, which its'],
    ['credentials: secret:gauges/db', 'credentials: hunter2', 'secret-in-plan', 'Put the value into'],
  ])('%s as "%s" is told once, with how to mend it', async (right, wrong, rule, mend) => {
    expect(plan).toContain(right);
    const { findings } = await checkPlan({ text: plan.replace(right, wrong), file: 'plan.yml' });
    expect(findings.filter(({ waived }) => waived === undefined)).toMatchObject([
      { rule, mend: expect.stringContaining(mend) },
    ]);
  });
});

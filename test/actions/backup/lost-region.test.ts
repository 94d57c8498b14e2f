import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { deploymentOf } from '../../../deploy/build.ts';
import { checkPlan } from '../../../shared/plan/check.ts';
import { rehearse } from '../../../simulator/rehearse.ts';
import { statementsOf } from '../../deploy/support.ts';
import { violations } from '../../simulator/support/liquid-abt.ts';

type Lost = { system: string; scenario: string; backup: string; maxAge?: string };

/** A plan whose recovery of a lost region looks at a backup first. */
async function planOf({ system, scenario, backup, maxAge }: Lost) {
  const text = readFileSync(`${system}/plan.yml`, 'utf8');
  const parameters = maxAge === undefined ? { backup } : { backup, maxAge };
  const step = { id: 'first', title: 'First', do: 'backup.check', with: parameters, timeout: '30m' };
  const phase = { id: 'before', title: 'Before it', stage: 'decide', steps: [step] };
  const start = text.indexOf('    phases:\n', text.indexOf(`\n  ${scenario}:\n`)) + '    phases:\n'.length;
  const own = `${text.slice(0, start)}      - ${JSON.stringify(phase)}\n${text.slice(start)}`;
  const { plan, findings } = await checkPlan({ file: 'plan.yml', text: own });
  if (!plan) throw new Error(findings.map(({ message }) => message).join('\n'));
  return plan;
}

async function lose(lost: Lost) {
  const { system, scenario } = lost;
  const plan = await planOf(lost);
  const played = await rehearse({
    plan,
    planDirectory: system,
    scenario,
    mode: 'recover',
    seed: 1,
    faults: [],
    parameters: {},
  });
  if (!played.ok) throw new Error(played.problems.join('\n'));
  const entries = played.ledger.flatMap(({ entry }) =>
    entry.type === 'step' && entry.step === 'first' ? [entry] : [],
  );
  return {
    status: played.report.steps.find(({ id }) => id === 'first')?.status,
    said: JSON.stringify(entries.flatMap(({ evidence = [], reasons = [] }) => [...evidence, ...reasons])),
    outputs: entries.at(-1)?.outputs,
    broken: violations(played),
  };
}

const vault = { system: 'examples/ticket-shop', scenario: 'region-failure', backup: 'orders-backups' };
const dumps = { system: 'plans/ag-botkit', scenario: 'region-failure', backup: 'database-dumps' };

describe('backup.check while the region of the backups is lost', () => {
  it.each([
    [vault, 'eu-west-1'],
    [dumps, 'us-east-1'],
  ])('goes by the copies in the other region, and says so: %o', async (lost, region) => {
    const { status, said, outputs, broken } = await lose(lost);
    expect({ status, broken }).toEqual({ status: 'done', broken: [] });
    expect(said).toContain(`copies (${region} does not answer)`);
    expect(outputs?.ageSeconds).toBeGreaterThan(0);
  });

  it('fails when the newest copy is older than the step allows', async () => {
    const { status, said } = await lose({ ...vault, maxAge: '1m' });
    expect(status).not.toBe('done');
    expect(said).toContain('and this step allows 1 min');
  });

  it('waits for the region while it has no copies to go by', async () => {
    const { status, said } = await lose({
      system: 'plans/waqiti',
      scenario: 'region-disaster',
      backup: 'core-automated',
    });
    expect(status).not.toBe('done');
    expect(said).toContain('Nothing could be found out');
  });

  it('may read the copies', async () => {
    const { functions, resources } = await deploymentOf(await planOf(dumps));
    const { role } = functions.backup as { role: string };
    expect(JSON.stringify(statementsOf(resources, role))).toContain('s3:::ag-botkit-backups-replica');
  });
});

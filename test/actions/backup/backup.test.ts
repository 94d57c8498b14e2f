import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { deploymentOf } from '../../../deploy/build.ts';
import { checkPlan } from '../../../shared/plan/check.ts';
import type { Mode } from '../../../shared/runbook/contract.ts';
import { allowsAnywhere, statementsOf } from '../../deploy/support.ts';
import { iamActionOf } from '../../plans/iam-actions.ts';
import { planPath, rehearsal, violations } from '../../simulator/support/liquid-abt.ts';

const text = readFileSync(planPath, 'utf8');

const made = new Map<string, ReturnType<typeof checkPlan>>();

/** LIQUID ABT's failover of its database, with a step before anything is changed. */
function planWith(kind: string, parameters: object) {
  const key = JSON.stringify([kind, parameters]);
  const checked = made.get(key) ?? checkWith(kind, parameters);
  made.set(key, checked);
  return checked;
}

function checkWith(kind: string, parameters: object) {
  const step = { id: 'first', title: 'First', do: kind, with: parameters, timeout: '2h', onFailure: 'stop' };
  const phase = { id: 'before', title: 'Before anything is changed', stage: 'execute', steps: [step] };
  const own = text
    .replace('    rto: 10m\n', '    rto: 3h\n')
    .replace('modes: [recover, planned, dry-run]', 'modes: [recover, planned, drill, dry-run]')
    .replace(
      '    phases:\n      - id: fail-over\n',
      `    phases:\n      - ${JSON.stringify(phase)}\n      - id: fail-over\n`,
    );
  return checkPlan({ file: 'plan.yml', text: own });
}

type Options = { mode?: Mode; faults?: string[] };

async function play(kind: string, parameters: object, { mode = 'planned', faults = [] }: Options = {}) {
  const { plan, findings } = await planWith(kind, parameters);
  if (!plan) throw new Error(findings.map(({ message }) => message).join('\n'));
  const played = await rehearsal({ plan, scenario: 'database-failure', mode, faults });
  const own = played.ledger.flatMap(({ entry }) =>
    'step' in entry && entry.step === 'first' ? [entry] : [],
  );
  return {
    outcome: played.report.outcome,
    status: played.report.steps.find(({ id }) => id === 'first')?.status,
    changes: own.flatMap(entry => (entry.type === 'change' ? [entry.call] : [])),
    outputs: own.flatMap(entry => (entry.type === 'step' && entry.outputs ? [entry.outputs] : [])).at(-1),
    why: JSON.stringify(own.flatMap(entry => (entry.type === 'step' ? (entry.reasons ?? []) : []))),
    broken: violations(played),
    calls: played.report.awsCalls ?? {},
    withoutEffect: played.faultsWithoutEffect,
  };
}

const done = { outcome: 'recovered', status: 'done', broken: [], withoutEffect: [] };
const snapshots = { backup: 'database-snapshots' };
const copies = { backup: 'database-copies' };

describe('backup.create', () => {
  it.each([
    '',
    'lost-reply:rds.CreateDBSnapshot',
    'handler-crash:backup',
    'stale-read:rds',
    'error5xx:rds.DescribeDBSnapshots',
  ])('is done when the snapshot can be restored from, and makes one only (%s)', async fault => {
    const faults = fault ? [fault] : [];
    const played = await play('backup.create', snapshots, { faults });
    expect(played).toMatchObject({ ...done, changes: ['rds.CreateDBSnapshot'] });
    expect(played.outputs?.id).toMatch(/^liquid-abt-production-database-snapshots-2026-03-10-1\d\d\d$/);
    // A run deletes no backups, whatever their class says of retention.
    expect(played.calls['rds.DeleteDBSnapshot']).toBeUndefined();
  });

  it('copies the newest snapshot to the other region', async () => {
    const played = await play('backup.create', copies);
    expect(played).toMatchObject({ ...done, changes: ['rds.CopyDBSnapshot'] });
    expect(played.outputs).toMatchObject({ at: '2026-03-10T14:00:00.000Z' });
  });

  it.each(['drill', 'dry-run'] as const)('is prepared only in a %s', async mode => {
    const played = await play('backup.create', snapshots, { mode });
    expect(played).toMatchObject({ outcome: 'recovered', status: 'skipped', changes: [], broken: [] });
  });

  it('is refused when the key of the copy is not there', async () => {
    const played = await play('backup.create', copies, { faults: ['kms-key-missing'] });
    expect(played).toMatchObject({ outcome: 'refused', status: 'refused', changes: [], broken: [] });
    expect(played.why).toContain('KMS key');
  });

  it('is refused when the region of the database does not answer', async () => {
    const played = await play('backup.create', snapshots, { faults: ['region:ap-southeast-2'] });
    expect(played).toMatchObject({ outcome: 'refused', status: 'refused', changes: [], broken: [] });
  });
});

describe('backup.check', () => {
  it.each(['planned', 'drill', 'dry-run'] as const)('says how young the newest one is (%s)', async mode => {
    const played = await play('backup.check', copies, { mode, faults: ['throttle:rds'] });
    expect(played).toMatchObject({ ...done, changes: [], withoutEffect: expect.anything() });
    expect(played.outputs).toMatchObject({ at: '2026-03-10T14:00:00.000Z', ageSeconds: expect.any(Number) });
  });

  it('fails when the newest one is older than the step allows', async () => {
    const played = await play('backup.check', { ...copies, maxAge: '1h' });
    expect(played).toMatchObject({ outcome: 'failed', status: 'failed', broken: [] });
    expect(played.why).toContain('old, and this step allows 1 h');
  });

  it('fails when there is none', async () => {
    const played = await play('backup.check', copies, { faults: ['no-snapshot'] });
    expect(played).toMatchObject({ outcome: 'failed', status: 'failed', broken: [] });
  });
});

describe('backup.verify', () => {
  it.each([
    '',
    'lost-reply:states.StartExecution',
    'handler-crash:backup',
    'error5xx:states.DescribeExecution',
  ])('is done when a restore was asked and removed again (%s)', async fault => {
    const faults = fault ? [fault] : [];
    const played = await play('backup.verify', copies, { faults });
    expect(played).toMatchObject({ ...done, changes: ['states.StartExecution'] });
    expect(played.outputs).toMatchObject({ lossSeconds: 360, restoreSeconds: expect.any(Number) });
    expect(played.calls['rds.DeleteDBInstance']).toBe(1);
  });

  it('leaves nothing behind in a drill', async () => {
    expect(await play('backup.verify', copies, { mode: 'drill' })).toMatchObject({
      ...done,
      status: 'undone',
    });
  });

  it('is refused when there is nothing of the time that is asked for', async () => {
    const played = await play('backup.verify', { ...copies, point: '2026-03-01T00:00:00Z' });
    expect(played).toMatchObject({ status: 'refused', changes: [] });
  });

  it('is refused when its key is not there', async () => {
    const played = await play('backup.verify', copies, { faults: ['kms-key-missing'] });
    expect(played).toMatchObject({ outcome: 'refused', status: 'refused', changes: [], broken: [] });
    expect(played.why).toContain('KMS key');
  });
});

describe('steps with backups', () => {
  it.each([
    ['backup.check', 'database-copy', 'unknown-backup'],
    ['backup.create', 'database-automated', 'made-elsewhere'],
    ['backup.verify', 'database-snapshots', 'nothing-to-verify'],
  ])('%s of %s is an error of the plan: %s', async (kind, backup, rule) => {
    const { findings } = await planWith(kind, { backup });
    expect(findings.filter(({ severity }) => severity === 'error')).toMatchObject([{ rule }]);
  });

  it.each(['create', 'check', 'verify'])(
    'ask for nothing that their role does not allow (%s)',
    async name => {
      const { plan } = await planWith(`backup.${name}`, copies);
      if (!plan) throw new Error('the plan has errors');
      const { functions, resources } = await deploymentOf(plan);
      const { role } = functions.backup as { role: string };
      const statements = statementsOf(resources, role);
      const asked = new Set<string>();
      await rehearsal({
        plan,
        scenario: 'database-failure',
        mode: 'planned',
        onCall: (call, by) => by === 'backup' && asked.add(iamActionOf(call)),
      });
      expect([...asked].filter(action => !allowsAnywhere(statements, action))).toEqual([]);
      expect(allowsAnywhere(statements, 'rds:DeleteDBSnapshot')).toBe(false);
      expect(allowsAnywhere(statements, 'rds:CopyDBSnapshot')).toBe(name === 'create');
      expect(allowsAnywhere(statements, 'states:StartExecution')).toBe(name === 'verify');
    },
  );
});

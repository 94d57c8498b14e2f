import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { deploymentOf } from '../../../deploy/build.ts';
import { checkPlan } from '../../../shared/plan/check.ts';
import type { Mode } from '../../../shared/runbook/contract.ts';
import { rehearse } from '../../../simulator/rehearse.ts';
import { allowsAnywhere, statementsOf } from '../../deploy/support.ts';
import { iamActionOf } from '../../plans/iam-actions.ts';
import { violations } from '../../simulator/support/liquid-abt.ts';

const folder = 'examples/permit-desk';
const planPath = `${folder}/plan.yml`;
const text = readFileSync(planPath, 'utf8');
const change = (from: string, to: string) => checkPlan({ file: planPath, text: text.replace(from, to) });

type Options = { scenario?: string; mode?: Mode; faults?: string[]; from?: string; to?: string };

/** The example's restore of documents that were deleted, or of those in the other region. */
async function play(options: Options = {}) {
  const { scenario = 'documents-deleted', mode = 'recover', faults = [], from = '', to = '' } = options;
  const { plan, findings } = await change(from, to);
  if (!plan) throw new Error(findings.map(({ message }) => message).join('\n'));
  const asked = new Set<string>();
  const played = await rehearse({
    plan,
    planDirectory: folder,
    planPath,
    scenario,
    mode,
    seed: 1,
    faults,
    parameters: {},
    onCall: (call, by) => by === 'backup' && asked.add(iamActionOf(call)),
  });
  if (!played.ok) throw new Error(played.problems.join('\n'));
  const id = scenario === 'region-failure' ? 'restore-documents' : 'restore-home';
  const own = played.ledger.flatMap(({ entry }) => ('step' in entry && entry.step === id ? [entry] : []));
  return {
    plan,
    asked,
    outcome: played.report.outcome,
    status: played.report.steps.find(step => step.id === id)?.status,
    changes: own.flatMap(entry => (entry.type === 'change' ? [entry.call] : [])),
    outputs: own.flatMap(entry => (entry.type === 'step' && entry.outputs ? [entry.outputs] : [])).at(-1),
    why: JSON.stringify(own.flatMap(entry => (entry.type === 'step' ? (entry.reasons ?? []) : []))),
    broken: violations(played),
    rpo: played.report.rpo,
  };
}

const done = { outcome: 'recovered', status: 'done', changes: ['backup.StartRestoreJob'], broken: [] };

describe('backup.restore-files', () => {
  it.each(['', 'lost-reply:backup.StartRestoreJob', 'handler-crash:backup', 'throttle:backup'])(
    'is done when the job is, and says where the files lie and of when they are (%s)',
    async fault => {
      const played = await play({ faults: fault ? [fault] : [] });
      expect(played).toMatchObject({ ...done, changes: expect.arrayContaining(done.changes) });
      expect(played.outputs).toMatchObject({
        folder: 'aws-backup-restore_',
        pointTime: '2026-03-10T12:00:00.000Z',
        job: 'restore-fs-0a1b2c3d4e5f60718-1',
      });
      expect(played.rpo).toMatchObject({ actualSeconds: 4 * 3600 + 42 * 60, met: true });
    },
  );

  it('takes the copy while the region of the files is lost, and asks nothing of that region', async () => {
    const played = await play({ scenario: 'region-failure' });
    expect(played).toMatchObject(done);
    // The one of noon was copied within half an hour.
    expect(played.outputs).toMatchObject({ pointTime: '2026-03-10T12:00:00.000Z' });
  });

  it('takes none from after the deletion', async () => {
    const from = 'notAfter: "${parameters.deleted-at}", maxLoss: 26h';
    const played = await play({ from, to: 'notAfter: "${incident.startedAt - 17h}"' });
    expect(played.outputs).toMatchObject({ pointTime: '2026-03-09T12:00:00.000Z' });
  });

  it.each([
    ['what is too old', { from: 'maxLoss: 26h', to: 'maxLoss: 2h' }, 'before the outage; 2 h may be lost'],
    [
      'when nothing is old enough',
      { from: 'default: "${incident.startedAt - 12m}"', to: 'default: 2020-03-10T16:30:00Z' },
      'has no finished recovery point from before',
    ],
  ])('refuses %s', async (_, options, said) => {
    const played = await play(options);
    expect(played).toMatchObject({ status: 'refused', changes: [] });
    expect(played.why).toContain(said);
  });

  it.each(['drill', 'dry-run'] as const)('is prepared only in a %s', async mode => {
    const played = await play({
      scenario: 'region-failure',
      mode,
      from: '            modes: [recover, dry-run]\n',
      to: '',
    });
    expect(played).toMatchObject({ status: 'skipped', changes: [], broken: [] });
  });

  it('asks for nothing that its role does not allow, and passes the role of the backup on', async () => {
    const { plan, asked } = await play();
    const { functions, resources } = await deploymentOf(plan);
    const { role } = functions.backup as { role: string };
    const statements = statementsOf(resources, role);
    expect([...asked].filter(action => !allowsAnywhere(statements, action))).toEqual([]);
    expect(asked).toContain('backup:StartRestoreJob');
    const passing = statements.find(({ Action }) => Action.includes('iam:PassRole'));
    expect(JSON.stringify(passing?.Resource)).toContain('role/permit-desk-backup');
  });

  it.each([
    [':file-system/fs-0a1b2c3d4e5f60718', ':volume/vol-0a1b2c3d4e5f60718', 'topology-mismatch'],
    ['cron(0 0/12 * * ? *)', 'cron(0 1 1/2 * ? *)', 'backup-misses-rpo'],
    ['    copyTo: { vault: permit-desk-copies, region: eu-west-3 }\n', '', 'restore-without-copy'],
  ])('%s -> %s is an error of the plan: %s', async (from, to, rule) => {
    const { findings } = await change(from, to);
    const errors = findings.filter(({ severity }) => severity === 'error').map(finding => finding.rule);
    expect(errors).toContain(rule);
  });
});

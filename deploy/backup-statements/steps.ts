import type { Permission } from '../../shared/actions/contract.ts';
import type { BackupOf, Plan } from '../../shared/plan/schema.ts';
import { stack } from './grants.ts';
import { looking } from './looking.ts';
import { making } from './making.ts';

/**
 * What the steps of the family `backup` need, from the classes that they name: looking at all of them, making one
 * without ever deleting another, and starting the machine that proves one. What is finished is copied on a schedule, not
 * by a step.
 */
export function stepPermissions(
  plan: Plan,
  steps: readonly { do: string; with: Readonly<Record<string, unknown>> }[],
  verifyMachine: { machine: string; executions: string },
): Permission[] {
  return steps.flatMap(step => {
    const id = String(step.with.backup);
    const backup = Object.hasOwn(plan.backups, id) ? plan.backups[id] : undefined;
    if (!backup) return [];
    const looks = looking(plan, backup);
    if (step.do === 'backup.create') {
      const makes = making(plan, id, backup).filter(
        ({ actions }) => !actions.every(action => /:(?:Delete|StartCopyJob)/.test(action)),
      );
      return [...looks, ...makes];
    }
    if (step.do === 'backup.restore-files' && backup.type === 'aws-backup') {
      const into = plan.components[String(step.with.into)];
      return [...looks, ...(into ? restoresFiles(backup, into.region) : [])];
    }
    if (step.do !== 'backup.verify') return looks;
    return [
      ...looks,
      { actions: ['states:StartExecution'], resources: [verifyMachine.machine] },
      { actions: ['states:DescribeExecution'], resources: [verifyMachine.executions] },
    ];
  });
}

function restoresFiles({ role }: BackupOf<'aws-backup'>, region: string): Permission[] {
  return [
    { actions: ['backup:StartRestoreJob'], resources: [stack('backup', region, 'recovery-point:*')] },
    {
      actions: ['backup:DescribeRestoreJob'],
      resources: ['*'],
      reason: 'The action has no resource-level permission',
    },
    {
      actions: ['iam:PassRole'],
      resources: [role],
      conditions: { StringEquals: { 'iam:PassedToService': 'backup.amazonaws.com' } },
    },
  ];
}

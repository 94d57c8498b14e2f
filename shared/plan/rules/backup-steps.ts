import { whyMadeElsewhere } from '../../backups/who-makes.ts';
import type { Problem } from '../finding.ts';
import type { CheckContext } from '../lint-rule.ts';
import type { PlacedStep } from '../scenario-view.ts';

/** Steps that make or prove a backup name one that Lifeboat makes, or that says how it is proven. */
export function checkBackupSteps({ plan, scenarios }: CheckContext): Problem[] {
  return scenarios.flatMap(view => view.steps.flatMap(placed => problemWith(plan, placed)));
}

function problemWith(plan: CheckContext['plan'], { step, path }: PlacedStep): Problem[] {
  const id = step.with.backup;
  const backup = typeof id === 'string' && Object.hasOwn(plan.backups, id) ? plan.backups[id] : undefined;
  if (!backup) return [];
  const problem = (rule: string, message: string, mend: string): Problem[] => [
    { rule, severity: 'error', path: [...path, 'with', 'backup'], message, mend },
  ];
  if (step.do === 'backup.verify' && !backup.verify) {
    return problem(
      'nothing-to-verify',
      `The plan does not say how a restore proves "${id}"`,
      'Give the backup "verify": where it is restored, and what it is asked.',
    );
  }
  if (step.do === 'backup.restore-files') {
    if (backup.type !== 'aws-backup' || !backup.resource.includes(':file-system/')) {
      return problem(
        'topology-mismatch',
        `"${id}" is no backup of an EFS file system by AWS Backup`,
        'Name one of type aws-backup whose resource is the ARN of a file system.',
      );
    }
    const into = typeof step.with.into === 'string' ? plan.components[step.with.into] : undefined;
    if (into === undefined || [backup.region, backup.copyTo?.region].includes(into.region)) return [];
    return problem(
      'restore-without-copy',
      `"${id}" is neither made in ${into.region} nor copied there, where "${step.with.into}" is`,
      'Give it "copyTo" with that region, or restore into a file system of its own region.',
    );
  }
  const elsewhere = step.do === 'backup.create' ? whyMadeElsewhere(backup) : undefined;
  if (elsewhere === undefined) return [];
  return problem(
    'made-elsewhere',
    `Lifeboat can not make "${id}": ${elsewhere}`,
    'Name one that Lifeboat makes, such as an rds-snapshot, or check this one with backup.check.',
  );
}

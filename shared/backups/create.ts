import { InvalidInputError } from '../errors.ts';
import type { Runtime } from '../runtime.ts';
import { exportKubernetes, exportSecrets } from './create/files.ts';
import { snapshotVolumes, startAwsBackup, startDump, startVelero } from './create/jobs.ts';
import type { Made, Making } from './create/made.ts';
import { makeCopy, makeSnapshot } from './create/rds.ts';
import { addEvidence } from './evidence.ts';
import { whyMadeElsewhere } from './who-makes.ts';

/**
 * Makes one backup of a class, removes those of it whose time is over, and records both. The names follow from when it
 * was due, so that a repeat makes nothing twice.
 */
export async function createBackup(runtime: Runtime, making: Making): Promise<Made> {
  const made = await make(runtime, making);
  if (made.status === 'made') {
    const { id, sourceTime, removed } = made;
    await addEvidence(
      runtime,
      { type: 'backup-created', backup: making.backup, id, sourceTime, by: making.by, removed },
      `created/${making.backup}/${making.dueAt}`,
    );
  }
  return made;
}

function make(runtime: Runtime, making: Making): Promise<Made> {
  const backup = Object.hasOwn(runtime.plan.backups, making.backup)
    ? runtime.plan.backups[making.backup]
    : undefined;
  switch (backup?.type) {
    case 'rds-snapshot':
      return makeSnapshot(runtime, making, backup);
    case 'rds-snapshot-copy':
      return makeCopy(runtime, making, backup);
    case 'aws-backup':
      return startAwsBackup(runtime, making, backup);
    case 'dump':
      return startDump(runtime, making, backup);
    case 'kubernetes-export':
      return exportKubernetes(runtime, making, backup);
    case 'secrets-export':
      return exportSecrets(runtime, making, backup);
    case 'velero':
      return startVelero(runtime, making, backup);
    case 'volumes':
      return snapshotVolumes(runtime, making, backup);
    case 'rds-automated':
    case 'rds-replicated-backups':
    case 'rds-fleet':
    case 'terraform-state':
      return Promise.resolve({ status: 'elsewhere', why: whyMadeElsewhere(backup) ?? '' });
    case undefined:
      throw new InvalidInputError(`The plan has no backup "${making.backup}"`, {
        nextStep: 'Deploy again: the schedule and the function come from different versions of the plan.',
      });
  }
}

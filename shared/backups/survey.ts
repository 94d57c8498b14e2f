import { isNotFound, isUnreachable } from '../aws/aws-errors.ts';
import { LifeboatError } from '../errors.ts';
import type { Backup } from '../plan/schema.ts';
import type { Runtime } from '../runtime.ts';
import { surveyFiles } from './survey/files.ts';
import type { Survey } from './survey/found.ts';
import { surveyAwsBackup, surveyVelero, surveyVolumes } from './survey/other-services.ts';
import {
  surveyAutomated,
  surveyCopies,
  surveyFleet,
  surveyReplicated,
  surveySnapshots,
} from './survey/rds.ts';

/** What was found, or why nothing could be found out. "Could not be asked" is not "there is none". */
export type Surveyed = { ok: true; survey: Survey } | { ok: false; why: string; mend: string };

/** Looks at what there is of one class of backups, reading only. */
export async function surveyBackup(runtime: Runtime, id: string, backup: Backup): Promise<Surveyed> {
  try {
    return { ok: true, survey: await look(runtime, id, backup) };
  } catch (error) {
    if (isNotFound(error, 'NoSuchBucket')) return { ok: true, survey: { found: [], faults: [] } };
    if (error instanceof LifeboatError) return { ok: false, why: error.message, mend: error.nextStep };
    if (!isUnreachable(error)) throw error;
    return {
      ok: false,
      why: String(error),
      mend: 'Look at the AWS Health status of the region and check again.',
    };
  }
}

function look(runtime: Runtime, id: string, backup: Backup): Promise<Survey> {
  switch (backup.type) {
    case 'rds-automated':
      return surveyAutomated(runtime, backup);
    case 'rds-replicated-backups':
      return surveyReplicated(runtime, backup);
    case 'rds-snapshot':
      return surveySnapshots(runtime, id, backup);
    case 'rds-snapshot-copy':
      return surveyCopies(runtime, backup);
    case 'rds-fleet':
      return surveyFleet(runtime, backup);
    case 'aws-backup':
      return surveyAwsBackup(runtime, backup);
    case 'dump':
    case 'kubernetes-export':
    case 'secrets-export':
    case 'terraform-state':
      return surveyFiles(runtime, backup);
    case 'velero':
      return surveyVelero(runtime, backup);
    case 'volumes':
      return surveyVolumes(runtime, backup);
  }
}

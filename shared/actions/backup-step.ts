import type { BackupsPort } from '../backups/port.ts';
import { InvalidInputError } from '../errors.ts';
import type { ActionContext, Preparation } from './contract.ts';
import { refuse } from './outcomes.ts';

/** The plan's backups, which the function of the family `backup` brings along. */
export function backupsOf({ backups }: Pick<ActionContext, 'backups'>): BackupsPort {
  if (backups) return backups;
  throw new InvalidInputError('This function knows nothing of the backups of the plan', {
    nextStep: 'Deploy again: steps of the kind backup.* belong to the function "backup".',
  });
}

export function noSuchBackup(id: string): Preparation {
  return refuse(
    `The plan that this function was packed with has no backup "${id}".`,
    'Deploy again: the runbook and the function come from different versions of the plan.',
  );
}

import { InvalidInputError } from '../../shared/errors.ts';

/** Takes the place of the client in the bundles of a plan without AWS Backup among its backups and steps. */
export class BackupClient {
  constructor() {
    throw new InvalidInputError('This function was packaged for a plan without AWS Backup', {
      nextStep: 'Package again with the plan as it is now.',
    });
  }
}

export class ListRecoveryPointsByBackupVaultCommand {}
export class PutRestoreValidationResultCommand {}
export class StartBackupJobCommand {}
export class StartCopyJobCommand {}

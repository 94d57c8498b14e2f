import { InvalidInputError } from '../../shared/errors.ts';

/** Takes the place of the client in the bundles of a plan without volumes among its backups and steps. */
export class EC2Client {
  constructor() {
    throw new InvalidInputError('This function was packaged for a plan without volumes', {
      nextStep: 'Package again with the plan as it is now.',
    });
  }
}

export class CreateSnapshotCommand {}
export class CopySnapshotCommand {}
export class DeleteSnapshotCommand {}
export class DescribeSnapshotsCommand {}
export class DescribeVolumesCommand {}

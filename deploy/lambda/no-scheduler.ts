import { InvalidInputError } from '../../shared/errors.ts';

/** Takes the place of the Scheduler client in the bundles of a plan without follow-ups. */
export class SchedulerClient {
  constructor() {
    throw new InvalidInputError('This function was packaged for a plan without follow-ups', {
      nextStep: 'Package again with the plan as it is now.',
    });
  }
}

export class CreateScheduleCommand {}

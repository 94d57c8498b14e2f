import { InvalidInputError } from '../../shared/errors.ts';

/** Takes the place of the SES client in the bundles of a plan without a channel of the type ses. */
export class SESv2Client {
  constructor() {
    throw new InvalidInputError('This function was packaged for a plan without SES channels', {
      nextStep: 'Package again with the plan as it is now.',
    });
  }
}

export class SendEmailCommand {}

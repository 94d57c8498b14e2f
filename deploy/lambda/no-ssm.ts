import { InvalidInputError } from '../../shared/errors.ts';

/**
 * Takes the place of the Systems Manager client in the bundles of a plan that refers to no parameter (`ssm:`). The
 * client would be a fifth of every function.
 */
export class SSMClient {
  constructor() {
    throw new InvalidInputError('This function was packaged for a plan without ssm: references', {
      nextStep: 'Package again with the plan as it is now.',
    });
  }
}

export class GetParameterCommand {}

import type { SimulatedService } from '../world/world.ts';
import { getParameter, getParametersByPath } from './ssm/parameters.ts';

/** AWS Systems Manager: parameters. */
export const service: SimulatedService = {
  name: 'ssm',
  operations: { GetParameter: getParameter, GetParametersByPath: getParametersByPath },
};

import type { SimulatedService } from '../world/world.ts';
import { describeAutomations, getAutomation, getDocument, startAutomation } from './ssm/automation.ts';
import { getParameter, getParametersByPath } from './ssm/parameters.ts';

/** AWS Systems Manager: parameters, and Automation runbooks. */
export const service: SimulatedService = {
  name: 'ssm',
  operations: {
    GetParameter: getParameter,
    GetParametersByPath: getParametersByPath,
    GetDocument: getDocument,
    StartAutomationExecution: startAutomation,
    DescribeAutomationExecutions: describeAutomations,
    GetAutomationExecution: getAutomation,
  },
};

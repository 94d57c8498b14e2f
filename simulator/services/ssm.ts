import type { SimulatedService } from '../world/world.ts';
import { describeAutomations, getAutomation, getDocument, startAutomation } from './ssm/automation.ts';
import { getParameter, getParametersByPath, keepParameters, putParameter } from './ssm/parameters.ts';

/** AWS Systems Manager: parameters, and Automation runbooks. */
export const service: SimulatedService = {
  name: 'ssm',
  operations: {
    GetParameter: getParameter,
    GetParametersByPath: getParametersByPath,
    PutParameter: putParameter,
    GetDocument: getDocument,
    StartAutomationExecution: startAutomation,
    DescribeAutomationExecutions: describeAutomations,
    GetAutomationExecution: getAutomation,
  },
  arrange: keepParameters,
};

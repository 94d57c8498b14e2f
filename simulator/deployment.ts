import type { Action } from '../shared/actions/contract.ts';
import {
  deploymentSettings,
  fixedFunctions,
  hasFollowUps,
  lambdaFunctionName,
  scheduleGroupName,
} from '../shared/deployment.ts';
import type { Plan } from '../shared/plan/schema.ts';
import type { Settings } from '../shared/runtime.ts';
import { type Definition, fillArns } from '../state-machines/asl.ts';
import { functionArnName } from '../state-machines/bake-step.ts';
import { compileSystem, fixedMachineName } from '../state-machines/compile-system.ts';
import { fixedMachineNames, machineArnName } from '../state-machines/fixed-machines.ts';
import { reportBucketOf } from './services/s3.ts';

const account = '123456789012';

/** The deployment of a plan as it would be in AWS: its state machines by ARN, and what its functions are told. */
export type SimulatedDeployment = {
  machines: Record<string, Definition>;
  families: string[];
  settings: Settings;
  /** `rds` of the function's ARN. */
  functionName(arn: string): string;
};

/** As long as a real one, so that texts which have to fit into an SMS are as short as they will be. */
const decisionUrl = (region: string) => `https://a1b2c3d4e5.execute-api.${region}.amazonaws.com/`;

const deployed = new WeakMap<Plan, SimulatedDeployment>();

/** Deploys a plan into the simulated recovery region; the same plan once, however often it is rehearsed. */
export function deploy(plan: Plan, actions: Readonly<Record<string, Action>>): SimulatedDeployment {
  const known = deployed.get(plan) ?? deployNew(plan, actions);
  deployed.set(plan, known);
  return known;
}

function deployNew(plan: Plan, actions: Readonly<Record<string, Action>>): SimulatedDeployment {
  const system = plan.system.id;
  const region = plan.regions.recovery;
  const { machines, functions: families } = compileSystem(plan, actions);
  const machineArn = (name: string) => `arn:aws:states:${region}:${account}:stateMachine:${name}`;
  const prefix = `arn:aws:lambda:${region}:${account}:function:${lambdaFunctionName(system, '')}`;
  const arns: Record<string, string> = {};
  for (const name of [...fixedFunctions, ...families]) arns[functionArnName(name)] = `${prefix}${name}`;
  for (const name of fixedMachineNames) {
    arns[machineArnName(name)] = machineArn(fixedMachineName(system, name));
  }
  return {
    machines: Object.fromEntries(
      machines.map(machine => [machineArn(machine.name), fillArns(machine.definition, arns)]),
    ),
    families,
    settings: {
      ...deploymentSettings(plan, { partition: 'aws', account }, decisionUrl(region)),
      reportBucket: reportBucketOf(system),
      ...(hasFollowUps(plan) && {
        schedules: {
          group: scheduleGroupName(system),
          functionArn: `${prefix}communicate`,
          roleArn: `arn:aws:iam::${account}:role/lifeboat-${system}-schedules`,
        },
      }),
    },
    functionName: arn => arn.slice(prefix.length),
  };
}

import aslValidator from 'asl-validator';
import { InvalidInputError } from '../shared/errors.ts';
import type { Json } from '../shared/json.ts';
import { allStates, fillArns, openArns } from '../state-machines/asl.ts';
import { functionArnName } from '../state-machines/bake-step.ts';
import { fixedMachineName, type Machine } from '../state-machines/compile-system.ts';
import { fixedMachineNames, machineArnName } from '../state-machines/fixed-machines.ts';
import { functionArn, logicalId, stateMachineArn } from './names.ts';
import { role } from './resources.ts';
import { machineStatements } from './statements.ts';

/** ARNs that definitions leave open, by the names they have there, for the functions and fixed machines of a system. */
export function openArnsOf(system: string, functions: readonly string[]): Record<string, string> {
  const arns: Record<string, string> = {};
  for (const name of functions) arns[functionArnName(name)] = functionArn(system, name);
  for (const name of fixedMachineNames) {
    arns[machineArnName(name)] = stateMachineArn(fixedMachineName(system, name));
  }
  return arns;
}

export type StateMachineConfig = {
  id: string;
  name: string;
  role: unknown;
  type: 'STANDARD';
  definition: Json;
};

/** The `stateMachines` section for serverless-step-functions. */
export function stateMachineConfigs(
  machines: readonly Machine[],
  arns: Readonly<Record<string, string>>,
): Record<string, StateMachineConfig> {
  return Object.fromEntries(
    machines.map(machine => [
      logicalId(machine.name),
      {
        id: logicalId(machine.name, 'machine'),
        name: machine.name,
        role: { 'Fn::GetAtt': [machineRoleId(machine), 'Arn'] },
        type: 'STANDARD' as const,
        definition: forSub(fillArns(machine.definition, arns)),
      },
    ]),
  );
}

/** Runbooks need the same permissions and share a role; each fixed machine has its own. */
function machineRoleId(machine: Machine): string {
  return logicalId(machine.kind, 'machine', 'role');
}

/** Roles of the state machines, with what their definitions call and nothing else. */
export function machineRoles(
  system: string,
  machines: readonly Machine[],
  families: readonly string[],
): Record<string, Record<string, unknown>> {
  const roles: Record<string, Record<string, unknown>> = {};
  for (const kind of new Set(machines.map(machine => machine.kind))) {
    const calls = callsOf(
      system,
      machines.filter(machine => machine.kind === kind),
      families,
    );
    const name = `lifeboat-${system}-${kind}-machine`;
    roles[logicalId(kind, 'machine', 'role')] = role(
      'states.amazonaws.com',
      name,
      machineStatements(system, calls),
    );
  }
  return roles;
}

/**
 * What machines invoke and start. `$.step.function` may be any family's function, so all of them count;
 * `$$.StateMachine.Id` is the machine itself, which goes on with an empty history.
 */
function callsOf(system: string, machines: readonly Machine[], families: readonly string[]) {
  const functions = new Set<string>();
  const sync = new Set<string>();
  const start = new Set<string>();
  const maps = new Set<string>();
  const machineNames = new Map(
    fixedMachineNames.map(name => [`\${${machineArnName(name)}}`, fixedMachineName(system, name)]),
  );
  for (const machine of machines) {
    for (const [, state] of allStates(machine.definition)) {
      // The items of a distributed Map are executions of the same machine.
      if (state.Type === 'Map') maps.add(machine.name);
      if (state.Type !== 'Task') continue;
      const { FunctionName, StateMachineArn } = state.Parameters;
      if (state.Resource.includes(':lambda:invoke')) {
        if (typeof FunctionName === 'string') functions.add(functionOf(FunctionName));
        else for (const family of families) functions.add(family);
      } else {
        const target = StateMachineArn ? machineNames.get(String(StateMachineArn)) : machine.name;
        if (target) (state.Resource.endsWith('.sync') ? sync : start).add(target);
      }
    }
  }
  return {
    functions: [...functions].sort(),
    sync: [...sync].sort(),
    start: [...start].sort(),
    maps: [...maps].sort(),
  };
}

/** `run` of `${RunFunctionArn}`. */
function functionOf(openArn: string): string {
  const name = openArn.replace(/^\$\{(.+)FunctionArn\}$/, '$1');
  return name.charAt(0).toLowerCase() + name.slice(1);
}

/** CloudFormation's Fn::Sub takes `${…}` for its own; the plan's expressions are escaped as `${!…}`. */
function forSub(value: Json): Json {
  if (typeof value === 'string') return value.replaceAll(/\$\{(?!AWS::|!)/g, '${!');
  if (Array.isArray(value)) return value.map(forSub);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, forSub(item)]));
}

/** Names that are still open after filling; a deployment with one would fail in the middle. */
export function stillOpen(machines: readonly Machine[], arns: Readonly<Record<string, string>>): string[] {
  const open = machines.flatMap(machine => openArns(machine.definition)).filter(name => !(name in arns));
  return [...new Set(open)];
}

/** Checks the definitions against the language. The validator writes defaults into what it is given: it gets a copy. */
export function assertValid(machines: Readonly<Record<string, StateMachineConfig>>): void {
  for (const { name, definition } of Object.values(machines)) {
    const { isValid, errorsText } = aslValidator(structuredClone(definition));
    if (isValid) continue;
    throw new InvalidInputError(`The state machine ${name} is not valid: ${errorsText()}`, {
      nextStep: 'This is a fault in Lifeboat itself; state-machines/ compiles the definitions.',
    });
  }
}

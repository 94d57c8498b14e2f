import { fixedMachineTitle, runbookMachineName } from '../shared/deployment.ts';
import { InvalidInputError } from '../shared/errors.ts';
import type { Plan } from '../shared/plan/schema.ts';
import { stepsOf } from '../shared/runbook/phases.ts';
import type { Definition } from './asl.ts';
import { type Actions, familyOf } from './bake-step.ts';
import { compileRunbook } from './compile-runbook.ts';
import { type FixedMachineName, fixedMachineNames, loadFixedMachines } from './fixed-machines.ts';

export type MachineKind = 'runbook' | FixedMachineName;

/** One state machine to deploy. `scenario` is set for runbooks. */
export type Machine = { name: string; kind: MachineKind; definition: Definition; scenario?: string };

/** Step Functions allows 80 characters in a state machine's name. */
const longestName = 80;

/** Name of a scenario's state machine: `<system>-<scenario>`. */
export function runbookName(systemId: string, scenarioId: string): string {
  return checkedName(runbookMachineName(systemId, scenarioId));
}

/** Name of a fixed machine: `<system>-lifeboat-step`. Each system has its own, in its own version. */
export function fixedMachineName(systemId: string, name: FixedMachineName): string {
  return checkedName(fixedMachineTitle(systemId, name));
}

function checkedName(name: string): string {
  if (name.length <= longestName) return name;
  throw new InvalidInputError(`The state machine "${name}" would have a name of ${name.length} characters`, {
    nextStep: `Shorten the id of the system or of the scenario so that both together stay below ${longestName}.`,
  });
}

/**
 * Everything that a plan needs of Step Functions: a runbook per scenario and the fixed machines, with ARNs still
 * open, and the families of actions that need a Lambda function, sorted.
 */
export function compileSystem(plan: Plan, actions: Actions): { machines: Machine[]; functions: string[] } {
  const fixed = loadFixedMachines();
  const scenarios = Object.entries(plan.scenarios);
  const kinds = scenarios.flatMap(([, scenario]) =>
    scenario.phases.flatMap(phase => stepsOf(phase.steps).map(step => step.do)),
  );
  return {
    machines: [
      ...scenarios.map(
        ([id]): Machine => ({
          name: runbookName(plan.system.id, id),
          kind: 'runbook',
          definition: compileRunbook(plan, id, actions),
          scenario: id,
        }),
      ),
      ...fixedMachineNames.map(
        (name): Machine => ({
          name: fixedMachineName(plan.system.id, name),
          kind: name,
          definition: fixed[name],
        }),
      ),
    ],
    functions: [...new Set(kinds.map(familyOf))].sort(),
  };
}

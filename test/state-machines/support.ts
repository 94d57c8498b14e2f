import type { Action } from '../../shared/actions/contract.ts';
import { listKinds, loadActions } from '../../shared/actions/load-actions.ts';
import { loadPlan } from '../../shared/plan/load.ts';
import type { PhaseItem, Plan, StepPlan } from '../../shared/plan/schema.ts';
import { allStates, type Definition, fillArns, openArns, type State } from '../../state-machines/asl.ts';
import { compileSystem, type Machine } from '../../state-machines/compile-system.ts';

/** The plan that the repository ships, with the actions that exist. */
export async function liquidAbt(): Promise<{ plan: Plan; actions: Record<string, Action> }> {
  const { plan, findings } = await loadPlan('plans/liquid-abt/plan.yml');
  if (!plan) throw new Error(`The plan of LIQUID ABT has errors: ${JSON.stringify(findings)}`);
  return { plan, actions: await loadActions(listKinds()) };
}

export function step(id: string, over: Partial<StepPlan> = {}): StepPlan {
  return { id, do: 'http.check', with: { url: 'https://example.org' }, onFailure: 'stop', ...over };
}

/** The plan of LIQUID ABT with one scenario, `test`, that has one phase with these items. */
export function planWith(
  base: Plan,
  items: PhaseItem[],
  modes: Plan['scenarios'][string]['modes'] = ['recover'],
): Plan {
  const scenario = base.scenarios['database-failure'];
  if (!scenario) throw new Error('The plan of LIQUID ABT has no database-failure');
  const phase = { id: 'phase', title: 'Phase', stage: 'execute' as const, steps: items };
  return { ...base, scenarios: { test: { ...scenario, modes, phases: [phase] } } };
}

export function machineArn(name: string): string {
  return `arn:aws:states:ap-southeast-4:111122223333:stateMachine:${name}`;
}

export function functionArn(name: string): string {
  return `arn:aws:lambda:ap-southeast-4:111122223333:function:${name}`;
}

/** ARNs for everything that a definition leaves open: machines by their kind, functions by their name. */
export function arnsFor(definition: Definition): Record<string, string> {
  return Object.fromEntries(
    openArns(definition).map(name => {
      const machine = /^(.+)MachineArn$/.exec(name)?.[1];
      const arn = machine
        ? machineArn(machine.toLowerCase())
        : functionArn(name.replace(/FunctionArn$/, '').toLowerCase());
      return [name, arn];
    }),
  );
}

export function withArns(definition: Definition): Definition {
  return fillArns(definition, arnsFor(definition));
}

export function machinesOf(plan: Plan, actions: Record<string, Action>): Machine[] {
  return compileSystem(plan, actions).machines;
}

export function tasksOf(definition: Definition): [name: string, task: Extract<State, { Type: 'Task' }>][] {
  return allStates(definition).flatMap(([name, state]) =>
    state.Type === 'Task' ? [[name, state] as [string, typeof state]] : [],
  );
}

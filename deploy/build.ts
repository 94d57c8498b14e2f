import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Action } from '../shared/actions/contract.ts';
import { loadActions } from '../shared/actions/load-actions.ts';
import { fixedFunctions } from '../shared/deployment.ts';
import { InvalidInputError } from '../shared/errors.ts';
import type { Json, JsonObject } from '../shared/json.ts';
import { checkPlan } from '../shared/plan/check.ts';
import { readRehearsed } from '../shared/plan/rehearsed.ts';
import type { Plan, StepPlan } from '../shared/plan/schema.ts';
import { bakeStep } from '../state-machines/bake-step.ts';
import { compileSystem } from '../state-machines/compile-system.ts';
import { withEstimates } from '../state-machines/estimates.ts';
import { aliases } from './bundling.ts';
import { calendarResources } from './calendar.ts';
import { enginesOf } from './engines.ts';
import { environment, functionConfigs, planFile } from './functions.ts';
import { baseResources, functionRole, type Resources } from './resources.ts';
import {
  assertValid,
  machineRoles,
  openArnsOf,
  type StateMachineConfig,
  stateMachineConfigs,
  stillOpen,
} from './state-machines.ts';
import { allSteps, familyStatements, fixedStatements, type UsedAction } from './statements.ts';

/** What serverless.yml is filled with. */
export type Deployment = {
  system: string;
  region: string;
  planFile: string;
  /** Kinds of steps that the plan uses, which are all that its functions hold. */
  kinds: string[];
  /** What its databases speak. */
  engines: string[];
  environment: Record<string, unknown>;
  alias: Record<string, string>;
  functions: Record<string, unknown>;
  stateMachines: Record<string, StateMachineConfig>;
  resources: Resources;
};

const builds = new Map<string, Promise<Deployment>>();

/** Derives the deployment of a plan, once per process: Serverless asks for each part of it on its own. */
export function buildDeployment(path: string): Promise<Deployment> {
  const known = builds.get(path);
  if (known) return known;
  const build = derive(path);
  builds.set(path, build);
  return build;
}

async function derive(path: string): Promise<Deployment> {
  const plan = await readPlan(path);
  const deployment = await deploymentOf(plan);
  assertValid(deployment.stateMachines);
  mkdirSync(dirname(deployment.planFile), { recursive: true });
  const actions = await loadActions(allSteps(plan).map(step => step.do));
  writeFileSync(deployment.planFile, packPlan(withEstimates(plan, actions, readRehearsed(dirname(path)))));
  return deployment;
}

/**
 * The plan as a function carries it. What only `validate`, `trace`, rehearsals and readers look at is left out, since
 * every function has a copy.
 */
export function packPlan(plan: Plan): string {
  const lean = { ...plan, documents: [], dashboard: [], rehearsal: undefined };
  const forReaders = ['implements', 'waived', 'disaster'];
  return JSON.stringify(lean, (key, value) => (forReaders.includes(key) ? undefined : value));
}

/** A plan with errors is not deployed. */
async function readPlan(path: string): Promise<Plan> {
  const { plan, findings } = await checkPlan(path);
  const errors = findings.filter(finding => finding.severity === 'error');
  if (plan && errors.length === 0) return plan;
  const lines = errors.map(error => `  ${error.file}:${error.line}:${error.col} ${error.message}`).join('\n');
  throw new InvalidInputError(`The plan ${path} has errors and is not packaged:\n${lines}`, {
    nextStep: `Mend them; \`npx lifeboat validate ${path}\` says how.`,
  });
}

/** The deployment of a plan, without writing anything. */
export async function deploymentOf(plan: Plan): Promise<Deployment> {
  const system = plan.system.id;
  const actions = await loadActions(allSteps(plan).map(step => step.do));
  const { machines, functions: families } = compileSystem(plan, actions);
  const runbooks = machines.filter(machine => machine.kind === 'runbook').map(machine => machine.name);
  const askMachine = machines.find(machine => machine.kind === 'ask')?.name ?? '';
  const arns = openArnsOf(system, [...fixedFunctions, ...families]);
  const open = stillOpen(machines, arns);
  if (open.length > 0) {
    throw new InvalidInputError(`The state machines name what no deployment has: ${open.join(', ')}`, {
      nextStep: 'This is a fault in Lifeboat itself; deploy/state-machines.ts lists the names.',
    });
  }
  const statements = fixedStatements(plan, runbooks, askMachine);
  const used = usedActions(plan, actions);
  let resources: Resources = {
    ...baseResources(plan),
    ...calendarResources(plan),
    ...machineRoles(system, machines, families),
  };
  for (const name of fixedFunctions) {
    resources = { ...resources, ...functionRole(plan, name, statements[name] ?? []) };
  }
  for (const family of families) {
    resources = { ...resources, ...functionRole(plan, family, familyStatements(plan, family, used)) };
  }
  return {
    system,
    region: plan.regions.recovery,
    planFile: planFile(system),
    kinds: Object.keys(actions).sort(),
    engines: enginesOf(plan),
    environment: environment(plan),
    alias: aliases(plan),
    functions: functionConfigs(plan, families, runbooks),
    stateMachines: stateMachineConfigs(machines, arns),
    resources,
  };
}

/** Every step's action with the parameters that are known before a run; what a step finds out is left as `*`. */
function usedActions(plan: Plan, actions: Readonly<Record<string, Action>>): UsedAction[] {
  return Object.values(plan.scenarios).flatMap(scenario =>
    scenario.phases.flatMap(phase =>
      phase.steps
        .flatMap(item => ('parallel' in item ? item.parallel.flat() : [item]))
        .map(step => used(step, bakeStep(plan, phase, step, actions).with, actions)),
    ),
  );
}

function used(step: StepPlan, parameters: JsonObject, actions: Readonly<Record<string, Action>>): UsedAction {
  const action = actions[step.do] as Action;
  const parsed = action.parameters.safeParse(withoutExpressions(parameters));
  // Permissions look at components, which are always known; other values may be left open until the run.
  return { action, step, parameters: parsed.success ? parsed.data : parameters };
}

function withoutExpressions(value: Json): Json {
  if (typeof value === 'string') return value.includes('${') ? '*' : value;
  if (Array.isArray(value)) return value.map(withoutExpressions);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withoutExpressions(item)]));
}

import { type Deployment, deploymentOf } from '../../deploy/build.ts';
import type { Statement } from '../../deploy/statements.ts';
import { loadPlan } from '../../shared/plan/load.ts';
import type { Plan } from '../../shared/plan/schema.ts';

/** Not the account that the plan's components name, so that a literal one is told from a pseudo parameter. */
export const account = '111122223333';
export const region = 'ap-southeast-4';

const pseudo: Record<string, string> = {
  'AWS::Partition': 'aws',
  'AWS::Region': region,
  'AWS::AccountId': account,
  'AWS::URLSuffix': 'amazonaws.com',
};

export type Template = {
  Resources: Record<string, Resource>;
  Outputs?: Record<string, Record<string, unknown>>;
};
export type Resource = { Type: string; Properties: Record<string, unknown>; [key: string]: unknown };

/**
 * LIQUID ABT with the two scenarios that every guide tells of, and without follow-ups; `whole` gives the plan as it is.
 * Tests that name each function, signal or call would otherwise change with every scenario.
 */
export async function liquidAbt(extent?: 'whole'): Promise<{ plan: Plan; deployment: Deployment }> {
  const { plan, findings } = await loadPlan('plans/liquid-abt/plan.yml');
  if (!plan) throw new Error(JSON.stringify(findings));
  const used = extent === 'whole' ? plan : coreOf(plan);
  return { plan: used, deployment: await deploymentOf(used) };
}

export function coreOf(plan: Plan): Plan {
  const kept = Object.entries(plan.scenarios).filter(([id]) => /^(database|region)-failure$/.test(id));
  const scenarios = Object.fromEntries(kept.map(([id, scenario]) => [id, { ...scenario, followUps: {} }]));
  const heard = new Set(kept.flatMap(([, { trigger }]) => trigger?.signals ?? []));
  const signals = Object.entries(plan.signals).filter(([id]) => heard.has(id));
  const calendar = Object.entries(plan.calendar).filter(
    ([, { does }]) => !('scenario' in does) || Object.hasOwn(scenarios, does.scenario),
  );
  return {
    ...plan,
    scenarios,
    followUps: {},
    signals: Object.fromEntries(signals),
    calendar: Object.fromEntries(calendar),
  };
}

/** A value of a template with pseudo parameters filled in; references to resources become `<LogicalId>`. */
export function resolve(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(resolve);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value);
  const [key, of] = entries[0] ?? [];
  if (entries.length === 1 && key === 'Ref') return pseudo[String(of)] ?? `<${of}>`;
  if (entries.length === 1 && key === 'Fn::GetAtt') return `<${Array.isArray(of) ? of.join('.') : of}>`;
  if (entries.length === 1 && key === 'Fn::Sub' && typeof of === 'string') return substitute(of);
  if (entries.length === 1 && key === 'Fn::Join' && Array.isArray(of)) {
    return (resolve(of[1]) as string[]).join(String(of[0]));
  }
  return Object.fromEntries(entries.map(([name, item]) => [name, resolve(item)]));
}

/** Fn::Sub: pseudo parameters and references filled in, `${!x}` as `${x}`. */
function substitute(text: string): string {
  return text.replaceAll(/\$\{([^}]*)\}/g, (_, name: string) =>
    name.startsWith('!') ? `\${${name.slice(1)}}` : (pseudo[name] ?? `<${name}>`),
  );
}

/** Statements of a role, filled in. */
export function statementsOf(resources: Record<string, unknown>, roleId: string): Statement[] {
  const role = resources[roleId];
  if (!role) throw new Error(`There is no role ${roleId}; there are ${Object.keys(resources).join(', ')}`);
  const { Properties } = resolve(role) as {
    Properties: { Policies: { PolicyDocument: { Statement: Statement[] } }[] };
  };
  return Properties.Policies.flatMap(policy => policy.PolicyDocument.Statement);
}

/** Whether a role may do something to a resource, without looking at conditions. */
export function allows(statements: readonly Statement[], action: string, resource: string): boolean {
  return statements.some(
    ({ Effect, Action, Resource }) =>
      Effect === 'Allow' &&
      Action.some(pattern => matches(pattern, action)) &&
      Resource.some(pattern => matches(pattern, resource)),
  );
}

/** Whether a role may do something to anything at all. */
export function allowsAnywhere(statements: readonly Statement[], action: string): boolean {
  return statements.some(
    ({ Effect, Action }) => Effect === 'Allow' && Action.some(pattern => matches(pattern, action)),
  );
}

function matches(pattern: string, text: string): boolean {
  const expression = pattern
    .replaceAll(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${expression}$`, 'i').test(text);
}

/** Ids of roles by what assumes them. */
export function roleIds(resources: Record<string, unknown>, service: string): string[] {
  return Object.entries(resources)
    .filter(([, resource]) => JSON.stringify(resource).includes(`"Service":"${service}"`))
    .map(([id]) => id);
}

import type { Plan } from '../plan/schema.ts';
import type { Run } from '../runbook/contract.ts';
import type { Facts } from './report.ts';

/** The command that runs the same rehearsal again. Undefined without a seed, that is for a run on real AWS. */
export function replayCommand(plan: Plan, run: Run, facts: Facts): string | undefined {
  if (facts.seed === undefined) return undefined;
  const set = Object.entries(facts.parameters ?? changedParameters(plan, run));
  return [
    'npx lifeboat rehearse',
    quote(facts.planPath ?? `plans/${plan.system.id}/plan.yml`),
    `--scenario ${quote(run.scenario)}`,
    ...(run.mode === 'recover' ? [] : [`--mode ${run.mode}`]),
    `--seed ${facts.seed}`,
    ...(facts.faults ?? []).map(fault => `--fault ${quote(fault)}`),
    ...set.map(([name, value]) => `--set ${quote(`${name}=${value}`)}`),
  ].join(' ');
}

/** The command that shows what people have done since. Undefined for a rehearsal, which leaves nothing running. */
export function liveStateCommand(plan: Plan, run: Run, facts: Facts): string | undefined {
  if (facts.seed !== undefined) return undefined;
  const path = facts.planPath ?? `plans/${plan.system.id}/plan.yml`;
  return `npx lifeboat status ${quote(path)} --incident ${run.incidentId}`;
}

function changedParameters(plan: Plan, run: Run): Run['parameters'] {
  const defaults = plan.scenarios[run.scenario]?.parameters ?? {};
  const changed = Object.entries(run.parameters).filter(([name, value]) => defaults[name]?.default !== value);
  return Object.fromEntries(changed);
}

/** Quotes for a POSIX shell what is more than a plain word. */
function quote(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

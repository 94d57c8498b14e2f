import { loadPlan } from '../../shared/plan/load.ts';
import type { Plan } from '../../shared/plan/schema.ts';

export const planDirectory = 'plans/liquid-abt';

/** LIQUID ABT's plan. */
export async function liquidAbt(): Promise<Plan> {
  const { plan, findings } = await loadPlan(`${planDirectory}/plan.yml`);
  if (!plan) throw new Error(JSON.stringify(findings));
  return plan;
}

/** The same with a fleet of databases as its only backup. */
export async function fleetPlan(atOnce: number): Promise<Plan> {
  const plan = await liquidAbt();
  const verify = plan.backups['database-copies']?.verify;
  if (!verify) throw new Error('LIQUID ABT proves its copies');
  return {
    ...plan,
    calendar: {},
    backups: {
      tenants: {
        type: 'rds-fleet',
        title: 'Databases of tenants',
        region: plan.regions.recovery,
        instances: 'tenant-*',
        atOnce,
        retention: 7 * 86_400,
        rpo: 86_400,
        verify: { ...verify, balances: [], queries: verify.queries.slice(0, 1) },
      },
    },
  };
}

import { describe, expect, it } from 'vitest';
import { deploymentOf } from '../../deploy/build.ts';
import { dashboardResources } from '../../deploy/dashboard.ts';
import { liquidAbt, resolve } from './support.ts';

const { plan, deployment } = await liquidAbt();

type Widget = { x: number; y: number; width: number; properties: { region: string; metrics: string[][] } };

function widgetsOf(resources: Record<string, unknown>): Widget[] {
  const { Properties } = resolve(resources.Dashboard) as { Properties: { DashboardBody: string } };
  return JSON.parse(Properties.DashboardBody).widgets;
}

describe('the dashboard', () => {
  it('shows every metric of the plan, side by side and without overlap', () => {
    const widgets = widgetsOf(deployment.resources);
    expect(widgets).toHaveLength(plan.dashboard.length);
    expect(new Set(widgets.map(({ x, y }) => `${x}/${y}`)).size).toBe(widgets.length);
    expect(widgets.every(({ x, width }) => x + width <= 24)).toBe(true);
    const [first] = widgets;
    expect(first?.properties.metrics[0]).toEqual([
      'AWS/ApplicationELB',
      'HealthyHostCount',
      'LoadBalancer',
      'app/liquid-abt-dr/5f0e1c7b2a9d4e63',
      'TargetGroup',
      'targetgroup/liquid-abt-dr-app/6d0ecf831eec9f09',
    ]);
  });

  it('is not made for a plan without one', () => {
    expect(dashboardResources({ ...plan, dashboard: [] })).toEqual({});
  });
});

describe('the bucket of the reports', () => {
  const bucketOf = async (keepFor: number | undefined) => {
    const { resources } = await deploymentOf({ ...plan, records: { ...plan.records, keepFor } });
    return (resources.ReportBucket as { Properties: Record<string, unknown> }).Properties;
  };

  it('is locked for as long as the plan says', async () => {
    expect(await bucketOf(7 * 365 * 86_400)).toMatchObject({
      ObjectLockEnabled: true,
      ObjectLockConfiguration: { Rule: { DefaultRetention: { Mode: 'COMPLIANCE', Days: 2555 } } },
    });
  });

  it('is not locked when the plan does not say for how long', async () => {
    expect(await bucketOf(undefined)).not.toHaveProperty('ObjectLockEnabled');
  });
});

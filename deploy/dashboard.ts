import type { DashboardWidget, Plan } from '../shared/plan/schema.ts';
import { sub } from './names.ts';

type Resources = Record<string, Record<string, unknown>>;

const dashboardName = (system: string) => `lifeboat-${system}`;

/** Widgets of a row, and the grid of a dashboard: 24 columns. Source: CloudWatch API, dashboard body structure. */
const columns = 24;
const width = 8;
const height = 6;

/**
 * The plan's dashboard, in the recovery region: it has to be there when the primary is not. A widget of the primary
 * region is empty then, which is an answer too.
 */
export function dashboardResources(plan: Plan): Resources {
  if (plan.dashboard.length === 0) return {};
  return {
    Dashboard: {
      Type: 'AWS::CloudWatch::Dashboard',
      Properties: {
        DashboardName: dashboardName(plan.system.id),
        DashboardBody: sub(JSON.stringify({ widgets: plan.dashboard.map(widget) })),
      },
    },
  };
}

function widget({ title, region, namespace, metrics, dimensions, statistic }: DashboardWidget, at: number) {
  const perRow = columns / width;
  return {
    type: 'metric',
    x: (at % perRow) * width,
    y: Math.floor(at / perRow) * height,
    width,
    height,
    properties: {
      title,
      region,
      view: 'timeSeries',
      stat: statistic,
      period: 60,
      metrics: metrics.map(metric => [namespace, metric, ...Object.entries(dimensions).flat()]),
    },
  };
}

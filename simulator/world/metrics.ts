import type { World } from './world.ts';

/** A CloudWatch metric of the simulated world: its value at a time, or undefined where it has no data point. */
export type SimulatedMetric = {
  region: string;
  namespace: string;
  name: string;
  dimensions: Record<string, string>;
  valueAt(atMs: number): number | undefined;
};

/** Metrics that services publish; `services/cloudwatch.ts` answers from them. */
export function metricsOf(world: World): SimulatedMetric[] {
  return world.state<SimulatedMetric[]>('metrics', () => []);
}

export function addMetric(world: World, metric: SimulatedMetric): void {
  metricsOf(world).push(metric);
}

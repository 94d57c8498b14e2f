import * as z from 'zod';
import { addMetric } from '../world/metrics.ts';
import { type Call, SimulatedAwsError, type SimulatedService, type World } from '../world/world.ts';

/** Quotas that recoveries run into, with the defaults of a new account, and what a quiet recovery region uses. */
const known: Record<string, { name: string; value: number; used?: number }> = {
  'ec2/L-1216C47A': { name: 'Running On-Demand Standard instances (vCPUs)', value: 64, used: 8 },
  'ec2/L-0263D0A3': { name: 'EC2-VPC Elastic IPs', value: 5, used: 2 },
  'rds/L-7B6409FD': { name: 'DB instances', value: 40, used: 1 },
  'elasticloadbalancing/L-53DA6B97': { name: 'Application Load Balancers per Region', value: 50, used: 1 },
  'fargate/L-3032A538': { name: 'Fargate On-Demand vCPU resource count', value: 6 },
};

const quotaInput = z.object({ ServiceCode: z.string(), QuotaCode: z.string() });

const usageOf = (quota: string) => ({
  MetricNamespace: 'AWS/Usage',
  MetricName: 'ResourceCount',
  MetricDimensions: { Service: quota.split('/')[0] ?? '', Resource: quota.split('/')[1] ?? '' },
  MetricStatisticRecommendation: 'Maximum',
});

/** Service Quotas: each region has its own, and nobody has changed them but where the plan says so. */
export const service: SimulatedService = {
  name: 'servicequotas',
  operations: {
    // A quota that was never changed is known by its default only, in some services.
    GetServiceQuota: (world, call) =>
      answer(world, call, quota => isRaised(world, call, quota) || !quota.startsWith('fargate/')),
    GetAWSDefaultServiceQuota: (world, call) => answer(world, call, () => true),
  },
  arrange(world, plan) {
    for (const [quota, { used }] of Object.entries(known)) {
      const { MetricDimensions: dimensions, MetricNamespace: namespace, MetricName: name } = usageOf(quota);
      if (used === undefined) continue;
      const { recovery: region } = plan.regions;
      addMetric(world, { region, namespace, name, dimensions, valueAt: () => used });
    }
  },
};

/** What the plan says was raised is so in the recovery region only: each region has its own quotas. */
function isRaised({ plan }: World, { region }: Call, quota: string): boolean {
  return region === plan.regions.recovery && Object.hasOwn(plan.rehearsal.quotas, quota);
}

function answer(world: World, call: Call, applied: (quota: string) => boolean) {
  const { ServiceCode, QuotaCode } = quotaInput.parse(call.input);
  const quota = `${ServiceCode}/${QuotaCode}`;
  const raised = isRaised(world, call, quota) ? world.plan.rehearsal.quotas[quota] : undefined;
  const usual = known[quota] ?? (raised === undefined ? undefined : { name: QuotaCode, value: raised });
  const found = applied(quota) ? usual : undefined;
  if (!found) {
    const message = 'The request failed because the specified service quota does not exist.';
    throw new SimulatedAwsError('NoSuchResourceException', message);
  }
  return {
    Quota: {
      ServiceCode,
      QuotaCode,
      QuotaName: found.name,
      Value: call.operation === 'GetServiceQuota' ? (raised ?? found.value) : found.value,
      Adjustable: true,
      ...(found.used !== undefined && { UsageMetric: usageOf(quota) }),
    },
  };
}

import * as z from 'zod';
import { readQuota, readUsage } from '../../aws/service-quotas.ts';
import { regionSchema } from '../../plan/region.ts';
import { type ActionContext, defineAction, type Reason } from '../contract.ts';

const parameters = z.object({
  region: regionSchema.optional().meta({ description: 'Without it, the recovery region' }),
  quotas: z
    .array(
      z.strictObject({
        service: z.string().meta({ description: 'Service code, such as ec2 or rds' }),
        quota: z.string().regex(/^L-[0-9A-F]{8}$/, 'a quota code, such as L-1216C47A'),
        needed: z
          .number()
          .positive()
          .meta({ description: 'What the recovery takes of it, beyond what is used now' }),
      }),
    )
    .min(1)
    .max(30),
});
type Wanted = z.output<typeof parameters>['quotas'][number];

type Finding = { name: string; value: number; used: number | null; needed: number };

async function look(context: ActionContext, region: string, wanted: Wanted): Promise<Finding | Reason> {
  const { service, quota, needed } = wanted;
  const found = await readQuota(context.aws, region, service, quota);
  if (found?.Value === undefined) {
    return {
      what: `There is no quota ${quota} of ${service} in ${region}.`,
      mend: 'Take service and quota codes from Service Quotas, in the console or with list-service-quotas.',
    };
  }
  const used = (await readUsage(context.aws, region, found, context.clock.now())) ?? null;
  return { name: found.QuotaName ?? quota, value: found.Value, used, needed };
}

const isFinding = (one: Finding | Reason): one is Finding => 'needed' in one;

function describe({ name, value, used, needed }: Finding): string {
  const use = used === null ? 'AWS does not measure how much of it is used' : `${used} are used`;
  return `${name}: ${value}; ${use}; ${needed} are needed`;
}

function tooSmall(region: string, finding: Finding): Reason[] {
  const { value, used, needed } = finding;
  if (value - (used ?? 0) >= needed) return [];
  return [
    {
      what: `A quota in ${region} is too small. ${describe(finding)}.`,
      mend: `Ask for at least ${(used ?? 0) + needed} in Service Quotas in ${region} now; it can take days, which an outage does not wait for.`,
    },
  ];
}

/**
 * Whether the quotas of the recovery region leave room for the recovery. Where AWS measures the use of a quota, what
 * is used counts; where it does not, only the quota itself is compared, and the evidence says so.
 */
export const action = defineAction({
  kind: 'quota.check',
  summary: 'Checks that service quotas of the recovery region leave room for the recovery',
  parameters,
  components: {},
  outputs: { quotas: 'Name, value, used (null where AWS does not measure it) and needed of each' },
  drill: 'same',
  mutates: false,
  typical: { minSeconds: 1, likelySeconds: 3, maxSeconds: 60, source: 'One or two requests a quota' },
  failureModes: [
    'The quota was raised in the primary region only',
    'A quota is large enough and AWS has no capacity all the same',
  ],
  permissions: () => [
    {
      actions: ['servicequotas:GetServiceQuota', 'servicequotas:GetAWSDefaultServiceQuota'],
      resources: ['*'],
      reason: 'Reading service quotas has no resource-level permission',
    },
    {
      actions: ['cloudwatch:GetMetricData'],
      resources: ['*'],
      reason: 'CloudWatch has no resource-level permission for reading metrics',
    },
  ],
  async prepare() {
    return { status: 'ready', baseline: {}, evidence: [] };
  },
  async observe(context, { region = context.regions.recovery, quotas }) {
    const found = await Promise.all(quotas.map(wanted => look(context, region, wanted)));
    const findings = found.filter(isFinding);
    const evidence = findings.map(finding => ({ what: `${describe(finding)}.`, data: { ...finding } }));
    const reasons = found.flatMap(one => (isFinding(one) ? tooSmall(region, one) : [one]));
    if (reasons.length > 0) return { status: 'failed', reasons, evidence };
    return { status: 'done', outputs: { quotas: findings.map(finding => ({ ...finding })) }, evidence };
  },
});

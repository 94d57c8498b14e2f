import type { Plan } from '../plan/schema.ts';
import type { OutageCost } from './report.ts';
import { secondsBetween } from './time.ts';

/**
 * Prices in USD, us-east-1, first tier, free tiers ignored. Sources: https://aws.amazon.com/step-functions/pricing/
 * (Standard Workflows) and https://aws.amazon.com/lambda/pricing/ (arm64). Other regions differ by a few per cent.
 */
export const prices = {
  perStateTransition: 0.025 / 1000,
  perLambdaRequest: 0.2 / 1_000_000,
  perLambdaGbSecond: 0.0000133334,
} as const;

/**
 * What a call of one of our functions is taken to use at the least: 512 MB for half a second, most of it spent on AWS's
 * answer. What a call took longer, such as to look several times, is counted as it was.
 */
export const lambdaAssumption = { memoryGb: 0.5, seconds: 0.5 } as const;

/**
 * What Step Functions and Lambda cost for a run, in USD, to a hundredth of a cent. The transitions of nested
 * executions are counted in. `longerSeconds` is what calls took beyond half a second each. Null if one of the two
 * counts is not known.
 */
export function estimateCostUsd(
  stateTransitions: number | null,
  lambdaInvocations: number | null,
  longerSeconds = 0,
): number | null {
  if (stateTransitions === null || lambdaInvocations === null) return null;
  const gbSeconds =
    (lambdaInvocations * lambdaAssumption.seconds + longerSeconds) * lambdaAssumption.memoryGb;
  const cost =
    stateTransitions * prices.perStateTransition +
    lambdaInvocations * prices.perLambdaRequest +
    gbSeconds * prices.perLambdaGbSecond;
  return Math.round(cost * 10_000) / 10_000;
}

/** What the outage costs by the plan's own figure per hour; null without a figure or without an outage. */
export function outageCost(
  plan: Plan,
  outage: { startedAt: string; endedAt: string; over: boolean } | null,
): OutageCost | null {
  if (!plan.costs || !outage) return null;
  const outageSeconds = Math.max(0, secondsBetween(outage.startedAt, outage.endedAt));
  return {
    currency: plan.costs.currency,
    perHour: plan.costs.outagePerHour,
    outageSeconds,
    amount: Math.round((plan.costs.outagePerHour * outageSeconds) / 3600),
    atLeast: !outage.over,
    entries: plan.costs.entries.map(({ title, amount }) => ({ title, amount })),
  };
}

import { describe, expect, test } from 'vitest';
import { usedBy } from '../../simulator/campaign/one-run.ts';
import { drawFaults } from '../../simulator/faults/draw.ts';
import { createFaults, knownFaults, passes } from '../../simulator/faults/faults.ts';
import { plan, planPath } from './support/liquid-abt.ts';

describe('drawing', () => {
  test('the same seed draws the same faults, and all of them are known', async () => {
    const used = await usedBy({ path: planPath, plan }, 'region-failure', 'recover');
    expect(used.handlers).toContain('rds');
    const slack = { type: 'slack-webhook', url: 'secret:shop/slack#url' } as const;
    const more = { ...plan, channels: { ...plan.channels, chat: slack } };
    const draw = () => Array.from({ length: 400 }, (_, seed) => drawFaults(more, seed, used));
    const drawn = draw();
    expect(draw()).toEqual(drawn);
    for (const names of drawn) expect(createFaults(names).ok).toBe(true);
    const kinds = new Set(drawn.flat().map(name => name.split(':')[0]));
    expect([...kinds].sort()).toEqual(
      Object.keys(knownFaults)
        .map(name => name.split(':')[0])
        .sort(),
    );
  });
});

describe('what a fault hits', () => {
  const of = (...names: string[]) => {
    const made = createFaults(names);
    if (!made.ok) throw new Error(made.problems.join('\n'));
    return made.faults;
  };
  const describeInstances = { service: 'rds', operation: 'DescribeDBInstances', region: 'ap-southeast-4' };

  test('throttling refuses every third call, ten times', () => {
    const faults = of('throttle:rds');
    const seen = Array.from({ length: 60 }, () => faults.onCall(describeInstances));
    expect(seen.filter(fault => fault === 'throttle')).toHaveLength(10);
    expect(seen.slice(0, 3)).toEqual([undefined, undefined, 'throttle']);
    expect(faults.onCall({ ...describeInstances, service: 'kms' })).toBeUndefined();
  });

  test('a server fault comes twice, silence once', () => {
    const faults = of('error5xx:rds.DescribeDBInstances', 'timeout:rds.DescribeDBInstances');
    const seen = Array.from({ length: 4 }, () => faults.onCall(describeInstances));
    expect(seen).toEqual(['error5xx', 'error5xx', 'timeout', undefined]);
  });

  test('a handler dies before its second and after its fourth work', () => {
    const faults = of('handler-crash:run');
    const seen = Array.from({ length: 5 }, () => faults.onHandler('run'));
    expect(seen).toEqual([undefined, 'crash-before', undefined, 'crash-after', undefined]);
    expect(faults.onHandler('rds')).toBeUndefined();
  });

  test('some faults pass by themselves and some do not', () => {
    expect(passes('timeout:rds.RebootDBInstance')).toBe(true);
    expect(passes('no-approval')).toBe(false);
    expect(passes('region:us-east-1')).toBe(false);
  });
});

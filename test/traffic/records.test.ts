import type { HealthCheck, ResourceRecordSet } from '@aws-sdk/client-route-53';
import { describe, expect, it } from 'vitest';
import {
  judgeTopology,
  normalName,
  pairOf,
  setsForRecovery,
  ttlSecondsOf,
} from '../../shared/traffic/records.ts';
import { appName, primaryTarget, recoveryTarget } from '../support/traffic-plan.ts';

const base = { Name: 'App.Shop.example.', Type: 'CNAME' as const, TTL: 300 };
const primarySet: ResourceRecordSet = {
  ...base,
  SetIdentifier: 'one',
  Failover: 'PRIMARY',
  HealthCheckId: 'check-app',
  ResourceRecords: [{ Value: primaryTarget }],
};
const secondarySet: ResourceRecordSet = {
  ...base,
  TTL: 60,
  SetIdentifier: 'two',
  Failover: 'SECONDARY',
  ResourceRecords: [{ Value: `${recoveryTarget}.` }],
};
const check: HealthCheck = {
  Id: 'check-app',
  CallerReference: 'x',
  HealthCheckVersion: 1,
  HealthCheckConfig: {
    Type: 'HTTPS',
    Inverted: true,
    FullyQualifiedDomainName: 'shop-gate.s3.ap-southeast-4.amazonaws.com',
    ResourcePath: '/app-on-recovery',
  },
};
const config = (change: object): HealthCheck => ({
  ...check,
  HealthCheckConfig: { Type: 'HTTPS', ...check.HealthCheckConfig, ...change },
});
const judge = (sets: ResourceRecordSet[], health: HealthCheck | undefined = check) =>
  judgeTopology(appName, sets, health).map(reason => reason.what);

describe('judgeTopology', () => {
  it('finds nothing wrong with a pair whose primary is watched by the inverted check of the gate', () => {
    expect(judge([primarySet, secondarySet])).toEqual([]);
  });

  it('accepts a primary that was pointed to the recovery target before', () => {
    expect(judge([{ ...primarySet, ResourceRecords: secondarySet.ResourceRecords }, secondarySet])).toEqual(
      [],
    );
  });

  it('accepts the gate in path style', () => {
    const pathStyle = {
      FullyQualifiedDomainName: 's3.ap-southeast-4.amazonaws.com',
      ResourcePath: '/shop-gate/app-on-recovery',
    };
    expect(judge([primarySet, secondarySet], config(pathStyle))).toEqual([]);
  });

  it.each<[string, ResourceRecordSet[], HealthCheck | undefined, string]>([
    ['no records', [], check, 'no PRIMARY and SECONDARY'],
    [
      'a simple record',
      [{ ...base, ResourceRecords: [{ Value: primaryTarget }] }],
      check,
      'no PRIMARY and SECONDARY',
    ],
    ['half a pair', [primarySet], check, 'no PRIMARY and SECONDARY'],
    [
      'an alias where the plan has a CNAME',
      [
        { ...primarySet, Type: 'A' },
        { ...secondarySet, Type: 'A' },
      ],
      check,
      'is of type A in zone Z0SHOP, and the plan says CNAME',
    ],
    [
      'a secondary that leads elsewhere',
      [primarySet, { ...secondarySet, ResourceRecords: [{ Value: 'old.example' }] }],
      check,
      'SECONDARY record of app.shop.example points to old.example',
    ],
    [
      'a primary that the plan does not know',
      [{ ...primarySet, ResourceRecords: [{ Value: 'old.example' }] }, secondarySet],
      check,
      'PRIMARY record of app.shop.example points to old.example',
    ],
    [
      'a primary without a check',
      [{ ...primarySet, HealthCheckId: undefined }, secondarySet],
      check,
      'no health check',
    ],
    [
      'another check',
      [{ ...primarySet, HealthCheckId: 'other' }, secondarySet],
      check,
      'has health check other',
    ],
    [
      'a check that is not inverted',
      [primarySet, secondarySet],
      config({ Inverted: false }),
      'is not inverted',
    ],
    ['a disabled check', [primarySet, secondarySet], config({ Disabled: true }), 'is disabled'],
    [
      'a check of another object',
      [primarySet, secondarySet],
      config({ ResourcePath: '/another' }),
      'not the object app-on-recovery in shop-gate',
    ],
    [
      'a check of another bucket',
      [primarySet, secondarySet],
      config({ FullyQualifiedDomainName: 'example.com' }),
      'not the object app-on-recovery in shop-gate',
    ],
  ])('says what is wrong with %s', (_, sets, health, expected) => {
    expect(judge(sets, health)).toEqual([expect.stringContaining(expected)]);
  });

  it('says that the check does not exist', () => {
    const reasons = judgeTopology(appName, [primarySet, secondarySet], undefined);
    expect(reasons.map(reason => reason.what)).toEqual(['The health check check-app does not exist.']);
  });

  it('gives every reason at once, each with how to mend it', () => {
    const reasons = judgeTopology(
      appName,
      [{ ...primarySet, HealthCheckId: undefined }, secondarySet],
      config({ Inverted: false, Disabled: true }),
    );
    expect(reasons).toHaveLength(3);
    for (const reason of reasons) expect(reason.mend).not.toBe('');
  });
});

describe('setsForRecovery', () => {
  const pair = (sets: ResourceRecordSet[]) => {
    const found = pairOf(appName, sets);
    if (!found) throw new Error('no pair');
    return found;
  };

  it('gives the primary the value and TTL of the secondary, and keeps its health check', () => {
    expect(setsForRecovery(pair([primarySet, secondarySet]))).toEqual([
      { ...primarySet, TTL: 60, ResourceRecords: secondarySet.ResourceRecords, AliasTarget: undefined },
    ]);
  });

  it('is empty when both lead to the same place', () => {
    expect(
      setsForRecovery(pair([{ ...primarySet, ResourceRecords: [{ Value: recoveryTarget }] }, secondarySet])),
    ).toEqual([]);
  });
});

it('takes names as equal without regard to case, the last dot and the prefix for dual stack', () => {
  expect(normalName('DualStack.LB.Example.')).toBe('lb.example');
});

it('takes 60 s for an alias, whose TTL is its target’s', () => {
  const alias = { HostedZoneId: 'Z', DNSName: 'lb.example', EvaluateTargetHealth: false };
  expect(ttlSecondsOf({ Name: 'x', Type: 'A', AliasTarget: alias })).toBe(60);
  expect(ttlSecondsOf(primarySet)).toBe(300);
});

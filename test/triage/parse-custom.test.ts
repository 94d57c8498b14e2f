import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { planSchema } from '../../shared/plan/schema.ts';
import { matches, patternOf } from '../../shared/triage/parse-custom.ts';
import { parseEvent } from '../../shared/triage/parse-event.ts';
import { plan as base } from './plan.ts';

const load = (name: string): Record<string, unknown> =>
  JSON.parse(readFileSync(new URL(`../fixtures/events/${name}.json`, import.meta.url), 'utf8'));

const primary = 'ap-southeast-2';
const event = (more: object) => ({ type: 'event', observer: 'aws', region: primary, ...more });
const signals = planSchema.shape.signals.parse({
  intrusion: event({
    title: 'GuardDuty',
    source: 'aws.guardduty',
    detailType: 'GuardDuty Finding',
    firing: { severity: { atLeast: 7 }, type: { startsWith: 'UnauthorizedAccess:' } },
    subject: 'id',
  }),
  capacity: event({
    title: 'No instance',
    source: 'aws.autoscaling',
    detailType: 'EC2 Instance Launch Unsuccessful',
    firing: { AutoScalingGroupName: 'liquid-abt-nodes' },
  }),
  deployment: event({
    title: 'Deployment',
    source: 'aws.ecs',
    detailType: 'ECS Deployment State Change',
    firing: { eventName: 'SERVICE_DEPLOYMENT_FAILED' },
    clear: { eventName: ['SERVICE_DEPLOYMENT_COMPLETED'] },
  }),
  'backup-failed': event({
    title: 'Backup',
    source: 'aws.backup',
    detailType: 'Backup Job State Change',
    firing: { state: ['FAILED', 'ABORTED', 'EXPIRED'], backupVaultName: 'liquid-abt' },
  }),
  'build-failed': event({
    title: 'Build',
    region: 'ap-southeast-4',
    source: 'aws.codebuild',
    detailType: 'CodeBuild Build State Change',
    firing: { 'build-status': 'FAILED' },
  }),
  integrity: event({
    title: 'Integrity',
    source: 'liquid-abt.checks',
    detailType: 'Integrity Check',
    firing: { result: 'corrupt', 'table.rows': { atLeast: 1 } },
  }),
  'error-rate': {
    title: 'Error rate',
    observer: 'application',
    type: 'metric',
    region: primary,
    namespace: 'LiquidAbt',
    metric: 'ErrorRate',
    comparison: 'at-least',
    threshold: 5,
  },
});
const plan = { ...base, signals };

describe('signals from events of AWS and of your own', () => {
  it.each([
    ['guardduty-finding', 'intrusion', 'firing'],
    ['autoscaling-launch-unsuccessful', 'capacity', 'firing'],
    ['ecs-deployment-failed', 'deployment', 'firing'],
    ['ecs-deployment-completed', 'deployment', 'clear'],
    ['backup-job-failed', 'backup-failed', 'firing'],
    ['codebuild-failed', 'build-failed', 'firing'],
    ['custom-integrity', 'integrity', 'firing'],
    ['alarm-own-metric', 'error-rate', 'firing'],
  ])('%s is %s, %s', (name, signal, state) => {
    expect(parseEvent(plan, load(name))).toMatchObject({ kind: 'signals', signals: [{ signal, state }] });
  });

  it('say what was seen, when, and what it is about', () => {
    expect(parseEvent(plan, load('guardduty-finding'))).toMatchObject({
      signals: [
        {
          at: '2026-03-10T16:48:21.000Z',
          subject: '16afba5c5c43e07c9e3e5e2e544e95df',
          what: 'GuardDuty Finding of aws.guardduty: severity 8, type UnauthorizedAccess:IAMUser/InstanceCredentialExfiltration.OutsideAWS',
        },
      ],
    });
  });

  it('are none when a field or the region is another', () => {
    expect(parseEvent(plan, load('guardduty-finding-low'))).toMatchObject({
      signals: [],
      aside: 'no signal of the plan waits for this GuardDuty Finding',
    });
    const elsewhere = { ...load('ecs-deployment-failed'), region: 'eu-west-1' };
    expect(parseEvent(plan, elsewhere)).toMatchObject({ kind: 'signals', signals: [] });
  });

  it('come beside those that AWS is known to send', () => {
    const both = {
      ...plan,
      signals: {
        ...plan.signals,
        health: base.signals['aws-health'] as (typeof plan.signals)[string],
        ...planSchema.shape.signals.parse({
          issue: event({
            title: 'Any issue',
            source: 'aws.health',
            detailType: 'AWS Health Event',
            firing: { eventTypeCategory: 'issue' },
          }),
        }),
      },
    };
    expect(parseEvent(both, load('health-issue-open'))).toMatchObject({
      signals: [{ signal: 'health' }, { signal: 'issue' }],
    });
  });
});

describe('what a field must be', () => {
  it.each([
    [{ a: 1 }, { a: 1 }, true],
    [{ a: 1 }, { a: '1' }, false],
    [{ a: { b: ['x', 'y'] } }, { 'a.b': 'y' }, true],
    [{ a: 6.9 }, { a: { atLeast: 7 } }, false],
    [{ a: '7' }, { a: { atLeast: 7 } }, false],
    [{}, { constructor: { startsWith: 'x' } }, false],
    [undefined, { a: 1 }, false],
    [{ a: 1 }, {}, true],
  ] as const)('%j and %j: %s', (detail, match, expected) => {
    expect(matches(detail, match as Parameters<typeof matches>[1])).toBe(expected);
  });

  it('becomes a pattern of EventBridge', () => {
    const match = { 'a.b': 'x', 'a.c': ['y', 'z'], n: { atLeast: 7 }, t: { startsWith: 'U:' } };
    expect(patternOf(match)).toEqual({
      a: { b: ['x'], c: ['y', 'z'] },
      n: [{ numeric: ['>=', 7] }],
      t: [{ prefix: 'U:' }],
    });
  });
});

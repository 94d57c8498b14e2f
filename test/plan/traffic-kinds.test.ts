import { describe, expect, it } from 'vitest';
import { listKinds, loadActions } from '../../shared/actions/load-actions.ts';
import type { CheckContext } from '../../shared/plan/lint-rule.ts';
import { trafficBeforeReadiness } from '../../shared/plan/rules/traffic-before-readiness.ts';
import { usEast1ControlPlane } from '../../shared/plan/rules/us-east-1-control-plane.ts';
import { usWest2ControlPlane } from '../../shared/plan/rules/us-west-2-control-plane.ts';
import { viewScenarios } from '../../shared/plan/scenario-view.ts';
import { planWith } from '../support/aws-world.ts';

const actions = await loadActions(listKinds());

function contextOf(
  steps: { do: string; with?: object; onFailure?: string }[],
  primary?: string,
  more: object = {},
): CheckContext {
  const phase = {
    id: 'all',
    title: 'All',
    stage: 'execute',
    steps: steps.map((step, index) => ({ id: `step-${index}`, with: {}, ...step })),
  };
  const scenario = {
    title: 'Region',
    severity: 'critical',
    manualOnly: true,
    modes: ['recover'],
    phases: [phase],
    ...more,
  };
  const plan = planWith({}, { region: scenario as never });
  if (primary) plan.regions.primary = primary as typeof plan.regions.primary;
  return { plan, scenarios: viewScenarios(plan, actions), actions, kinds: [], isWritten: () => false };
}

describe('traffic-before-readiness', () => {
  it.each([
    'route53.failover',
    'route53.upsert',
    'route53.shift-weight',
    'arc.routing-control',
    'globalaccelerator.shift-traffic',
    'cloudfront.switch-origin',
  ])('wants proof before %s', kind => {
    expect(trafficBeforeReadiness.check(contextOf([{ do: kind }]))).toHaveLength(1);
    expect(trafficBeforeReadiness.check(contextOf([{ do: 'elbv2.target-health' }, { do: kind }]))).toEqual(
      [],
    );
    const ignored = [{ do: 'route53.health-check', onFailure: 'continue' }, { do: kind }];
    expect(trafficBeforeReadiness.check(contextOf(ignored))).toHaveLength(1);
  });

  it('wants none for the way back, nor for a share of nothing', () => {
    const back = { do: 'route53.upsert', with: { to: 'primary' } };
    const nothing = { do: 'route53.shift-weight', with: { recoveryPercent: 0 } };
    expect(trafficBeforeReadiness.check(contextOf([back, nothing]))).toEqual([]);
  });
});

describe('us-west-2-control-plane', () => {
  it('is an error for dials while us-west-2 is lost, and nothing where it is recovered to', () => {
    const context = contextOf([{ do: 'globalaccelerator.shift-traffic' }], 'us-west-2');
    expect(usWest2ControlPlane.check(context)).toMatchObject([{ severity: 'error' }]);
    const lost = { disaster: { type: 'region-loss', region: 'primary' } };
    const other = contextOf([{ do: 'globalaccelerator.shift-traffic' }], 'us-east-1', lost);
    expect(usWest2ControlPlane.check(other)).toMatchObject([{ severity: 'warning' }]);
    other.plan.regions.recovery = 'us-west-2';
    expect(usWest2ControlPlane.check(other)).toEqual([]);
  });
});

describe('us-east-1-control-plane', () => {
  it('is an error for records alone, a warning for a fallback, and nothing for routing controls', () => {
    const kinds = ['route53.upsert', 'route53.failover', 'arc.routing-control'];
    const fronts = ['cloudfront.switch-origin', 'cloudfront.invalidate', 'globalaccelerator.shift-traffic'];
    const steps = [...kinds, ...fronts].map(kind => ({ do: kind }));
    const found = usEast1ControlPlane.check(contextOf(steps, 'us-east-1'));
    expect(found.map(({ severity, path }) => `${severity} ${path.join('/')}`)).toEqual([
      'error scenarios/region/phases/0/steps/0/do',
      'warning scenarios/region/phases/0/steps/1/do',
      'error scenarios/region/phases/0/steps/3/do',
      'warning scenarios/region/phases/0/steps/4/do',
    ]);
    expect(usEast1ControlPlane.check(contextOf(steps))).toEqual([]);
  });

  it('is a warning for records alone while another region is lost, unless us-east-1 is recovered to', () => {
    const steps = ['route53.shift-weight', 'route53.failover'].map(kind => ({ do: kind }));
    const lost = { disaster: { type: 'region-loss', region: 'primary' } };
    const context = contextOf(steps, 'eu-west-1', lost);
    const found = usEast1ControlPlane.check(context);
    expect(found.map(({ severity, path }) => `${severity} ${path.join('/')}`)).toEqual([
      'warning scenarios/region/phases/0/steps/0/do',
    ]);
    context.plan.regions.recovery = 'us-east-1';
    expect(usEast1ControlPlane.check(context)).toEqual([]);
  });

  it.each([
    ['a failback', { failbackOf: 'other' }],
    ['wrong data', { disaster: { type: 'corruption', component: 'database', damage: 'DELETE' } }],
    ['a mode in which nothing is lost', { modes: ['planned', 'drill'] }],
  ])('says nothing of %s, when us-east-1 answers', (_, scenario) => {
    const found = usEast1ControlPlane.check(contextOf([{ do: 'route53.upsert' }], 'us-east-1', scenario));
    expect(found).toEqual([]);
  });
});

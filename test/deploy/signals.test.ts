import { describe, expect, it } from 'vitest';
import { deploymentOf } from '../../deploy/build.ts';
import { primarySignalsTemplate } from '../../deploy/primary-signals.ts';
import { type Plan, planSchema } from '../../shared/plan/schema.ts';
import { lifeboat, planPath } from '../cli/collect.ts';
import { plan as whole } from '../simulator/support/liquid-abt.ts';
import { coreOf } from './support.ts';

const liquidAbt = coreOf(whole);

const { primary, recovery } = liquidAbt.regions;
const metric = (region: string, more: object = {}) => ({
  title: 'Errors',
  observer: 'application',
  type: 'metric',
  region,
  namespace: 'LiquidAbt',
  metric: 'ErrorRate',
  dimensions: { Service: 'app' },
  comparison: 'at-least',
  threshold: 5,
  ...more,
});
const plan: Plan = {
  ...liquidAbt,
  signals: {
    ...liquidAbt.signals,
    ...planSchema.shape.signals.parse({
      'errors-here': metric(recovery, { statistic: 'p95', periods: 5, breaching: 3, missing: 'breaching' }),
      'errors-there': metric(primary),
      intrusion: {
        title: 'GuardDuty',
        observer: 'guardduty',
        type: 'event',
        region: primary,
        source: 'aws.guardduty',
        detailType: 'GuardDuty Finding',
        firing: { severity: { atLeast: 7 } },
      },
    }),
  },
};

describe('metric and event signals in a deployment', () => {
  it('have their alarm in the recovery region only if the metric is there', async () => {
    const { resources } = await deploymentOf(plan);
    expect(resources.SignalErrorsHereAlarm?.Properties).toEqual({
      AlarmName: 'lifeboat-liquid-abt-errors-here',
      AlarmDescription: 'Errors: a signal of Lifeboat',
      Namespace: 'LiquidAbt',
      MetricName: 'ErrorRate',
      Dimensions: [{ Name: 'Service', Value: 'app' }],
      ExtendedStatistic: 'p95',
      Period: 60,
      EvaluationPeriods: 5,
      DatapointsToAlarm: 3,
      Threshold: 5,
      ComparisonOperator: 'GreaterThanOrEqualToThreshold',
      TreatMissingData: 'breaching',
    });
    expect(resources).not.toHaveProperty('SignalErrorsThereAlarm');
  });

  it('reach the triage: by the default bus from here, by the system bus from there', async () => {
    const { functions } = await deploymentOf(plan);
    const { events } = functions.triage as {
      events: { eventBridge?: { eventBus?: object; pattern: object } }[];
    };
    const rules = events.flatMap(({ eventBridge }) => eventBridge ?? []);
    const of = (text: string) => rules.filter(({ pattern }) => JSON.stringify(pattern).includes(text));
    expect(of('lifeboat-liquid-abt-errors-here').map(({ eventBus }) => eventBus)).toEqual([undefined]);
    expect(of('lifeboat-liquid-abt-errors-there')[0]?.eventBus).toBeDefined();
    expect(of('aws.guardduty')).toMatchObject([
      {
        eventBus: expect.anything(),
        pattern: { 'detail-type': ['GuardDuty Finding'], detail: { severity: [{ numeric: ['>=', 7] }] } },
      },
    ]);
  });

  it('have a template for the primary region, which forwards its alarms and events and nothing else', () => {
    const template = primarySignalsTemplate(plan, primary);
    const resources = template?.Resources as Record<
      string,
      { Type: string; Properties: Record<string, unknown> }
    >;
    expect(Object.keys(resources)).toEqual(['SignalErrorsThereAlarm', 'ForwardRole', 'Forward1', 'Forward2']);
    expect(resources.Forward1?.Properties.EventPattern).toMatchObject({
      detail: { alarmName: ['lifeboat-liquid-abt-errors-there'] },
    });
    expect(JSON.stringify(resources.ForwardRole)).toContain(`events:${recovery}:`);
    expect(JSON.stringify(resources.ForwardRole)).not.toContain('"Resource":"*"');
    expect(primarySignalsTemplate(plan, recovery)).toBeUndefined();
  });

  it('say so when there is nothing to forward', async () => {
    const answer = await lifeboat(['primary-signals', planPath, '--region', 'eu-west-1']);
    expect(answer).toMatchObject({ code: 2, out: '', err: /no metric and no event signal in eu-west-1/ });
  });
});

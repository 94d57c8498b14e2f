import { describe, expect, it } from 'vitest';
import { planSchema } from '../../shared/plan/schema.ts';
import { elementsOf } from '../../shared/trace/elements.ts';
import { exercisedBy } from '../../shared/trace/exercised.ts';
import { plan, rehearsal } from '../simulator/support/liquid-abt.ts';

const exercised = async (options: Parameters<typeof rehearsal>[0]) => {
  const { report, ledger } = await rehearsal(options);
  return exercisedBy(plan, report, ledger);
};

describe('elements of a plan', () => {
  const elements = elementsOf(plan);
  const ids = elements.map(({ id }) => id);

  it('have ids of their own, steps of parallel branches included', () => {
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids).toContain('scenarios.region-failure.steps.restore-database');
    expect(ids).toContain('scenarios.region-failure.phases.decide');
    expect(ids).toContain('scenarios.database-failure.trigger');
    expect(ids).toContain('escalation[3]');
    expect(ids).toContain('costs.entries[0]');
  });

  it('know their kind and the ids that they name', () => {
    expect(elements.find(({ id }) => id.endsWith('.steps.count-tenants'))).toMatchObject({
      sort: 'step',
      kind: 'sql.query',
      implements: ['LA-075', 'LA-154'],
    });
    expect(elements.find(({ id }) => id === 'signals.aws-health')).toMatchObject({
      sort: 'signal',
      kind: 'health',
    });
  });
});

describe('a rehearsal exercises', () => {
  it('steps, phases, signals, trigger, people, audiences and templates of a recovery', async () => {
    const found = await exercised({ scenario: 'region-failure' });
    for (const id of [
      'scenarios.region-failure',
      'scenarios.region-failure.trigger',
      'scenarios.region-failure.phases.route',
      'scenarios.region-failure.steps.move-traffic',
      'signals.primary-heartbeat',
      'severities.critical',
      'objectives',
      'audiences.customers',
      'channels.customers-email',
      'templates.initial-customer',
      'people.platform-lead',
      'escalation[0]',
      'components.database-restored',
    ])
      expect(found).toContain(id);
    // Somebody acknowledged in time.
    expect(found).not.toContain('escalation[3]');
    expect(found).not.toContain('scenarios.region-failure.steps.approve-drill');
  });

  it('follow-ups of the plan and of the scenario, once their tasks are set', async () => {
    const followUp = { title: 'Write down why', owner: 'platform-lead', due: '24h' };
    const more = structuredClone(plan);
    more.followUps = planSchema.shape.followUps.parse({
      review: followUp,
      later: { ...followUp, modes: ['drill'] },
    });
    const scenario = more.scenarios['database-failure'];
    if (scenario) scenario.followUps = planSchema.shape.followUps.parse({ cause: followUp });
    const { report, ledger } = await rehearsal({ scenario: 'database-failure', plan: more });
    const found = exercisedBy(more, report, ledger).filter(id => id.includes('followUps'));
    expect(found).toEqual(['followUps.review', 'scenarios.database-failure.followUps.cause']);
  });

  it('neither traffic nor customers in a drill', async () => {
    const found = await exercised({ scenario: 'region-failure', mode: 'drill' });
    expect(found).toContain('scenarios.region-failure.steps.approve-drill');
    expect(found).not.toContain('scenarios.region-failure.steps.move-traffic');
    expect(found).not.toContain('audiences.customers');
    expect(found).not.toContain('scenarios.region-failure.trigger');
  });

  it('no step in a dry run, which changes nothing', async () => {
    const found = await exercised({ scenario: 'region-failure', mode: 'dry-run' });
    expect(found).toContain('scenarios.region-failure');
    expect(found.filter(id => id.includes('.steps.'))).toEqual([]);
  });
});

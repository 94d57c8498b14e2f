import { expect, test } from 'vitest';
import { rdsDetailSchema, rdsSignals } from '../../shared/triage/parse-rds.ts';
import { component, dataPlan, primary } from '../support/data-plan.ts';

const plan = dataPlan();
plan.signals = {
  'users-failover': {
    type: 'rds-event',
    title: 'The users database fails over',
    observer: 'rds',
    component: 'users',
    firing: ['RDS-EVENT-0073'],
    clear: ['RDS-EVENT-0071'],
  } as never,
};
const detail = (EventID: string, SourceIdentifier: string) =>
  rdsDetailSchema.parse({ EventID, SourceIdentifier, Date: '2026-03-10T16:42:00.000Z', Message: 'Started' });

test('a signal of a DB cluster fires and clears with the events of that cluster', () => {
  const users = component('rds-cluster', 'users').identifier;
  const from = { region: primary, eventId: 'e-1' };
  expect(rdsSignals(plan, detail('RDS-EVENT-0073', users), from)).toMatchObject([{ state: 'firing' }]);
  expect(rdsSignals(plan, detail('RDS-EVENT-0071', users), from)).toMatchObject([{ state: 'clear' }]);
  expect(rdsSignals(plan, detail('RDS-EVENT-0073', 'app-orders'), from)).toEqual([]);
});

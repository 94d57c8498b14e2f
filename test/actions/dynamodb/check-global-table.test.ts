import { describe, expect, it } from 'vitest';
import { action } from '../../../shared/actions/dynamodb/check-global-table.ts';
import { component, primary, recovery } from '../../support/data-plan.ts';
import { inData } from '../../support/data-world.ts';

const table = component('dynamodb-table', 'sessions');
const { heartbeat: _, ...silent } = table;
const parameters = { table, maxAge: '1m' };

describe('dynamodb.check-global-table', () => {
  it('tells by the heartbeat how much can be missing when the region is lost', () =>
    inData(async scene => {
      scene.world.loseRegion(primary);
      await scene.wait(600);
      expect(await scene.step(action, parameters)).toMatchObject({
        status: 'done',
        outputs: { measuredBy: 'heartbeat', lossSeconds: expect.any(Number), replicas: [recovery, primary] },
      });
    }));

  it('fails when the newest heartbeat is too old for the plan', () =>
    inData(async scene => {
      scene.world.loseRegion(primary);
      expect(await scene.step(action, { ...parameters, maxAge: '0s' })).toMatchObject({
        status: 'failed',
        reasons: [{ what: expect.stringContaining('before the outage, and 0 s are allowed') }],
      });
    }));

  it('goes by ReplicationLatency while the other region answers, and says when nobody knows', () =>
    inData(async scene => {
      expect(await scene.step(action, { ...parameters, table: silent })).toMatchObject({
        status: 'done',
        outputs: { measuredBy: 'ReplicationLatency' },
      });
      scene.world.loseRegion(primary);
      expect(await scene.step(action, { ...parameters, table: silent })).toMatchObject({
        status: 'failed',
        reasons: [
          { what: expect.stringContaining('Nobody knows'), mend: expect.stringContaining('heartbeat') },
        ],
      });
    }));

  it('refuses a table that is not there, and one that is in one region only', () =>
    inData(async scene => {
      const alone = component('dynamodb-table', 'alone');
      expect(await scene.prepare(action, { ...parameters, table: alone })).toMatchObject({
        status: 'refused',
        reasons: [{ what: expect.stringContaining('no global table') }],
      });
      scene.strike({ type: 'loss', component: table });
      expect(await scene.prepare(action, parameters)).toMatchObject({
        status: 'refused',
        reasons: [{ what: 'There is no table app-sessions in ap-southeast-4' }],
      });
    }));

  it('reads this table and nothing else', () => {
    expect(action.permissions({ table, maxAge: 60 }, { primary, recovery })).toEqual([
      {
        actions: ['dynamodb:DescribeTable', 'dynamodb:GetItem'],
        resources: ['arn:${AWS::Partition}:dynamodb:ap-southeast-4:${AWS::AccountId}:table/app-sessions'],
      },
    ]);
  });
});

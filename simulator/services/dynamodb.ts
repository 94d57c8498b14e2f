import { menders } from '../world/assumed-repairs.ts';
import { readOtherTable, systemOfTable } from '../world/other-systems.ts';
import type { Call, SimulatedService, World } from '../world/world.ts';
import {
  deleteTable,
  describeContinuousBackups,
  keepLastState,
  listBackups,
  listTags,
  restoreFromBackup,
  restoreToMoment,
  scan,
  tagTable,
  updateContinuousBackups,
} from './dynamodb/restores.ts';
import {
  arrangeTables,
  damageTable,
  describeTable,
  freezeTables,
  loseTable,
  mendTable,
  readHeartbeat,
} from './dynamodb/tables.ts';

/**
 * DynamoDB as the record store uses it, and the tables of the plan. The records are kept by the in-memory store; a call passes through the world
 * so that it is counted, and disturbed by faults like any other.
 */
const pass = (_world: World, call: Call) => (call.input.run as () => Promise<unknown>)();

export const service: SimulatedService = {
  name: 'dynamodb',
  operations: {
    // The record store brings its own answer; what else is asked for is a table of the plan.
    GetItem: (world, call) => {
      if ('run' in call.input) return pass(world, call);
      const other = systemOfTable(world, call.region, call.input.TableName);
      return other ? readOtherTable(world, other, 'GetItem', call.input) : readHeartbeat(world, call);
    },
    DescribeTable: describeTable,
    DescribeContinuousBackups: describeContinuousBackups,
    UpdateContinuousBackups: updateContinuousBackups,
    ListBackups: listBackups,
    RestoreTableToPointInTime: restoreToMoment,
    RestoreTableFromBackup: restoreFromBackup,
    ListTagsOfResource: listTags,
    TagResource: tagTable,
    Scan: scan,
    DeleteTable: deleteTable,
    PutItem: pass,
    Query: (world, call) => {
      const other = systemOfTable(world, call.region, call.input.TableName);
      return other ? readOtherTable(world, other, 'Query', call.input) : pass(world, call);
    },
    DeleteItem: pass,
  },
  arrange(world, plan) {
    arrangeTables(world, plan);
    menders(world).set('dynamodb-table', component => {
      if (component.type === 'dynamodb-table') mendTable(world, component);
    });
  },
  loseRegion: freezeTables,
  strike(world, blow) {
    const { component } = blow;
    if (component.type !== 'dynamodb-table') return undefined;
    const { region, name } = component;
    if (blow.type === 'corruption') {
      return damageTable(world, region, name, world.outageStartedAtMs - blow.noticedAfter * 1000);
    }
    if (blow.type !== 'loss') return undefined;
    keepLastState(world, region, name);
    return loseTable(world, region, name);
  },
};

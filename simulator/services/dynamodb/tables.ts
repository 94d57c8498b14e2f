import type { ComponentOf } from '../../../shared/plan/components.ts';
import type { Plan } from '../../../shared/plan/schema.ts';
import { componentsOf } from '../../world/addresses.ts';
import { appDependencies } from '../../world/dependencies.ts';
import { addMetric } from '../../world/metrics.ts';
import { type Call, SimulatedAwsError, type World } from '../../world/world.ts';
import { parametersOf } from '../ssm/parameters.ts';

/** Tables of the plan. Those of one name in several regions are the replicas of a global table. */

/** DynamoDB Developer Guide, "Global tables": replicated usually within a second. */
const lag = { minSeconds: 0.3, likelySeconds: 0.9, maxSeconds: 2.5 };

export type Table = {
  region: string;
  name: string;
  heartbeat: string | undefined;
  lost: boolean;
  /** Since when its items are wrong. */
  damagedAtMs?: number;
  pointInTime: boolean;
  /** Of a restored one: where its data is from, and when that is there. */
  restored?: { backup: string | undefined; source: string; momentMs: number; readyAtMs: number };
  tags: { Key: string; Value: string }[];
};
type Tables = { tables: Table[]; frozenAtMs: number | undefined };

export function tablesOf(world: World): Tables {
  return world.state<Tables>('dynamodb-tables', () => ({ tables: [], frozenAtMs: undefined }));
}

export const tableArn = (region: string, name: string) =>
  `arn:aws:dynamodb:${region}:123456789012:table/${name}`;

export function arrangeTables(world: World, plan: Plan): void {
  const { tables } = tablesOf(world);
  for (const component of Object.values(plan.components)) {
    if (component.type !== 'dynamodb-table') continue;
    const { region, name, heartbeat, pointInTime } = component;
    tables.push({ region, name, heartbeat: heartbeat?.attribute, lost: false, pointInTime, tags: [] });
  }
  for (const { region, name } of tables) {
    for (const other of tables.filter(one => one.name === name && one.region !== region)) {
      addMetric(world, {
        region,
        namespace: 'AWS/DynamoDB',
        name: 'ReplicationLatency',
        dimensions: { TableName: name, ReceivingRegion: other.region },
        valueAt: () => 1000 * lagOf(world, name),
      });
    }
  }
}

const lagOf = (world: World, name: string) => world.duration(lag, `dynamodb-lag/${name}`);

/** Nothing more arrives from the application's region. */
export function freezeTables(world: World, region: string): void {
  if (region === world.plan.regions.primary) tablesOf(world).frozenAtMs ??= world.nowMs();
}

export function loseTable(world: World, region: string, name: string): () => boolean {
  const { tables } = tablesOf(world);
  const table = tables.find(one => one.region === region && one.name === name);
  if (table) table.lost = true;
  world.changed(`dynamodb/${name}`, `The table ${name} in ${region} was deleted`, 'person');
  return () => !tables.some(one => one.region === region && one.name === name && !one.lost);
}

/** Its items have been wrong since a moment. */
export function damageTable(world: World, region: string, name: string, atMs: number): () => boolean {
  const table = existing(world, region, name);
  table.damagedAtMs = atMs;
  world.changed(`dynamodb/${name}`, `Items of the table ${name} in ${region} have been wrong for a while`);
  return () => isReadDamaged(world, table);
}

/** Tables whose wrong items applications read now. */
export const damagedTables = (world: World): string[] =>
  tablesOf(world).tables.flatMap(table => (isReadDamaged(world, table) ? [table.name] : []));

/** Until the application is told the name of a copy from before the damage, by a parameter or a secret that it reads. */
function isReadDamaged(world: World, { region, name, damagedAtMs }: Table): boolean {
  if (damagedAtMs === undefined) return false;
  return !tablesOf(world).tables.some(
    other =>
      other.region === region &&
      other.restored?.source === name &&
      other.restored.momentMs < damagedAtMs &&
      !other.lost &&
      isReady(world, other) &&
      isTold(world, other.name),
  );
}

/** Whether the name of a table stands where an application reads it. */
function isTold(world: World, name: string): boolean {
  const parameters = [...parametersOf(world).values()].map(({ Value }) => Value);
  const secrets = componentsOf(world.plan, 'secret').map(secret =>
    appDependencies(world).secretValue(secret.name, secret.region),
  );
  return [...parameters, ...secrets].some(text => text?.includes(name));
}

/** As if somebody had mended it: it is there, and its items are right. */
export function mendTable(world: World, { region, name }: ComponentOf<'dynamodb-table'>): void {
  const table = tablesOf(world).tables.find(one => one.region === region && one.name === name);
  if (!table) return;
  table.lost = false;
  delete table.damagedAtMs;
}

export function describeTable(world: World, { region, input }: Call): unknown {
  const table = existing(world, region, String(input.TableName));
  const others = tablesOf(world).tables.filter(
    one => one.name === table.name && one.region !== region && !one.lost,
  );
  return {
    Table: {
      TableName: table.name,
      TableArn: tableArn(region, table.name),
      TableStatus: isReady(world, table) ? 'ACTIVE' : 'CREATING',
      ...(table.restored && {
        RestoreSummary: {
          SourceTableArn: tableArn(region, table.restored.source),
          SourceBackupArn: table.restored.backup,
          RestoreDateTime: new Date(table.restored.momentMs),
          RestoreInProgress: !isReady(world, table),
        },
      }),
      GlobalTableVersion: others.length > 0 ? '2019.11.21' : undefined,
      Replicas: others.map(one => ({ RegionName: one.region, ReplicaStatus: 'ACTIVE' })),
    },
  };
}

/** The heartbeat item: the application in the primary region rewrites it every second. */
export function readHeartbeat(world: World, { region, input }: Call): unknown {
  const table = existing(world, region, String(input.TableName));
  if (table.heartbeat === undefined) return {};
  const reachedMs = tablesOf(world).frozenAtMs ?? world.nowMs();
  const writtenMs =
    region === world.plan.regions.primary ? reachedMs : reachedMs - 1000 * lagOf(world, table.name);
  return { Item: { [table.heartbeat]: { S: new Date(writtenMs).toISOString() } } };
}

const isReady = (world: World, { restored }: Table) => !restored || world.nowMs() >= restored.readyAtMs;

export function existing(world: World, region: string, name: string): Table {
  const table = tablesOf(world).tables.find(one => one.region === region && one.name === name && !one.lost);
  if (table) return table;
  throw new SimulatedAwsError(
    'ResourceNotFoundException',
    `Requested resource not found: Table: ${name} not found`,
  );
}

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import type { Action, Change } from '../../shared/actions/contract.ts';
import { ServiceUnavailableError } from '../../shared/errors.ts';
import type { JsonObject } from '../../shared/json.ts';
import { type Component, componentSchema } from '../../shared/plan/components.ts';
import type { Network } from '../../shared/ports.ts';
import type { Mode, Run } from '../../shared/runbook/contract.ts';
import { serveClusterDatabases } from '../../simulator/kubernetes/cluster-databases.ts';
import { service as otherServices } from '../../simulator/services/other-services.ts';
import { service as sql } from '../../simulator/services/sql.ts';
import { startVirtualTime } from '../../simulator/world/clock.ts';
import { createWorld } from '../../simulator/world/create-world.ts';
import { type Postgres, startPostgres } from '../../simulator/world/postgres.ts';
import { simulatedSql } from '../../simulator/world/simulated-sql.ts';
import type { Blow, World } from '../../simulator/world/world.ts';
import { computePlan } from './compute-plan.ts';
import { contextOf, faultsOf, outageStartedAt, run } from './compute-world.ts';

export const [primary, recovery] = ['ap-southeast-2', 'ap-southeast-4'] as const;

/** A pair of servers that a system runs itself: `db` in the primary region, `standby` in the other one. */
export function pairOf(engine: 'postgres' | 'mysql' | 'mariadb'): Record<string, Component> {
  const isPostgres = engine === 'postgres';
  const common = {
    type: isPostgres ? 'postgres-server' : 'mysql-server',
    ...(!isPostgres && { engine }),
    database: 'shop',
    credentials: 'secret:shop/database',
    writeProbe: isPostgres
      ? 'INSERT INTO beat VALUES (1) ON CONFLICT (id) DO UPDATE SET id = 1'
      : 'INSERT INTO beat (id) VALUES (1) ON DUPLICATE KEY UPDATE id = 1',
  };
  const of = (id: string, given: object) => [id, componentSchema.parse({ ...common, id, ...given })] as const;
  return Object.fromEntries([
    of('db', { region: primary, host: 'db.shop.internal' }),
    of('standby', { region: recovery, host: 'standby.shop.internal', replicaOf: 'db' }),
  ]);
}

export type OwnServersScene = {
  world: World;
  changes: Change[];
  /** Prepares, and carries out what is ready until it is done or has failed. */
  play(action: Action, given: object, mode?: Mode): Promise<{ prepared: Prepared; seen: Seen | undefined }>;
  ask(host: string, statement: string): Promise<Record<string, unknown>[]>;
  strike(blow: object, component: string): () => boolean;
  wait(seconds: number): Promise<void>;
  /** The next statement like this is carried out, and its reply is lost. */
  loseReplyTo(statement: RegExp): void;
};
type Prepared = Awaited<ReturnType<Action['prepare']>>;
type Seen = Awaited<ReturnType<Action['observe']>>;

/** Gives a function that runs a test in a world of such servers, on data with the tables `beat` and `orders`. */
export function ownServersWorld() {
  let folder: string;
  let postgres: Promise<Postgres>;
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'lifeboat-own-servers-'));
    const file = path.join(folder, 'rehearsal.sql');
    await writeFile(
      file,
      'CREATE TABLE beat (id int PRIMARY KEY); CREATE TABLE orders (id int PRIMARY KEY, at timestamptz); INSERT INTO orders VALUES (1, now());',
    );
    postgres = startPostgres(file, folder);
    await postgres;
  }, 60_000);
  afterAll(async () => {
    await (await postgres).close();
    await rm(folder, { recursive: true });
  });

  return async <T>(
    components: Record<string, Component>,
    test: (scene: OwnServersScene) => Promise<T>,
  ): Promise<T> => {
    const plan = { ...computePlan(), components };
    const time = startVirtualTime(Date.parse(outageStartedAt));
    try {
      const world = createWorld({
        plan,
        seed: 1,
        faults: faultsOf(),
        services: [otherServices, sql],
        outageStartedAt,
      });
      serveClusterDatabases(world);
      const lost: RegExp[] = [];
      const connect = losingReplies(simulatedSql(world, postgres), lost);
      const changes: Change[] = [];
      const drive = <R>(work: Promise<R>) => time.drive(work, world.inFlight);
      const engine = Object.values(components).find(one => one.type === 'mysql-server')
        ? 'mysql'
        : 'postgresql';
      const secret = async () => `${engine}://app:hunter2@somewhere:1/shop`;
      const wait = (seconds: number) => drive(new Promise<void>(done => setTimeout(done, seconds * 1000)));
      return await test({
        world,
        changes,
        wait,
        loseReplyTo: statement => void lost.push(statement),
        async play(action, given, mode = 'recover') {
          const theRun: Run = { ...run, mode };
          const memory: JsonObject = {};
          const context = {
            ...contextOf({
              changes,
              memory,
              network: { sql: connect },
              secret,
              run: theRun,
              action: action.kind,
            }),
            clock: { now: () => world.now() },
          };
          const parameters = action.parameters.parse(given);
          const prepared = await drive(action.prepare(context, parameters));
          if (prepared.status !== 'ready') return { prepared, seen: undefined };
          Object.assign(memory, prepared.baseline);
          const acted = drive(action.act?.(context, parameters, memory) ?? Promise.resolve());
          await acted.catch(error => {
            if (!(error instanceof ServiceUnavailableError)) throw error;
          });
          for (let looks = 1; ; looks++) {
            const seen = await drive(action.observe(context, parameters, memory));
            if (seen.status !== 'pending' || looks === 30) return { prepared, seen };
            await wait(2);
          }
        },
        async ask(host, statement) {
          const url = `${engine}://app:hunter2@${host}:1/shop`;
          return drive(
            (async () => {
              const connection = await connect({ url, connectTimeoutMs: 5000, statementTimeoutMs: 5000 });
              const { rows } = await connection.query(statement).finally(() => connection.end());
              return rows;
            })(),
          );
        },
        strike(blow, id) {
          const component = components[id];
          if (!component) throw new Error(`no component ${id}`);
          const struck = [sql, otherServices].flatMap(
            one => one.strike?.(world, { ...blow, component: { ...component, id } } as Blow) ?? [],
          );
          return () => struck.some(holds => holds());
        },
      });
    } finally {
      time.stop();
    }
  };
}

function losingReplies(connect: Network['sql'], lost: RegExp[]): Network['sql'] {
  return async options => {
    const connection = await connect(options);
    return {
      ...connection,
      async query(text) {
        const answer = await connection.query(text);
        const at = lost.findIndex(statement => statement.test(text));
        if (at < 0) return answer;
        lost.splice(at, 1);
        throw new ServiceUnavailableError('nothing came back', { nextStep: 'Look again.' });
      },
    };
  };
}

import type {
  Action,
  ActionContext,
  Change,
  Observation,
  Preparation,
} from '../../../shared/actions/contract.ts';
import { createSecretReader } from '../../../shared/aws/secret-reader.ts';
import { LifeboatError } from '../../../shared/errors.ts';
import type { JsonObject } from '../../../shared/json.ts';
import { sqlError } from '../../../shared/network/sql-errors.ts';
import type { Mode } from '../../../shared/runbook/contract.ts';
import { appDependencies } from '../../../simulator/world/dependencies.ts';
import { simulatedClients } from '../../../simulator/world/simulated-clients.ts';
import type { DatabaseWorld } from '../../simulator/services/database-world.ts';
import { contextFor, primary, recovery } from './support.ts';

/** An action's work in a simulated world, as the step machine does it. */
export type InWorld = {
  changes: Change[];
  /** Prepares; parameters are parsed as the step machine does. */
  prepare(action: unknown, parameters: object, mode?: Mode): Promise<Preparation>;
  /** Prepares, acts, and observes every 15 s until it is done; gives the outputs. Throws its reasons. */
  run(
    action: unknown,
    parameters: object,
    mode?: Mode,
  ): Promise<{ outputs: JsonObject; baseline: JsonObject }>;
  /** Prepares and acts, and looks no further; gives the baseline. */
  act(action: unknown, parameters: object, mode?: Mode): Promise<JsonObject>;
  /** Calls undo every 15 s until it is done. */
  undo(action: unknown, parameters: object, baseline: JsonObject, mode?: Mode): Promise<Observation>;
};

const everyMs = 15_000;
type DatabaseFound = ReturnType<ReturnType<typeof appDependencies>['databaseAt']>;

export function actionsIn(here: DatabaseWorld): InWorld {
  const { world } = here;
  const aws = simulatedClients(world, { primary, recovery });
  const changes: Change[] = [];
  const contextAt = (mode: Mode, actedAtMs = world.nowMs()): ActionContext => {
    const base = contextFor({ mode });
    return {
      ...base,
      aws,
      clock: { now: () => world.now() },
      secret: createSecretReader(aws),
      elapsedSeconds: (world.nowMs() - actedAtMs) / 1000,
      changed: async change => {
        changes.push(change);
      },
      network: { ...base.network, sql: async ({ url }) => connect(new URL(url).hostname) },
    };
  };

  async function connect(host: string) {
    const found = appDependencies(world).databaseAt(host);
    if (!found) throw sqlError(host, { message: 'nothing within 5000 ms' });
    return {
      async query(text: string) {
        if (found.engine === 'mysql') return { rows: mysqlAnswer(host, text, found) };
        if (/^insert|^update/i.test(text.trim()) && !found.writable) {
          throw sqlError(host, { message: 'cannot execute in a read-only transaction', code: '25006' });
        }
        const replayedAt = found.replayedAtMs === undefined ? null : found.replayedAtMs / 1000;
        return { rows: [{ in_recovery: found.inRecovery === true, replayed_at: replayedAt }] };
      },
      async end() {},
    };
  }

  /** What a MySQL says of itself; all that was committed before it became read-only has arrived at its replica. */
  function mysqlAnswer(
    host: string,
    text: string,
    { writable, inRecovery, setReadOnly, replayedAtMs = 0, receives }: NonNullable<DatabaseFound>,
  ): Record<string, unknown>[] {
    if (/^insert/i.test(text) && !writable) throw sqlError(host, { message: 'read-only', code: '1290' });
    if (text.startsWith('SHOW REPLICA')) {
      const position = { Relay_Source_Log_File: 'log.000001', Exec_Source_Log_Pos: '7' };
      const behind = receives ? Math.round((world.nowMs() - replayedAtMs) / 1000) : null;
      return inRecovery
        ? [
            {
              ...position,
              Replica_IO_Running: receives ? 'Yes' : 'Connecting',
              Seconds_Behind_Source: behind,
            },
          ]
        : [];
    }
    if (text.startsWith('SHOW MASTER')) return [{ File: 'log.000001', Position: '7' }];
    if (text.startsWith('SHOW GLOBAL')) return [{ Variable_name: 'replica_net_timeout', Value: '60' }];
    if (text.includes('applied_at')) return [{ applied_at: replayedAtMs / 1000, workers: '1' }];
    return [{ read_only: inRecovery || setReadOnly ? 1 : 0, innodb_read_only: 0 }];
  }

  const pause = () => new Promise(resolve => setTimeout(resolve, everyMs));
  /** The step machine tries a call again that failed for a reason that passes. */
  async function again<T>(call: () => Promise<T>): Promise<T> {
    for (let tries = 1; ; tries++) {
      try {
        return await call();
      } catch (error) {
        if (!(error instanceof LifeboatError && error.retryable) || tries === 4) throw error;
        await pause();
      }
    }
  }
  const prepare = (action: Action, parameters: object, mode: Mode) =>
    action.prepare(contextAt(mode), action.parameters.parse(structuredClone(parameters)));
  async function work(action: Action, parameters: object, mode: Mode) {
    const preparation = await prepare(action, parameters, mode);
    if (preparation.status === 'already-done') return preparation;
    if (preparation.status !== 'ready') throw new Error(JSON.stringify(preparation));
    const { baseline } = preparation;
    const parsed = action.parameters.parse(structuredClone(parameters));
    const actedAtMs = world.nowMs();
    await again(async () => action.act?.(contextAt(mode, actedAtMs), parsed, baseline));
    for (let looks = 0; looks < 1_000; looks++) {
      const seen = await again(() => action.observe(contextAt(mode, actedAtMs), parsed, baseline));
      if (seen.status === 'done') return { outputs: seen.outputs, baseline };
      if (seen.status === 'failed') throw new Error(JSON.stringify(seen.reasons));
      await pause();
    }
    throw new Error('never done');
  }
  async function begin(action: Action, parameters: object, mode: Mode) {
    const preparation = await prepare(action, parameters, mode);
    if (preparation.status !== 'ready') throw new Error(JSON.stringify(preparation));
    const parsed = action.parameters.parse(structuredClone(parameters));
    await action.act?.(contextAt(mode), parsed, preparation.baseline);
    return preparation.baseline;
  }
  async function takeBack(action: Action, parameters: object, baseline: JsonObject, mode: Mode) {
    const parsed = action.parameters.parse(structuredClone(parameters));
    const beganAtMs = world.nowMs();
    for (let looks = 0; looks < 1_000; looks++) {
      const seen = await action.undo?.(contextAt(mode, beganAtMs), parsed, baseline, {});
      if (seen === undefined) throw new Error('no undo');
      if (seen.status !== 'pending') return seen;
      await pause();
    }
    throw new Error('never undone');
  }
  return {
    changes,
    prepare: (action, parameters, mode = 'recover') =>
      here.drive(prepare(action as Action, parameters, mode)),
    run: (action, parameters, mode = 'recover') => here.drive(work(action as Action, parameters, mode)),
    act: (action, parameters, mode = 'recover') => here.drive(begin(action as Action, parameters, mode)),
    undo: (action, parameters, baseline, mode = 'recover') =>
      here.drive(takeBack(action as Action, parameters, baseline, mode)),
  };
}

/** The reasons of a refusal, as one text; throws if it is none. */
export function reasonsOf(preparation: Preparation): string {
  if (preparation.status !== 'refused') throw new Error(`not refused: ${JSON.stringify(preparation)}`);
  for (const { mend } of preparation.reasons) if (mend.length < 20) throw new Error(`no way out: ${mend}`);
  return preparation.reasons.map(({ what }) => what).join('\n');
}

import type { Action, ActionContext, Observation, Preparation } from '../../../shared/actions/contract.ts';
import { loadActions } from '../../../shared/actions/load-actions.ts';
import type { AwsClients } from '../../../shared/aws/clients.ts';
import type { JsonObject } from '../../../shared/json.ts';
import { createDns } from '../../../shared/network/dns.ts';
import { sendHttp } from '../../../shared/network/http.ts';
import { askMongo } from '../../../shared/network/mongo-hello.ts';
import { sendRedis } from '../../../shared/network/redis.ts';
import { connectSql } from '../../../shared/network/sql.ts';
import { inspectTls } from '../../../shared/network/tls.ts';
import type { Network } from '../../../shared/ports.ts';
import type { Mode } from '../../../shared/runbook/contract.ts';
import { contextOf, run } from '../../support/compute-world.ts';

/** The connections of a deployed function, each its real form. */
export const realNetwork: Network = {
  sql: connectSql,
  redis: sendRedis,
  http: sendHttp,
  tls: inspectTls,
  dns: createDns(),
  mongo: askMongo,
};

export type Options = {
  secret?: string;
  mode?: Mode;
  network?: Partial<Network>;
  looks?: number;
  aws?: AwsClients;
};

/** A step against real servers: prepare, act, and a look every 50 ms until it is no longer pending. */
export async function carryOut(
  kind: string,
  given: JsonObject,
  options: Options = {},
): Promise<{ preparation: Preparation; seen: Observation | undefined; undo(): Promise<Observation> }> {
  const action = (await loadActions([kind]))[kind] as Action;
  const parameters = action.parameters.parse(given) as never;
  const memory: JsonObject = {};
  const context: ActionContext = contextOf({
    memory,
    action: kind,
    ...(options.aws && { aws: options.aws }),
    network: { ...realNetwork, ...options.network },
    secret: async () => options.secret ?? '',
    run: { ...run, mode: options.mode ?? 'recover' },
  });
  const until = async (look: () => Promise<Observation>): Promise<Observation> => {
    for (let n = 1; ; n++) {
      const seen = await look();
      if (seen.status !== 'pending' || n >= (options.looks ?? 100)) return seen;
      await new Promise(resolve => setTimeout(resolve, 50));
    }
  };
  const preparation = await action.prepare(context, parameters);
  const baseline = 'baseline' in preparation ? preparation.baseline : {};
  const undo = () =>
    until(async () => {
      if (!action.undo) throw new Error(`${kind} has no undo`);
      return action.undo(context, parameters, baseline, {});
    });
  if (preparation.status !== 'ready') return { preparation, seen: undefined, undo };
  Object.assign(memory, baseline);
  await action.act?.(context, parameters, { ...memory });
  return { preparation, seen: await until(() => action.observe(context, parameters, { ...memory })), undo };
}

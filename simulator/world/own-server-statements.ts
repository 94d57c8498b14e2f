import { detach, noteReplication, type OwnServer, ownServerAt } from './own-servers.ts';
import type { World } from './world.ts';

/**
 * Statements about a whole server, which its administrator may give where the system runs it itself. They hold at once,
 * also inside of a transaction. Answers the rows; undefined for every other statement, and for every other server.
 */
export function serverStatement(
  world: World,
  host: string,
  text: string,
): { rows: Record<string, unknown>[] } | undefined {
  const server = ownServerAt(world, host);
  if (!server) return undefined;
  const { component } = server;
  const change = component.type === 'postgres-server' ? ofPostgres(text) : ofMysql(text);
  if (!change) return undefined;
  change.apply(world, server);
  world.changed(`sql/${component.id}`, `${component.id} ${change.what}`, 'lifeboat');
  return { rows: change.rows ?? [] };
}

type Change = {
  what: string;
  apply(world: World, server: OwnServer): void;
  rows?: Record<string, unknown>[];
};

function ofPostgres(text: string): Change | undefined {
  if (!/^\s*select\s+(?:pg_catalog\.)?pg_promote\s*\(/i.test(text)) return undefined;
  return { what: 'comes out of recovery', apply: detach, rows: [{ pg_promote: true }] };
}

function ofMysql(text: string): Change | undefined {
  const [, value] =
    /^\s*set\s+(?:global\s+|@@global\.)(?:super_)?read_only\s*=\s*'?(\w+)'?\s*;?\s*$/i.exec(text) ?? [];
  if (value !== undefined) {
    const on = /^(?:1|on|true)$/i.test(value);
    return {
      what: on ? 'is made read-only' : 'is no longer read-only',
      apply: (_, server) => {
        server.readOnly = on;
      },
    };
  }
  if (/^\s*reset\s+(?:replica|slave)\s+all\b/i.test(text))
    return { what: 'forgets its source', apply: detach };
  if (/^\s*stop\s+(?:all\s+)?(?:replicas?|slaves?)\b/i.test(text))
    return {
      what: 'follows its source no longer',
      apply: (world, { follows }) => {
        if (follows) follows.stopped = true;
        noteReplication(world);
      },
    };
  return undefined;
}

import pg from 'pg';
import { type PostgresServer, startPostgresReplica } from '../servers/postgres.ts';

/**
 * What stands behind a read replica in moto: a real streaming replica of the world's PostgreSQL, which a promotion
 * promotes. There is one at most; it is made when RDS is asked for it.
 */
export type Replication = {
  /** Whether a host name is that of the replica, or of what it has become. */
  portOf(host: string): number;
  make(identifier: string): Promise<void>;
  promote(identifier: string): Promise<void>;
  rename(from: string, to: string): void;
  promoted(identifier: string): boolean;
  stop(): Promise<void>;
};

/** RDS writes to a source by itself, so that a replica can say how far it is. */
const heartbeatMs = 500;

export function startReplication(primary: PostgresServer): Replication {
  let replica: PostgresServer | undefined;
  let name: string | undefined;
  let isPromoted = false;
  let beating: NodeJS.Timeout | undefined;
  const ask = async (server: PostgresServer, statement: string) => {
    const client = new pg.Client({ connectionString: server.url('postgres') });
    await client.connect();
    await client.query(statement).finally(() => client.end());
  };
  return {
    portOf: host => (replica && name !== undefined && host.startsWith(`${name}.`) ? replica : primary).port,
    async make(identifier) {
      replica = await startPostgresReplica(primary);
      name = identifier;
      beating = setInterval(() => {
        void ask(primary, 'SELECT pg_current_xact_id()').catch(() => {});
      }, heartbeatMs);
    },
    async promote(identifier) {
      if (!replica || identifier !== name || isPromoted) return;
      await ask(replica, 'SELECT pg_promote()');
      isPromoted = true;
    },
    rename(from, to) {
      if (from === name) name = to;
    },
    promoted: identifier => isPromoted && identifier === name,
    async stop() {
      clearInterval(beating);
      await replica?.stop();
    },
  };
}

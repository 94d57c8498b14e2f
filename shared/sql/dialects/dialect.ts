import type { SqlConnection } from '../../ports.ts';

/**
 * What differs between the engines that Lifeboat speaks, as texts and judgements. Nothing here connects anywhere.
 * `START TRANSACTION READ ONLY`, `READ WRITE`, `COMMIT` and `ROLLBACK` are the same in all of them.
 */
export type SqlDialect = {
  name: 'PostgreSQL' | 'MySQL';
  /** Of its connection URLs. */
  protocol: 'postgresql:' | 'mysql:';
  port: number;
  /** A database that every server has, to connect to where the wanted one may be missing or is renamed. */
  anyDatabase: string;
  quoteName(name: string): string;
  quoteText(text: string): string;
  writer: {
    query: string;
    /**
     * Why it takes no writes, from the row that the query answers; undefined when it is a writer. `readOnly`: it was made
     * so, and is not only a replica that will be a writer.
     */
    standsBy(row: Row | undefined): { why: string; readOnly?: true } | undefined;
    /** How a person makes it read-only, so that nothing is written to it any more. */
    howToStop: string;
  };
  replica: {
    /** Up to which commit of its source a replica has everything. */
    replayed(connection: Asking, now: Date): Promise<Replay>;
    /** Where the log of a source ends now; undefined if it keeps none. */
    position(connection: Asking): Promise<string | undefined>;
    /** Whether a replica has applied its source's log up to there. */
    hasReached(connection: Asking, position: string): Promise<boolean>;
    /** Whether it follows a source. One of MySQL may take writes all the same. */
    follows(connection: Asking): Promise<boolean>;
    /**
     * Ends that for good and lets it take writes, once everything is applied that it has received. May be repeated; answers
     * what it still waits for. Needs the rights of an administrator, which nobody has on RDS.
     */
    promote(connection: Asking): Promise<string | undefined>;
  };
  sessions: {
    /** Refused where the user does not see the sessions of others; empty where everybody does. */
    seesAll?: { query: string; refusedWith: string; mend: string };
    /** The other sessions of this database, only of these users if some are named: their number, as one value. */
    count(users: readonly string[]): string;
    /** Ends the same. One that has ended by itself meanwhile is no error. */
    end(connection: Asking, users: readonly string[]): Promise<void>;
  };
  /** Names of its databases, in the column `name`. */
  databases: string;
  /** Whether the ROLLBACK just before took everything back; without it, it always does. */
  tookAllBack?(connection: Asking): Promise<boolean>;
  /** Kinds of statements that commit by themselves, so that no transaction can take them back. */
  commitsByItself(statement: string): boolean;
};

export type Row = Record<string, unknown>;

/** What is asked; not ended here. */
export type Asking = Pick<SqlConnection, 'query'>;

export type Replay = { at: Date } | { why: string };

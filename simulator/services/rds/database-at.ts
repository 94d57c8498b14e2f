/** What stands behind a database host name, for the rehearsal's SQL connections. */
export type DatabaseAt = {
  instance: string;
  region: string;
  /** As RDS names it. */
  engine: string;
  /** Whether a connection succeeds now. */
  reachable: boolean;
  /** Whether it is the writer; a restored copy is, like any single instance that serves, and a read replica is not. */
  writable: boolean;
  /** The last moment whose data a restored copy or a promoted replica holds; undefined for one that was never cut off. */
  cutAt: Date | undefined;
  /** For a read replica: up to when it has what its source committed, ms since the epoch. */
  replayedAtMs: number | undefined;
  /** Whether its parameters let it take no writes. */
  setReadOnly: boolean;
  /** For a read replica: whether its source still sends. */
  receives: boolean;
};

/** What differs between the engines: pieces of a script for bash. */
export type RestorePart = {
  /** Programs that the image of the build must have. */
  tools: readonly string[];
  /** Port of a server whose credentials name none. */
  port: number;
  /**
   * Lets the client programs connect by DATABASE_HOST, DATABASE_PORT, DATABASE_USER and DATABASE_PASSWORD,
   * and by DATABASE_QUERY, which is what a connection URL has behind its `?`.
   */
  connect: string;
  /** Refuses a file that is not whole or would not stay in the new database. Sets RESTORED_FORMAT if it is more than text. */
  check: string;
  /** Makes the new database, also where an earlier attempt has left one, and loads the file `$dump` into it. */
  load: string;
  /** A command that prints the answer of the new database to one query, which follows. */
  ask: string;
};

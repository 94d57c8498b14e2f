import { InvalidInputError } from '../../shared/errors.ts';
import { sqlError } from '../../shared/network/sql-errors.ts';
import type { SqlConnection, SqlOptions } from '../../shared/ports.ts';
import { dialectOf, dialectOfDatabase, dialectOfUrl } from '../../shared/sql/dialects/dialects.ts';
import { componentsOf } from './addresses.ts';
import { appDependencies } from './dependencies.ts';
import { serverStatement } from './own-server-statements.ts';
import { type Around, EmbeddedSqlError, type Postgres, type TimedText } from './postgres.ts';
import { sleep } from './sleep.ts';
import {
  accepts,
  changeCatalog,
  databaseExists,
  databasesAt,
  isReadOnly,
  type JournalEntry,
  journalOf,
  record,
  refusalOf,
  setPassword,
  setReadOnly,
} from './sql-journal.ts';
import {
  type Failure,
  MysqlFailure,
  mysqlLanguage,
  postgresLanguage,
  type SqlLanguage,
} from './sql-language.ts';
import {
  actsOnServer,
  beginsTransaction,
  catalogChange,
  commits,
  endsTransaction,
  isReadOnlyBegin,
  isReadWriteBegin,
  onRehearsalClock,
  passwordChange,
  readOnlyChange,
  writes,
} from './sql-text.ts';
import type { World } from './world.ts';

type Rows = { rows: Record<string, unknown>[] };
/** The embedded database that has the data of a host; plans with one data file have one for all. */
export type PostgresOf = (host: string) => Promise<Postgres>;

/**
 * `Network.sql` of a rehearsal. Whether a host answers is decided in the simulated world; what a query answers, by a
 * real PostgreSQL that stands for all of them. It keeps nothing itself: each transaction begins with what was
 * committed at this host before (`sql-journal.ts`), and is rolled back, so that every run finds the same data.
 */
export function simulatedSql(
  world: World,
  postgres: Promise<Postgres> | PostgresOf,
): (options: SqlOptions) => Promise<SqlConnection> {
  return async options => {
    const url = new URL(options.url);
    const spoken = dialectOfUrl(options.url);
    const host = url.hostname;
    const { engine = spoken.name === 'MySQL' ? 'mysql' : 'postgres' } = await reach(
      world,
      host,
      options.connectTimeoutMs,
    );
    if (dialectOf(engine) !== spoken) throw sqlError(host, { message: `it does not speak ${spoken.name}` });
    const database = decodeURIComponent(url.pathname.slice(1)) || spoken.anyDatabase;
    const embedded = await world.real(typeof postgres === 'function' ? postgres(host) : postgres);
    const language =
      spoken.name === 'MySQL' ? await mysqlLanguage(world, embedded, { database, engine }) : postgresLanguage;
    const place = { host, database, language };
    admit(world, place, url);
    return openSession(world, embedded, place, options.statementTimeoutMs);
  };
}

type Place = { host: string; database: string; language: SqlLanguage };
/** What a server says of itself, also as a replica. */
type Found = {
  inRecovery?: boolean;
  replayedAtMs?: number;
  receives?: boolean;
  engine?: string;
  setReadOnly?: boolean;
};
type Session = Found & { readOnly: boolean; writable: boolean };

function openSession(world: World, embedded: Postgres, place: Place, timeoutMs: number): SqlConnection {
  let release: (() => void) | undefined;
  /** Statements of the open transaction that a commit makes last; undefined outside of one. */
  let open: string[] | undefined;
  /** After an error PostgreSQL takes a commit for a rollback. */
  let spoilt = false;
  let readOnly = false;
  /** The transaction itself was begun so; the server may take writes. */
  let askedReadOnly = false;

  const run = async (text: string, around?: Around): Promise<Rows> => {
    try {
      return await world.real(embedded.query(text, world.nowMs(), around));
    } catch (error) {
      const said = translate(error, place, text, askedReadOnly);
      throw error instanceof EmbeddedSqlError && error.early ? whyNotReplayed(world, place, said) : said;
    }
  };
  /** What an open transaction begins with: what was committed before, and what the server says of itself. */
  const opening = (text: string, found: Found & { writable: boolean }): TimedText[] => {
    const exempt = isReadWriteBegin(text) || actsOnServer(text);
    const byDefault = isReadOnly(world, place.host, place.database) && !exempt;
    askedReadOnly = isReadOnlyBegin(text);
    readOnly = askedReadOnly || byDefault || !found.writable;
    return openingOf(world, place, { ...found, readOnly });
  };
  /** The beginning of the open transaction, until its first statement takes it along. */
  let before: TimedText[] | undefined;
  const runInside = async (text: string): Promise<Rows> => {
    const around = before && { before };
    before = undefined;
    return run(text, around);
  };
  const end = (kept: readonly string[]) => {
    before = undefined;
    embedded.rollBack();
    for (const text of kept) keep(world, place, text);
  };
  const query = async (given: string): Promise<Rows> => {
    const found = await reach(world, place.host, timeoutMs);
    release ??= await embedded.acquire();
    const done = serverStatement(world, place.host, given);
    if (done) return done;
    const text = read(place, given);
    if (endsTransaction(text)) {
      const kept = commits(text) && !spoilt ? (open ?? []) : [];
      open = undefined;
      end(kept);
      return { rows: [] };
    }
    if (beginsTransaction(text)) {
      if (isReadWriteBegin(text) && found.inRecovery && place.language.name === 'PostgreSQL') {
        const message = 'cannot set transaction read-write mode during recovery';
        throw sqlError(place.host, { message, code: '0A000' });
      }
      open = [];
      spoilt = false;
      before = opening(text, found);
      return { rows: [] };
    }
    if (open) {
      try {
        const answer = await perform(world, place, runInside, text, { pending: open, readOnly });
        if (writes(text)) open.push(text);
        return answer;
      } catch (error) {
        spoilt = true;
        throw error;
      }
    }
    if (isPlain(text)) {
      // Nobody sees what is between its beginning and its end, so that all of it is one message.
      const answer = await run(onRehearsalClock(text), { before: opening(text, found), after: 'ROLLBACK' });
      if (writes(text)) keep(world, place, text);
      return answer;
    }
    before = opening(text, found);
    let kept: string[] = [];
    try {
      const answer = await perform(world, place, runInside, text, { pending: [], readOnly });
      if (writes(text)) kept = [text];
      return answer;
    } finally {
      end(kept);
    }
  };
  return {
    query: async text => ({ rows: place.language.rows((await query(text)).rows) }),
    async end() {
      if (open) end([]);
      open = undefined;
      release?.();
      release = undefined;
    },
  };
}

/** Runs a statement, or says what the simulated server says to a change of its databases. */
async function perform(
  world: World,
  place: Place,
  run: (text: string) => Promise<Rows>,
  text: string,
  { pending, readOnly }: { pending: readonly string[]; readOnly: boolean },
): Promise<Rows> {
  if (readOnlyChange(text)) {
    if (!readOnly) return { rows: [] };
    const message = 'cannot execute ALTER DATABASE in a read-only transaction';
    throw sqlError(place.host, { message, code: '25006' });
  }
  const change = catalogChange(text);
  if (!change) return passwordChange(text) ? { rows: [] } : run(onRehearsalClock(text));
  const refused = refusalOf(
    world,
    place.host,
    change,
    pending.flatMap(earlier => catalogChange(earlier) ?? []),
  );
  if (refused) throw failure(place, refused, text);
  return { rows: [] };
}

function keep(world: World, { host, database }: Place, text: string): void {
  const change = catalogChange(text);
  const login = passwordChange(text);
  const setting = readOnlyChange(text);
  if (change) changeCatalog(world, host, change);
  else if (setting) setReadOnly(world, host, setting.database, setting.on);
  else if (login) setPassword(world, host, login.role, login.password);
  else record(world, host, database, { atMs: world.nowMs(), text });
}

/** A statement that the embedded database answers by itself. */
const isPlain = (text: string) => !readOnlyChange(text) && !catalogChange(text) && !passwordChange(text);

/** The beginning of a transaction: what was committed before in it, and the settings of its session. */
function openingOf(world: World, place: Place, found: Session): TimedText[] {
  const journal = journalOf(world, place.host, place.database);
  const atMs = world.nowMs();
  return [
    { text: 'BEGIN', atMs },
    ...shown(world, place, journal).map(entry => ({
      // What was committed is kept as PostgreSQL read it; the damage of a disaster is the plan's own text.
      text: onRehearsalClock(entry.damage ? read(place, entry.text) : entry.text),
      atMs: entry.atMs,
    })),
    { text: settingsOf(world, place, found, journal.at(-1)?.atMs ?? 0), atMs },
  ];
}

/** The damage of a disaster is the plan's own text, which may be wrong. */
function whyNotReplayed(world: World, place: Place, error: unknown): unknown {
  if (!journalOf(world, place.host, place.database).some(entry => entry.damage)) return error;
  const why = error instanceof Error ? error.message : String(error);
  return new InvalidInputError(
    `The damage of the disaster can't be done to the data of the rehearsal: ${why}`,
    {
      nextStep: "Mend the SQL of the disaster's `damage`, or the file that `rehearsal.database` names.",
      cause: error,
    },
  );
}

/** Of a statement that may be repeated without harm only the last time shows. */
function shown(world: World, { language }: Place, journal: readonly JournalEntry[]): JournalEntry[] {
  const last = new Map(journal.map((entry, index) => [entry.text, index]));
  const repeated = repeatable(world, language);
  return journal.filter((entry, index) => !repeated.has(entry.text) || last.get(entry.text) === index);
}

/** Write probes, which a plan says may be repeated. They are what is written most often. */
function repeatable(world: World, language: SqlLanguage): ReadonlySet<string> {
  return world.state(`write-probes/${language.name}`, () => {
    const { plan } = world;
    const databases = [
      ...componentsOf(plan, 'rds-instance'),
      ...componentsOf(plan, 'rds-restore-target'),
      ...componentsOf(plan, 'rds-cluster'),
      ...componentsOf(plan, 'rds-cluster-restore-target'),
      ...componentsOf(plan, 'postgres-server'),
      ...componentsOf(plan, 'mysql-server'),
    ];
    return new Set(
      databases
        .filter(database => dialectOfDatabase(database as { engine?: string }).name === language.name)
        .map(database => language.read(database.writeProbe)),
    );
  });
}

function settingsOf(
  world: World,
  { host, database, language }: Place,
  found: Session,
  lastAtMs: number,
): string {
  const literal = (text: string) => `'${text.replaceAll("'", "''")}'`;
  const known = new Set([...databasesAt(world, host), database, ...language.ownDatabases]);
  const settings = {
    'rehearsal.in_recovery': found.inRecovery ? 'on' : 'off',
    'rehearsal.replayed_at': found.replayedAtMs === undefined ? '' : String(found.replayedAtMs / 1000),
    'rehearsal.read_only': (found.inRecovery && !found.writable) || found.setReadOnly ? 'on' : 'off',
    'rehearsal.receives': found.receives ? 'on' : 'off',
    'rehearsal.log_at': String(lastAtMs),
    'rehearsal.database': database,
    'rehearsal.databases': [...known].join(','),
    // A position in the log that grows with every commit and that a replica reaches when it has replayed it.
    'rehearsal.wal': `${Math.floor(lastAtMs / 2 ** 32).toString(16)}/${(lastAtMs % 2 ** 32).toString(16)}`,
    default_transaction_read_only: isReadOnly(world, host, database) ? 'on' : 'off',
    ...(found.readOnly && { transaction_read_only: 'on' }),
  };
  const parts = Object.entries(settings).map(
    ([name, value]) => `set_config('${name}', ${literal(value)}, true)`,
  );
  return `SELECT ${parts.join(', ')}`;
}

/** What the server says before it lets anybody in. */
function admit(world: World, place: Place, { username, password }: URL): void {
  const { host, database } = place;
  const role = decodeURIComponent(username);
  if (!accepts(world, host, role, decodeURIComponent(password))) {
    throw failure(place, { message: `password authentication failed for user "${role}"`, code: '28P01' });
  }
  if (!databaseExists(world, host, database)) {
    throw failure(place, { message: `database "${database}" does not exist`, code: '3D000' });
  }
}

/** Waits in virtual time and throws when nothing answers at the host. */
async function reach(
  world: World,
  hostname: string,
  timeoutMs: number,
): Promise<Found & { writable: boolean }> {
  const found = appDependencies(world).databaseAt(hostname);
  if (found) return found;
  await sleep(timeoutMs);
  throw sqlError(hostname, { message: `nothing within ${timeoutMs} ms` });
}

/** A statement as the embedded database reads it. */
function read({ host, language }: Place, text: string): string {
  try {
    return language.read(text);
  } catch (error) {
    if (error instanceof MysqlFailure) throw sqlError(host, error);
    throw error;
  }
}

/** What the embedded database says is an answer of the simulated one. */
function translate(error: unknown, place: Place, text: string, askedReadOnly: boolean): unknown {
  if (!(error instanceof EmbeddedSqlError)) return error;
  try {
    return failure(place, error, text, askedReadOnly);
  } catch (notPlayed) {
    return notPlayed;
  }
}

function failure({ host, language }: Place, said: Failure, text = '', askedReadOnly = false): Error {
  const { message, code } = language.fail(said, { text, askedReadOnly });
  return sqlError(host, { message, code, cause: said });
}

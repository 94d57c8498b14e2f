import { sqlError } from '../../shared/network/sql-errors.ts';
import type { SqlConnection, SqlOptions } from '../../shared/ports.ts';
import { dialectOf, dialectOfUrl } from '../../shared/sql/dialects/dialects.ts';
import { appDependencies } from './dependencies.ts';
import { serverStatement } from './own-server-statements.ts';
import { type Around, EmbeddedSqlError, type Postgres, type TimedText } from './postgres.ts';
import { sleep } from './sleep.ts';
import {
  accepts,
  changeCatalog,
  databaseExists,
  isReadOnly,
  record,
  refusalOf,
  setPassword,
  setReadOnly,
} from './sql-journal.ts';
import { mysqlLanguage, postgresLanguage } from './sql-language.ts';
import { type Found, openingOf, whyNotReplayed } from './sql-opening.ts';
import { failure, type Place, read, translate } from './sql-place.ts';
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

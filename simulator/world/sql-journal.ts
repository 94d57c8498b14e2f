import { appDependencies, type DatabaseServer } from './dependencies.ts';
import type { CatalogChange } from './sql-text.ts';
import type { World } from './world.ts';

/**
 * What the databases of a rehearsal hold besides the data that all of them begin with: for each database of each
 * server the statements that were committed there, with their virtual times. A copy holds its source's statements up
 * to its cut, so what was written after it is lost in the copy, as it would be.
 */
export type JournalEntry = {
  /** Virtual time of the commit, ms since the epoch. */
  atMs: number;
  text: string;
  /** The damage of a `corruption` disaster, which was done by somebody else. */
  damage?: true;
};

/** A database inside a server. `copyOf` is set when it was made from a dump of another one. */
type Database = { entries: JournalEntry[]; copyOf?: { server: string; database: string; untilMs: number } };
type Password = { atMs: number; role: string; password: string };
type ReadOnly = { atMs: number; database: string; on: boolean };

type Server = {
  /** Databases by an id that a rename leaves alone. */
  databases: Map<string, Database>;
  /** Ids by name; a name that is not in it is its own id, unless it is in `gone`. */
  names: Map<string, string>;
  gone: Set<string>;
  passwords: Password[];
  /** What its databases were told to be by default. */
  readOnly: ReadOnly[];
};

function serverState(world: World, id: string): Server {
  const servers = world.state('sql-journal', () => new Map<string, Server>());
  const known = servers.get(id);
  if (known) return known;
  const made: Server = {
    databases: new Map(),
    names: new Map(),
    gone: new Set(),
    passwords: [],
    readOnly: [],
  };
  servers.set(id, made);
  return made;
}

/** The id of a database; a copy that never renamed one has its source's. */
function idOf(world: World, server: DatabaseServer, name: string): string {
  const own = serverState(world, server.id).names.get(name);
  if (own !== undefined || !server.copyOf) return own ?? name;
  return idOf(world, appDependencies(world).serverOf(server.copyOf.id), name);
}

function databaseIn(world: World, server: string, id: string): Database {
  const { databases } = serverState(world, server);
  const known = databases.get(id);
  if (known) return known;
  const made: Database = { entries: [] };
  databases.set(id, made);
  return made;
}

/** Everything that the database behind a host holds now, in the order in which it was committed. */
export function journalOf(world: World, host: string, database: string): JournalEntry[] {
  const server = appDependencies(world).serverAt(host);
  return entriesOf(world, server, idOf(world, server, database));
}

function entriesOf(world: World, server: DatabaseServer, id: string): JournalEntry[] {
  const { entries, copyOf: dump } = databaseIn(world, server.id, id);
  const upTo = (untilMs: number, from: JournalEntry[]) => from.filter(entry => entry.atMs <= untilMs);
  if (dump) {
    const source = appDependencies(world).serverOf(dump.server);
    return [...upTo(dump.untilMs, entriesOf(world, source, dump.database)), ...entries];
  }
  if (!server.copyOf) return entries;
  const source = appDependencies(world).serverOf(server.copyOf.id);
  return [...upTo(server.copyOf.untilMs, entriesOf(world, source, id)), ...entries];
}

/** Keeps a committed statement. One that is dated back, as damage is, takes its place by its time. */
export function record(world: World, host: string, database: string, entry: JournalEntry): void {
  const server = appDependencies(world).serverAt(host);
  const { entries } = databaseIn(world, server.id, idOf(world, server, database));
  const place = entries.findLastIndex(other => other.atMs <= entry.atMs) + 1;
  entries.splice(place, 0, entry);
}

/** Whether the damage of a disaster is in the database behind the host now. */
export function isDamaged(world: World, host: string, database: string): boolean {
  return journalOf(world, host, database).some(entry => entry.damage);
}

/** Takes the damage of a disaster out of the database behind the host, as if nobody had ever done it. */
export function mendDamage(world: World, host: string, database: string): void {
  const { serverAt, serverOf } = appDependencies(world);
  let server = serverAt(host);
  for (;;) {
    const { entries } = databaseIn(world, server.id, idOf(world, server, database));
    for (let at = entries.length - 1; at >= 0; at--) if (entries[at]?.damage) entries.splice(at, 1);
    if (!server.copyOf) return;
    server = serverOf(server.copyOf.id);
  }
}

/** Makes a database on the host's server that holds what another one held at a moment, as a restored dump does. */
export function restoreInto(
  world: World,
  host: string,
  database: string,
  source: { host: string; database: string; untilMs: number },
): void {
  const server = serverState(world, appDependencies(world).serverAt(host).id);
  const id = `${database}@${world.nowMs()}`;
  const from = appDependencies(world).serverAt(source.host);
  const copyOf = {
    server: from.id,
    database: idOf(world, from, source.database),
    untilMs: source.untilMs,
  };
  server.databases.set(id, { entries: [], copyOf });
  server.names.set(database, id);
  server.gone.delete(database);
}

/** Databases that were made or got another name since the world began, as `<server>/<name>`. */
export function madeDatabases(world: World): string[] {
  const servers = world.state('sql-journal', () => new Map<string, Server>());
  return [...servers].flatMap(([server, { names }]) =>
    [...names].flatMap(([name, id]) => (name === id ? [] : [`${server}/${name}`])),
  );
}

/** Whether the server has a database of this name. Names that nobody made or removed exist: the plan says so. */
export function databaseExists(world: World, host: string, database: string): boolean {
  return !serverState(world, appDependencies(world).serverAt(host).id).gone.has(database);
}

/** Names of databases that are known to exist: those that were made, and those that were used. */
export function databasesAt(world: World, host: string): string[] {
  const { databases, names, gone } = serverState(world, appDependencies(world).serverAt(host).id);
  const renamed = new Set(names.values());
  const used = [...databases.keys()].filter(id => !renamed.has(id) && !gone.has(id));
  return [...new Set([...names.keys(), ...used])].sort();
}

/**
 * Why the server refuses a change of its list of databases; undefined when it makes it. `pending` are the changes that
 * the same transaction has made already.
 */
export function refusalOf(
  world: World,
  host: string,
  change: CatalogChange,
  pending: readonly CatalogChange[] = [],
): { message: string; code: string } | undefined {
  const known = new Set(databasesAt(world, host));
  const gone = new Set(serverState(world, appDependencies(world).serverAt(host).id).gone);
  for (const earlier of pending) {
    if (earlier.type !== 'create') known.delete(earlier.database);
    if (earlier.type !== 'create') gone.add(earlier.database);
    if (earlier.type === 'create') known.add(earlier.database);
    if (earlier.type === 'rename') known.add(earlier.to);
  }
  const missing = !known.has(change.database) && gone.has(change.database);
  const wanted =
    change.type === 'rename' ? change.to : change.type === 'create' ? change.database : undefined;
  if (change.type !== 'create' && missing && !(change.type === 'drop' && change.ifExists)) {
    return { message: `database "${change.database}" does not exist`, code: '3D000' };
  }
  if (wanted === undefined || !known.has(wanted)) return undefined;
  return { message: `database "${wanted}" already exists`, code: '42P04' };
}

/** Makes, removes or renames a database of the host's server. */
export function changeCatalog(world: World, host: string, change: CatalogChange): void {
  const server = serverState(world, appDependencies(world).serverAt(host).id);
  const { database } = change;
  const id = server.names.get(database) ?? database;
  server.names.delete(database);
  if (change.type !== 'create') server.gone.add(database);
  if (change.type === 'drop') server.databases.delete(id);
  const named = change.type === 'create' ? database : change.type === 'rename' ? change.to : undefined;
  if (named === undefined) return;
  server.gone.delete(named);
  server.names.set(named, change.type === 'create' ? `${database}@${world.nowMs()}` : id);
}

/** Gives a role of the host's server a password; until then every password is accepted for it. */
export function setPassword(world: World, host: string, role: string, password: string): void {
  const { passwords } = serverState(world, appDependencies(world).serverAt(host).id);
  passwords.push({ atMs: world.nowMs(), role, password });
}

/** Whether the server behind the host lets the role in with this password. */
export function accepts(world: World, host: string, role: string, password: string): boolean {
  const set = passwordsOf(world, appDependencies(world).serverAt(host)).findLast(one => one.role === role);
  return set === undefined || set.password === password;
}

function passwordsOf(world: World, server: DatabaseServer): Password[] {
  const own = serverState(world, server.id).passwords;
  const { copyOf } = server;
  if (!copyOf) return own;
  const source = passwordsOf(world, appDependencies(world).serverOf(copyOf.id));
  return [...source.filter(({ atMs }) => atMs <= copyOf.untilMs), ...own];
}

/** Lets transactions of a database be read-only by default, or no longer. */
export function setReadOnly(world: World, host: string, database: string, on: boolean): void {
  const { readOnly } = serverState(world, appDependencies(world).serverAt(host).id);
  readOnly.push({ atMs: world.nowMs(), database, on });
}

/** Whether transactions of a database are read-only by default. The setting is data: replicas and copies have it too. */
export function isReadOnly(world: World, host: string, database: string): boolean {
  const told = readOnlyOf(world, appDependencies(world).serverAt(host));
  return told.findLast(one => one.database === database)?.on ?? false;
}

function readOnlyOf(world: World, server: DatabaseServer): ReadOnly[] {
  const own = serverState(world, server.id).readOnly;
  const { copyOf } = server;
  if (!copyOf) return own;
  const source = readOnlyOf(world, appDependencies(world).serverOf(copyOf.id));
  return [...source.filter(({ atMs }) => atMs <= copyOf.untilMs), ...own];
}

import { InvalidInputError } from '../../shared/errors.ts';
import { dialectOfDatabase } from '../../shared/sql/dialects/dialects.ts';
import { componentsOf } from './addresses.ts';
import type { TimedText } from './postgres.ts';
import { databasesAt, isReadOnly, type JournalEntry, journalOf } from './sql-journal.ts';
import type { SqlLanguage } from './sql-language.ts';
import { type Place, read } from './sql-place.ts';
import { onRehearsalClock } from './sql-text.ts';
import type { World } from './world.ts';

/** What a server says of itself, also as a replica. */
export type Found = {
  inRecovery?: boolean;
  replayedAtMs?: number;
  receives?: boolean;
  engine?: string;
  setReadOnly?: boolean;
};
export type Session = Found & { readOnly: boolean; writable: boolean };

/** The beginning of a transaction: what was committed before in it, and the settings of its session. */
export function openingOf(world: World, place: Place, found: Session): TimedText[] {
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
export function whyNotReplayed(world: World, place: Place, error: unknown): unknown {
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

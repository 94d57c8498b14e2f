import * as z from 'zod';
import { waitUnlessLasting } from '../../aws/rds-connection.ts';
import { allowWrites, type Replayed } from '../../aws/rds-replica.ts';
import { probeWriter } from '../../aws/rds-write-probe.ts';
import { secretReadPermission } from '../../aws/secret-reference.ts';
import { ServiceUnavailableError } from '../../errors.ts';
import type { JsonObject } from '../../json.ts';
import { mysqlServer, postgresServer } from '../../plan/components.ts';
import { durationSchema } from '../../plan/duration.ts';
import {
  type ActionContext,
  defineAction,
  type Evidence,
  type Observation,
  type Reason,
} from '../contract.ts';
import { alreadyDone, pending, refuse } from '../outcomes.ts';
import { lossSaid, measuredSchema, measureLoss } from '../replica-loss.ts';
import { unfencedWriter } from '../risks.ts';
import { dialectAt, silenceOf, withSql } from '../sql-database.ts';

const server = z.discriminatedUnion('type', [postgresServer, mysqlServer]);

const parameters = z.strictObject({
  replica: server,
  oldWriter: server.meta({ description: 'What takes the writes now, or did before it was lost' }),
  maxLoss: durationSchema.meta({ description: 'How much of the newest data may be lost: the RPO' }),
  acceptedRisks: z.array(z.string()).default([]).meta({
    description: 'Risks that a named person accepted, from the approval step: data-loss, unfenced-writer',
  }),
});
type Parameters = z.output<typeof parameters>;

const baselineSchema = measuredSchema.extend({
  /** The old writer is read-only and answers, so that nothing of it has to be missing. */
  waitsForAll: z.boolean(),
  asked: z.boolean().optional(),
});

const statementTimeoutMs = 20_000;

/**
 * Makes a replica of PostgreSQL, MySQL or MariaDB that the system runs itself the writer. What has not arrived is lost for
 * good, so that is measured first, and a writer that is seen to take writes is never left beside it. While the old writer
 * answers and is read-only, everything of it is waited for. Done means: it follows nobody, and a write succeeds. It can't
 * be undone.
 */
export const action = defineAction({
  kind: 'sql.promote',
  summary: 'Makes a replica of a database that the system runs itself the writer, after its lag was measured',
  parameters,
  components: {
    replica: ['postgres-server', 'mysql-server'],
    oldWriter: ['postgres-server', 'mysql-server'],
  },
  outputs: {
    host: 'host of the new writer',
    pointTime:
      'the last commit of the old writer that it has, ISO-8601 UTC; null if it could not be measured',
    lossSeconds: 'seconds of data lost at most; null if it could not be measured',
  },
  // A promotion can't be taken back, and the standing replica is what a real recovery needs.
  drill: 'prepare-only',
  mutates: true,
  traits: ['moves-writer', 'expects-silence'],
  asks: 'replica',
  typical: {
    minSeconds: 1,
    likelySeconds: 5,
    maxSeconds: 120,
    source: 'Experience: the commands answer at once; what was received has still to be applied',
  },
  failureModes: [
    'The user may not do it: PostgreSQL wants a superuser or EXECUTE on pg_promote, MySQL the privileges of a replication administrator',
    'The old writer comes back and takes writes of those who still know its name',
    'Patroni, repmgr, Orchestrator or the like manages the roles and turns them back: then ask that one, by a runbook',
    'A replica of MySQL notices the silence of its source after replica_net_timeout, 60 s by default: so much counts as lost, and MariaDB can not say anything after it',
    'MySQL takes read_only from its configuration file again when it is restarted',
    'MariaDB: a second connection of replication, with a name, is not touched',
  ],
  contradictions: ({ replica, oldWriter }) =>
    replica.replicaOf === oldWriter.id || oldWriter.replicaOf === replica.id
      ? []
      : [
          {
            what: `Neither ${replica.id} nor ${oldWriter.id} is said to be a replica of the other`,
            mend: `Write "replicaOf: ${oldWriter.id}" on ${replica.id}, or name the server that it really follows.`,
          },
        ],
  // The old writer has the same users and passwords, and its own secret may be lost with its region.
  permissions: ({ replica }) => [secretReadPermission(replica.credentials, replica.region)],

  async prepare(context, given) {
    const { replica } = given;
    const { id } = replica;
    let seen: Standing;
    try {
      seen = await lookAt(context, given);
    } catch (error) {
      if (!(error instanceof ServiceUnavailableError)) throw error;
      return refuse(error.message, 'Bring it up, or restore from a backup; then retry.');
    }
    const old = await lookAtOldWriter(context, given);
    const refused = { status: 'refused' as const, reasons: old.reasons, evidence: old.evidence };
    if (seen.isWriter) {
      if (old.reasons.length > 0 && old.open) return refused;
      const outputs = { host: replica.host, pointTime: null, lossSeconds: null };
      const what = `${id} follows nobody and takes writes; what it lost was measured when it was promoted`;
      return alreadyDone({ waitsForAll: false }, outputs, what);
    }
    const waitsForAll = context.run.mode === 'planned' && old.readOnly;
    const replayed: Replayed = waitsForAll
      ? { known: true, at: context.clock.now() }
      : await replayedBy(context, given);
    const loss = measureLoss(context, id, replayed, given);
    const reasons = [...loss.reasons, ...old.reasons];
    const evidence = [...loss.evidence, ...old.evidence];
    if (reasons.length > 0) return { status: 'refused', reasons, evidence };
    return { status: 'ready', baseline: { ...loss.baseline, waitsForAll }, evidence };
  },

  async act(context, given, baseline) {
    await promote(context, given, baseline);
  },

  async observe(context, given, baseline): Promise<Observation> {
    const { replica } = given;
    const { host, port } = replica;
    try {
      const { isWriter } = await lookAt(context, given);
      if (!isWriter) {
        return pending((await promote(context, given, baseline)) ?? `${replica.id} is being promoted`);
      }
    } catch (error) {
      return pending(silenceOf(error));
    }
    const probe = await probeWriter(context, replica, { host, port });
    if (!probe.ok) {
      if (probe.readOnly) await allowWrites(context, replica, { host, port });
      return waitUnlessLasting(`${replica.id} is promoted`, probe);
    }
    const known = baselineSchema.parse(baseline);
    const { pointTime = null, lossSeconds = null } = known;
    const outputs = { host, pointTime, lossSeconds };
    const what = `${replica.id} follows nobody any more and takes writes at ${host}:${port}; ${lossSaid(known)}`;
    return { status: 'done', outputs, evidence: [{ what, data: outputs }] };
  },
});

type Standing = { isWriter: boolean };

/** Whether it follows nobody and says that it takes writes; nothing is written. */
function lookAt(context: ActionContext, { replica }: Parameters): Promise<Standing> {
  const { replica: replication, writer } = dialectAt({ database: replica });
  return withSql(context, { database: replica }, statementTimeoutMs, async connection => {
    const standsBy = writer.standsBy((await connection.query(writer.query)).rows[0]);
    return { isWriter: standsBy === undefined && !(await replication.follows(connection)) };
  });
}

async function replayedBy(context: ActionContext, { replica }: Parameters): Promise<Replayed> {
  const { replayed } = dialectAt({ database: replica }).replica;
  const now = context.clock.now();
  const found = await withSql(context, { database: replica }, statementTimeoutMs, connection =>
    replayed(connection, now),
  );
  return 'at' in found
    ? { known: true, at: found.at }
    : { known: false, why: `${replica.host} ${found.why}` };
}

/** Promotes it if that is still to be done; answers what is waited for before or with it. */
async function promote(
  context: ActionContext,
  given: Parameters,
  baseline: JsonObject,
): Promise<string | undefined> {
  const { replica, oldWriter } = given;
  const { waitsForAll, asked } = baselineSchema.parse(baseline);
  if ((await lookAt(context, given)).isWriter) return undefined;
  // Once it was asked, it had everything; half way it may have forgotten whom it followed.
  if (waitsForAll && !asked && !(await hasAll(context, given)))
    return `${replica.id} has not everything of ${oldWriter.id} yet`;
  if (!asked) {
    await context.changed({
      call: 'sql.Promote',
      region: replica.region,
      resource: replica.host,
      what: `${replica.id} follows ${oldWriter.id} no longer, and takes writes`,
    });
    await context.remember({ asked: true });
  }
  const waitsFor = await withSql(context, { database: replica }, statementTimeoutMs, connection =>
    dialectAt({ database: replica }).replica.promote(connection),
  );
  return waitsFor && `${replica.id} ${waitsFor}`;
}

/** Whether the replica has applied the log of the old writer, which is read-only, to its end. */
async function hasAll(context: ActionContext, { replica, oldWriter }: Parameters): Promise<boolean> {
  const log = dialectAt({ database: replica }).replica;
  // By the replica's credentials, which the old writer has too.
  const old = { ...oldWriter, credentials: replica.credentials, region: replica.region };
  try {
    const position = await withSql(context, { database: old }, statementTimeoutMs, log.position);
    if (position === undefined) return false;
    return await withSql(context, { database: replica }, statementTimeoutMs, connection =>
      log.hasReached(connection, position),
    );
  } catch (error) {
    silenceOf(error);
    return false;
  }
}

type Old = { reasons: Reason[]; evidence: Evidence[]; open: boolean; readOnly: boolean };

/** A writer that is seen to take writes never passes. In a drill and a dry run it is expected to. */
async function lookAtOldWriter(
  context: ActionContext,
  { replica, oldWriter, acceptedRisks }: Parameters,
): Promise<Old> {
  const { host, port, id } = oldWriter;
  const probed = { ...replica, writeProbe: oldWriter.writeProbe };
  const probe = await probeWriter(context, probed, { host, port });
  const readOnly = !probe.ok && probe.readOnly === true;
  const what = probe.ok
    ? `${id} at ${host} answers and takes writes`
    : readOnly
      ? `${id} at ${host} answers and is read-only`
      : `Nobody can say whether ${id} is down: ${probe.why}`;
  const found = { reasons: [], open: probe.ok, readOnly };
  if (context.run.mode === 'drill' || context.run.mode === 'dry-run') {
    const would = readOnly ? '' : '; a recovery would refuse to promote beside it until it is fenced';
    return { ...found, evidence: [{ what: `${what}${would}` }] };
  }
  if (readOnly) return { ...found, evidence: [{ what: `The old writer is fenced: ${what}` }] };
  if (!probe.ok && acceptedRisks.includes(unfencedWriter)) {
    const risk = `NOT fenced: ${what}. The risk "${unfencedWriter}" was accepted, so the run goes on`;
    return { ...found, evidence: [{ what: risk }] };
  }
  const mend = probe.ok
    ? `Stop the applications that write to it and make it read-only (${howToStop(replica)}), and retry.`
    : `Stop ${id} by hand or cut it off from its users, or have a named person accept the risk "${unfencedWriter}", then retry.`;
  return { ...found, reasons: [{ what, mend }], evidence: [] };
}

/** On a server of one's own the setting is changed by SQL. */
function howToStop(database: Parameters['replica']): string {
  return database.type === 'mysql-server'
    ? 'sql.exec with SET GLOBAL read_only = 1'
    : 'sql.exec with ALTER DATABASE … SET default_transaction_read_only = on, then sql.terminate-sessions';
}

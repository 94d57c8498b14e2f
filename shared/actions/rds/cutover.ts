import type { DBInstance } from '@aws-sdk/client-rds';
import * as z from 'zod';
import { rdsArn } from '../../aws/rds-arns.ts';
import { waitUnlessLasting } from '../../aws/rds-connection.ts';
import { rdsDurations } from '../../aws/rds-durations.ts';
import { readInstance } from '../../aws/rds-reader.ts';
import { isOfRun } from '../../aws/rds-run-tag.ts';
import { meaningOfStatus } from '../../aws/rds-status.ts';
import { change, handOver, rename, takeBack } from '../../aws/rds-swap.ts';
import { probeWriter } from '../../aws/rds-write-probe.ts';
import { identifierLength, noInstance } from '../../aws/rds-writer.ts';
import { secretReadPermission } from '../../aws/secret-reference.ts';
import { type ComponentOf, rdsInstance } from '../../plan/components.ts';
import {
  type ActionContext,
  defineAction,
  type Evidence,
  type Observation,
  type Reason,
} from '../contract.ts';
import { alreadyDone, fail, finish, pending } from '../outcomes.ts';

type Database = ComponentOf<'rds-instance'>;

const parameters = z.object({
  /** The database that applications know; its identifier goes to the new instance. */
  database: rdsInstance,
  /** Identifier of the instance that this run made beside it, such as an output of rds.restore. */
  instance: z.string(),
  backupRetentionDays: z.number().int().min(1).max(35).default(7),
});

const baselineSchema = z.object({
  /** RDS's own ids, which no rename changes. */
  newId: z.string(),
  /** Undefined when the old instance is gone. */
  oldId: z.string().optional(),
  /** The name that the old instance gets, and keeps. */
  keptAs: z.string(),
});
type Baseline = z.infer<typeof baselineSchema>;

/**
 * Puts a restored instance in the place of the live one by swapping names: the old one gets a name of this run and is
 * kept, the new one takes the identifier and with it the endpoint. The renamed one can no longer be reached under its
 * old endpoint, which fences it from applications. Done means: the new instance has the identifier, a write succeeds
 * at its endpoint, and backups and deletion protection are on; the standby of a Multi-AZ database is asked for.
 */
export const action = defineAction({
  kind: 'rds.cutover',
  summary: 'Swaps a restored database in for the live one by renaming; the old one is kept',
  parameters,
  components: { database: 'rds-instance' },
  outputs: {
    endpoint: 'host name of the database, the same as before',
    port: 'its port',
    instance: 'its identifier, the same as before',
    keptAs: 'identifier of the old instance; null if it was gone before',
  },
  // It takes the live database away from its users.
  drill: 'prepare-only',
  mutates: true,
  traits: ['moves-writer'],
  asks: 'database',
  typical: {
    minSeconds: 2 * rdsDurations.rename.minSeconds,
    likelySeconds: 2 * rdsDurations.rename.likelySeconds,
    maxSeconds: 2 * rdsDurations.rename.maxSeconds,
    source: `Two renames, one after the other. ${rdsDurations.rename.source}`,
  },
  failureModes: [
    'The old name stays in DNS caches and connection pools; applications are restarted afterwards',
    'Between the two renames nothing answers at the endpoint',
    'Read replicas stay with the old instance',
    'The old instance is stopped: RDS renames only what is available',
  ],
  permissions({ database: { region, identifier, credentials } }) {
    const either = [rdsArn('db', region, identifier), rdsArn('db', region, '*')];
    return [
      {
        actions: ['rds:DescribeDBInstances'],
        resources: either,
        reason: 'Both instances, under either name',
      },
      {
        actions: ['rds:ModifyDBInstance', 'rds:AddTagsToResource', 'rds:RemoveTagsFromResource'],
        resources: [rdsArn('db', region, identifier), rdsArn('db', region, `${identifier}-old-*`)],
      },
      {
        actions: ['rds:ModifyDBInstance', 'rds:AddTagsToResource', 'rds:RemoveTagsFromResource'],
        resources: [rdsArn('db', region, '*')],
        conditions: { Null: { 'aws:ResourceTag/lifeboat:run': 'false' } },
        reason: 'The new instance, whose name only the run knows, by its tag',
      },
      secretReadPermission(credentials, region),
    ];
  },

  async prepare(context, { database, instance }) {
    const { region, identifier } = database;
    const keptAs = context.names.resource(`${identifier}-old`, identifierLength);
    const [old, fresh, kept] = await Promise.all(
      [identifier, instance, keptAs].map(name => readInstance(context.aws, region, name)),
    );
    const reasons = reasonsAgainst(context, database, { instance, keptAs, old, fresh, kept });
    if (fresh?.DbiResourceId === undefined || reasons.length > 0) {
      return { status: 'refused', reasons, evidence: [] };
    }
    const baseline: Baseline = { newId: fresh.DbiResourceId, oldId: old?.DbiResourceId, keptAs };
    if (instance === identifier)
      return alreadyDone(baseline, { instance, keptAs: null }, `${instance} has the name already`);
    return { status: 'ready', baseline, evidence: [foundBefore(database, instance, old, keptAs)] };
  },

  async act(context, { database, instance }, baseline) {
    await goOn(context, database, instance, baselineSchema.parse(baseline));
  },

  async observe(context, given, baseline) {
    const { database, instance, backupRetentionDays } = given;
    const known = baselineSchema.parse(baseline);
    const seen = await readInstance(context.aws, database.region, database.identifier);
    if (seen?.DbiResourceId !== known.newId) return goOn(context, database, instance, known);
    const meaning = meaningOfStatus(seen.DBInstanceStatus, database.identifier);
    if (meaning.kind === 'stuck') return { status: 'failed', reasons: [meaning.reason], evidence: [] };
    const asked = await settle(context, database, seen, backupRetentionDays);
    if (asked) return pending(asked);
    const host = seen.Endpoint?.Address;
    if (host === undefined) return pending(`${database.identifier} has no endpoint yet`);
    const port = seen.Endpoint?.Port ?? database.port;
    const probe = await probeWriter(context, database, { host, port });
    if (!probe.ok) return waitUnlessLasting(`The new ${database.identifier} has its name`, probe);
    await handOver(context, database.region, seen);
    const keptAs = known.oldId === undefined ? null : known.keptAs;
    const outputs = { endpoint: host, port, instance: database.identifier, keptAs };
    return finish(inService(database, seen, keptAs), outputs, outputs);
  },

  async undo(context, { database, instance }, baseline) {
    return goBack(context, database, instance, baselineSchema.parse(baseline));
  },
});

/** After this time a read shows what was asked for when the step began. */
const readsSettleSeconds = 60;

type Names = {
  instance: string;
  keptAs: string;
  old: DBInstance | undefined;
  fresh: DBInstance | undefined;
  kept: DBInstance | undefined;
};

function reasonsAgainst(
  context: ActionContext,
  { region, identifier }: Database,
  { instance, keptAs, old, fresh, kept }: Names,
): Reason[] {
  if (fresh === undefined) return [noInstance(instance, region)];
  const reasons: Reason[] = [];
  if (!isOfRun(fresh, context.run.id)) {
    reasons.push({
      what: `${instance} in ${region} was not made by this run`,
      mend: 'Name the instance that a step of this run restored, such as ${steps.<id>.instance}.',
    });
  }
  for (const [name, one] of [
    [instance, fresh],
    [identifier, old],
  ] as const) {
    const status = one?.DBInstanceStatus;
    if (one === undefined || meaningOfStatus(status, name).kind === 'settled') continue;
    reasons.push({
      what: `${name} is ${status ?? 'in an unknown state'}, and RDS renames only what is available`,
      mend: 'Wait until it is available, or start it if it is stopped (with no applications running), then retry. If it can not be mended, put the new endpoint into the secret of the applications instead.',
    });
  }
  if (kept !== undefined) {
    reasons.push({
      what: `${keptAs}, the name that the old instance is to get, is taken in ${region}`,
      mend: 'Find out what it is. If an earlier try of this step left it, undo that first.',
    });
  }
  return reasons;
}

/** Takes the next step of the swap, from what is seen. Safe to repeat: each rename is refused once it has happened. */
async function goOn(
  context: ActionContext,
  { region, identifier }: Database,
  instance: string,
  { newId, oldId, keptAs }: Baseline,
): Promise<Observation> {
  const [named, fresh, kept] = await Promise.all(
    [identifier, instance, keptAs].map(name => readInstance(context.aws, region, name)),
  );
  if (named?.DbiResourceId === newId) return pending(`${identifier} is taking its name`);
  if (fresh !== undefined && fresh.DbiResourceId !== newId) {
    return fail(
      `${instance} is no longer the instance that was prepared`,
      'Find out who changed it, and undo the step.',
    );
  }
  if (named !== undefined && named.DbiResourceId === oldId && kept === undefined) {
    if (meaningOfStatus(named.DBInstanceStatus, identifier).kind === 'settled') {
      await rename(context, region, identifier, keptAs);
    }
    return pending(`The old ${identifier} is becoming ${keptAs}`);
  }
  if (named !== undefined) {
    // A read that is behind still shows the old one under the name that it has given up.
    if (named.DbiResourceId === oldId) return pending(`The old ${identifier} is becoming ${keptAs}`);
    return fail(
      `Somebody else has taken the name ${identifier}`,
      'Find out what it is, then retry or undo the step.',
    );
  }
  if (fresh === undefined) return pending(`${instance} is becoming ${identifier}`);
  if (meaningOfStatus(fresh.DBInstanceStatus, instance).kind === 'settled') {
    await rename(context, region, instance, identifier);
  }
  return pending(`${instance} is becoming ${identifier}`);
}

/** Turns on what the live database has to have. Gives what it waits for, or undefined when all is on. */
async function settle(
  context: ActionContext,
  { region, identifier, multiAz }: Database,
  seen: DBInstance,
  backupRetentionDays: number,
): Promise<string | undefined> {
  const standby = seen.MultiAZ === true || seen.PendingModifiedValues?.MultiAZ === true;
  const wanted = {
    ...(multiAz && !standby && { MultiAZ: true }),
    ...((seen.BackupRetentionPeriod ?? 0) < backupRetentionDays && {
      BackupRetentionPeriod: backupRetentionDays,
    }),
    ...(seen.DeletionProtection !== true && { DeletionProtection: true }),
  };
  if (Object.keys(wanted).length > 0) {
    if (meaningOfStatus(seen.DBInstanceStatus, identifier).kind !== 'settled')
      return `${identifier} is ${seen.DBInstanceStatus}`;
    await change(context, region, identifier, `Turned on: ${Object.keys(wanted).join(', ')}`, wanted);
    return `${identifier} is getting its settings`;
  }
  // While the standby is made the writer serves; a rename that has not ended does not.
  return seen.DBInstanceStatus === 'renaming' ? `${identifier} is renaming` : undefined;
}

/** Swaps the names back. What was written to the new instance stays in it. */
async function goBack(
  context: ActionContext,
  { region, identifier }: Database,
  instance: string,
  { newId, oldId, keptAs }: Baseline,
): Promise<Observation> {
  const [named, fresh, kept] = await Promise.all(
    [identifier, instance, keptAs].map(name => readInstance(context.aws, region, name)),
  );
  const settled = (one: DBInstance) => meaningOfStatus(one.DBInstanceStatus, '').kind === 'settled';
  if (named?.DbiResourceId === newId) {
    await takeBack(context, region, named);
    if (settled(named)) await rename(context, region, identifier, instance);
    return pending(`The new ${identifier} is becoming ${instance} again`);
  }
  if (oldId === undefined) {
    if (fresh === undefined) return pending(`${instance} is getting its name back`);
    return finish(`${instance} has its name back; there was no ${identifier} before`);
  }
  if (named?.DbiResourceId === oldId) {
    // A read may be behind by seconds, and show the old one where it is about to lose its name.
    if (!settled(named) || context.elapsedSeconds < readsSettleSeconds) {
      return pending(`The old ${identifier} is ${named.DBInstanceStatus}`);
    }
    return finish(
      `The old ${identifier} has its name and its endpoint back; what was written meanwhile is in ${instance}`,
    );
  }
  if (kept?.DbiResourceId === oldId && named === undefined && fresh !== undefined) {
    if (settled(kept)) await rename(context, region, keptAs, identifier);
    return pending(`${keptAs} is becoming ${identifier} again`);
  }
  return pending(`RDS is renaming; ${identifier} is not back yet`);
}

function foundBefore(
  database: Database,
  instance: string,
  old: DBInstance | undefined,
  keptAs: string,
): Evidence {
  const { identifier } = database;
  if (old === undefined) return { what: `There is no ${identifier} any more; ${instance} takes its name` };
  const replicas = old.ReadReplicaDBInstanceIdentifiers ?? [];
  const stay = replicas.length > 0 ? `; its replicas stay with it: ${replicas.join(', ')}` : '';
  return { what: `${identifier} will be kept as ${keptAs}, and ${instance} takes its name${stay}` };
}

function inService({ identifier, multiAz }: Database, seen: DBInstance, keptAs: string | null): string {
  const standby = multiAz && seen.MultiAZ !== true ? '; its standby is being made' : '';
  const kept =
    keptAs === null ? '' : `; the old instance is kept as ${keptAs}, until somebody removes it by hand`;
  return `The restored instance serves as ${identifier} and takes writes, with backups and deletion protection on${standby}${kept}`;
}

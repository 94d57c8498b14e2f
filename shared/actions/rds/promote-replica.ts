import { PromoteReadReplicaCommand, RDSClient } from '@aws-sdk/client-rds';
import * as z from 'zod';
import { isNamed, request } from '../../aws/aws-errors.ts';
import { rdsArn } from '../../aws/rds-arns.ts';
import { type Fault, waitUnlessLasting } from '../../aws/rds-connection.ts';
import { rdsDurations } from '../../aws/rds-durations.ts';
import { engineReason } from '../../aws/rds-engine.ts';
import { readInstance } from '../../aws/rds-reader.ts';
import {
  allowWrites,
  hasAllOf,
  judgeSource,
  lagPermissions,
  type Replayed,
  readReplayed,
  sourceOf,
} from '../../aws/rds-replica.ts';
import { meaningOfStatus } from '../../aws/rds-status.ts';
import { probeWriter } from '../../aws/rds-write-probe.ts';
import { identifierOf, lookForInstance, noInstance, whichInstance } from '../../aws/rds-writer.ts';
import { secretReadPermission } from '../../aws/secret-reference.ts';
import { rdsInstance, rdsRestoreTarget } from '../../plan/components.ts';
import { durationSchema } from '../../plan/duration.ts';
import { dialectOfDatabase } from '../../sql/dialects/dialects.ts';
import { type ActionContext, defineAction, type Evidence, type Reason } from '../contract.ts';
import { alreadyDone, pending } from '../outcomes.ts';
import { lossSaid, measuredSchema, measureLoss } from '../replica-loss.ts';
import { unfencedWriter } from '../risks.ts';

const parameters = z.object({
  /** The standing replica, or what `rds.create-read-replica` made one from. */
  replica: z.discriminatedUnion('type', [rdsInstance, rdsRestoreTarget]),
  /** Identifier of the replica, if a step of the run made it. */
  instance: z.string().optional(),
  /** Seconds of data that may be lost: the RPO. */
  maxLoss: durationSchema,
  /** Risks that a named person accepted, from the approval step: `data-loss`, `unfenced-writer`. */
  acceptedRisks: z.array(z.string()).default([]),
});
type Parameters = z.output<typeof parameters>;

const baselineSchema = measuredSchema.extend({ instance: z.string() });

/** A request that was turned away is made again after this time. */
const askAgainSeconds = 60;
/** Backups of the new writer begin at once. */
const backupRetentionDays = 7;

/**
 * Makes a read replica a writer of its own. What it has not received is lost for good, so that is measured on the
 * replica itself first, and a writer that is seen to take writes is never left beside it. Done means: no source any
 * more, available, not in recovery, and a write succeeds. It can't be undone.
 */
export const action = defineAction({
  kind: 'rds.promote-replica',
  summary: 'Promotes a read replica to a writer, after its lag was measured and the old writer looked at',
  parameters,
  components: { replica: ['rds-instance', 'rds-restore-target'] },
  outputs: {
    instance: 'identifier of the new writer',
    endpoint: 'its host name, the same as before',
    port: 'its port',
    pointTime:
      'the last commit of the old writer that it has, ISO-8601 UTC; null if it could not be measured',
    lossSeconds: 'seconds of data lost at most; null if it could not be measured',
  },
  // A promotion can't be taken back, and the standing replica is what a real recovery needs.
  drill: 'prepare-only',
  mutates: true,
  traits: ['moves-writer'],
  asks: 'replica',
  typical: rdsDurations.promoteReplica,
  failureModes: [
    'The replica lags, so that more is lost than the RPO allows, or nobody can say how much',
    'The old writer still takes writes: RDS stops no instance that has a replica, so it has to be made read-only',
    'A promotion can not be taken back; the way back is a new replica in the other direction',
    'Applications keep the old address until their secret is changed and they are restarted',
  ],
  contradictions: ({ replica }) =>
    replica.type === 'rds-instance' && replica.replicaOf === undefined
      ? [
          {
            what: `${replica.id} is not said to be a replica of anything, so nobody knows which writer it would take the place of`,
            mend: 'Write "replicaOf" with the id of its source. A database that is no replica has nothing to be promoted: rds.failover or rds.restore.',
          },
        ]
      : [],
  permissions: ({ replica }, regions) => {
    const { region, identifier, credentials } = replica;
    const name = replica.type === 'rds-instance' ? identifier : `${identifier}-*`;
    return [
      {
        actions: ['rds:DescribeDBInstances', 'rds:PromoteReadReplica'],
        resources: [rdsArn('db', region, name)],
      },
      {
        actions: ['rds:DescribeDBInstances'],
        resources: [...new Set([regions.primary, regions.recovery])].map(one => rdsArn('db', one, '*')),
        reason: 'Which instance is the source, only the replica says',
      },
      secretReadPermission(credentials, region),
      ...lagPermissions(replica),
    ];
  },

  async prepare(context, given) {
    const { replica } = given;
    const refused = (...reasons: Reason[]) => ({ status: 'refused' as const, reasons, evidence: [] });
    const identifier = identifierOf(replica, given.instance);
    if (identifier === undefined) return refused(whichInstance(replica.id));
    const instance = await readInstance(context.aws, replica.region, identifier);
    if (instance === undefined) return refused(noInstance(identifier, replica.region));
    const host = instance.Endpoint?.Address;
    const port = instance.Endpoint?.Port ?? replica.port;
    const source = sourceOf(instance, replica.region);
    const engine = engineReason({ ...replica, identifier }, instance.Engine);
    if (engine) return refused(engine);
    if (source === undefined) {
      const probe = await probeWriter(context, replica, { host, port });
      if (!probe.ok) return refused(noReplica(identifier, instance.DBInstanceStatus, probe));
      const outputs = {
        instance: identifier,
        endpoint: host ?? null,
        port,
        pointTime: null,
        lossSeconds: null,
      };
      const what = `${identifier} is no replica any more and takes writes; what it lost was measured when it was promoted`;
      return alreadyDone({ instance: identifier }, outputs, what);
    }
    const meaning = meaningOfStatus(instance.DBInstanceStatus, identifier);
    if (meaning.kind === 'stuck') return refused(meaning.reason);
    const writer = await lookAtWriter(context, given, source);
    const planned = context.run.mode === 'planned' ? writer.readOnlyAt : undefined;
    const complete = planned && host && (await hasAllOf(context, replica, planned, { host, port }));
    const replayed: Replayed = complete
      ? { known: true, at: context.clock.now() }
      : host
        ? await readReplayed(context, replica, { identifier, host, port })
        : { known: false, why: `${identifier} has no endpoint` };
    const loss = measureLoss(context, identifier, replayed, given);
    const reasons = [...loss.reasons, ...writer.reasons];
    const evidence = [...loss.evidence, ...writer.evidence];
    if (reasons.length > 0) return { status: 'refused', reasons, evidence };
    return { status: 'ready', baseline: { instance: identifier, ...loss.baseline }, evidence };
  },

  async act(context, { replica }, baseline) {
    await promote(context, replica.region, baselineSchema.parse(baseline).instance);
  },

  async observe(context, { replica }, baseline) {
    const known = baselineSchema.parse(baseline);
    const { instance: identifier } = known;
    const seen = await lookForInstance(context, replica, identifier);
    if (seen.status !== 'available') return seen;
    if (sourceOf(seen.instance, replica.region) !== undefined) {
      if (context.elapsedSeconds >= askAgainSeconds) await promote(context, replica.region, identifier);
      return pending(`${identifier} is still a replica`);
    }
    const { host, port } = seen;
    const probe = await probeWriter(context, replica, { host, port });
    if (!probe.ok) {
      if (probe.readOnly) await allowWrites(context, replica, { host, port });
      return waitUnlessLasting(`${identifier} is promoted`, probe);
    }
    const outputs = {
      instance: identifier,
      endpoint: host,
      port,
      pointTime: known.pointTime ?? null,
      lossSeconds: known.lossSeconds ?? null,
    };
    const what = `${identifier} has no source any more, is available and takes writes at ${host}:${port}; ${lossSaid(known)}`;
    return { status: 'done', outputs, evidence: [{ what, data: outputs }] };
  },
});

async function promote(context: ActionContext, region: string, identifier: string): Promise<void> {
  const instance = await readInstance(context.aws, region, identifier);
  if (instance !== undefined && sourceOf(instance, region) === undefined) return;
  await context.changed({
    call: 'rds.PromoteReadReplica',
    region,
    resource: identifier,
    what: 'Promoted from a read replica to a writer of its own',
  });
  try {
    await request({ call: 'rds.PromoteReadReplica', region }, () =>
      context.aws.client(RDSClient, region).send(
        new PromoteReadReplicaCommand({
          DBInstanceIdentifier: identifier,
          BackupRetentionPeriod: backupRetentionDays,
        }),
      ),
    );
  } catch (error) {
    // It is being promoted already, or busy with something else; observe sees which, and asks again.
    if (!isNamed(error, 'InvalidDBInstanceStateFault')) throw error;
  }
}

/** A writer that is seen to take writes never passes. In a drill and a dry run it is expected to. */
async function lookAtWriter(
  context: ActionContext,
  { replica, acceptedRisks }: Parameters,
  source: { identifier: string; region: string },
): Promise<{ reasons: Reason[]; evidence: Evidence[]; readOnlyAt?: { host: string; port: number } }> {
  const { kind, what, readOnlyAt } = await judgeSource(context, replica, source);
  if (context.run.mode === 'drill' || context.run.mode === 'dry-run') {
    const would =
      kind === 'fenced' ? '' : '; a recovery would refuse to promote beside it until it is fenced';
    return { reasons: [], evidence: [{ what: `${what}${would}` }] };
  }
  if (kind === 'fenced') {
    const evidence = [{ what: `The old writer is fenced: ${what}` }];
    return { reasons: [], evidence, ...(readOnlyAt && { readOnlyAt }) };
  }
  if (kind === 'unknown' && acceptedRisks.includes(unfencedWriter)) {
    const risk = `NOT fenced: ${what}. The risk "${unfencedWriter}" was accepted, so the run goes on`;
    return { reasons: [], evidence: [{ what: risk }] };
  }
  const mend =
    kind === 'open'
      ? `Stop the applications that write to it and make it read-only (${dialectOfDatabase(replica).writer.howToStop}), and retry. RDS does not stop an instance that has a replica.`
      : `Stop ${source.identifier} by hand or cut it off from its users, or have a named person accept the risk "${unfencedWriter}", then retry.`;
  return { reasons: [{ what, mend }], evidence: [] };
}

function noReplica(identifier: string, status: string | undefined, { why, mend }: Fault): Reason {
  return {
    what: `${identifier} is no read replica, and it is ${status ?? 'in an unknown state'} without a write that worked: ${why}`,
    mend: mend ?? 'Look at its events. If it was promoted a moment ago, retry the step when it is available.',
  };
}

import type { DBCluster } from '@aws-sdk/client-rds';
import * as z from 'zod';
import { probeCluster } from '../../aws/aurora-global.ts';
import { isNamed } from '../../aws/aws-errors.ts';
import { readKey } from '../../aws/kms-keys.ts';
import { runTag } from '../../aws/names.ts';
import { readCluster, readMembers, writerOf } from '../../aws/rds-cluster-reader.ts';
import { isClusterOfRun, removeCluster } from '../../aws/rds-cluster-removal.ts';
import {
  clusterRefusalOf,
  clusterRestoreCall,
  clusterRestorePermissions,
  createClusterInstance,
  isAurora,
  startClusterRestore,
} from '../../aws/rds-cluster-restore.ts';
import { chooseMoment, chooseSnapshot } from '../../aws/rds-cluster-restore-points.ts';
import { meaningOfClusterStatus, serves } from '../../aws/rds-cluster-status.ts';
import { waitUnlessLasting } from '../../aws/rds-connection.ts';
import { rdsDurations } from '../../aws/rds-durations.ts';
import { engineReason } from '../../aws/rds-engine.ts';
import { differentKey } from '../../aws/rds-restored-key.ts';
import { meaningOfStatus } from '../../aws/rds-status.ts';
import { RefusedError } from '../../errors.ts';
import { type ComponentOf, rdsClusterRestoreTarget } from '../../plan/components.ts';
import { type ActionContext, defineAction, type Reason } from '../contract.ts';

type Target = ComponentOf<'rds-cluster-restore-target'>;

const parameters = z.strictObject({
  target: rdsClusterRestoreTarget,
  method: z
    .enum(['snapshot', 'point-in-time'])
    .describe('A point in time needs the source cluster, in the same region'),
  from: z
    .string()
    .optional()
    .describe('Snapshot to restore; without it the newest that is not after notAfter'),
  notAfter: z.iso
    .datetime()
    .optional()
    .describe('Latest moment whose data is wanted, such as the start of a corruption'),
});

const baselineSchema = z.object({
  cluster: z.string(),
  instances: z.array(z.string()),
  pointTime: z.string(),
  snapshot: z.string().optional(),
  engineVersion: z.string().optional(),
  /** Moment to restore to; without it the latest one, for a point in time. */
  restoreTime: z.string().optional(),
});
type Baseline = z.infer<typeof baselineSchema>;

/** A DB cluster identifier has at most 63 characters, and its instances get a number behind it. */
const identifierLength = 60;
/** How long a read may lag behind the request that made the cluster. */
const visibleAfterSeconds = 300;

/**
 * Restores a cluster beside whatever exists, and makes its DB instances: a restored Aurora cluster is `available`
 * without one, and nobody can connect to it. Done means that its writer takes a write.
 */
export const action = defineAction({
  kind: 'rds.restore-cluster',
  summary: 'Restores a DB cluster from a snapshot or to a point in time, with its instances',
  parameters,
  components: { target: 'rds-cluster-restore-target' },
  outputs: {
    cluster: 'identifier of the new cluster',
    endpoint: 'its host name, which follows the writer',
    port: 'its port',
    pointTime: 'the moment that it was restored to, ISO-8601 UTC',
  },
  drill: 'isolated',
  mutates: true,
  traits: ['moves-writer', 'makes-new'],
  asks: 'target',
  typical: rdsDurations.restoreToPointInTime,
  failureModes: [
    'The name is taken by a cluster that this run did not make',
    'No snapshot was copied to the region; automated ones stay where they are taken',
    'No capacity for the instance class, or the quota is reached',
    'Available, but the write probe fails because credentials or security groups do not fit',
  ],
  permissions: ({ target }) => clusterRestorePermissions(target),

  async prepare(context, all) {
    const { target } = all;
    const cluster = context.names.resource(target.identifier, identifierLength);
    const existing = await readCluster(context.aws, target.region, cluster);
    if (existing !== undefined && !isClusterOfRun(existing, context.run.id)) {
      return { status: 'refused', reasons: [nameTaken(cluster, target.region)], evidence: [] };
    }
    const key = await readKey(context.aws, target.region, target.kmsKey);
    if (!key.usable) return { status: 'refused', reasons: [key.reason], evidence: [] };
    const instances = isAurora(target)
      ? Array.from({ length: target.instances }, (_, index) => `${cluster}-${index + 1}`)
      : [];
    const names = { cluster, instances };
    return all.method === 'snapshot'
      ? chooseSnapshot(context, all, names)
      : chooseMoment(context, all, names);
  },

  async act(context, { target }, baseline) {
    const wanted = baselineSchema.parse(baseline);
    if (await isUnderWay(context, target.region, wanted.cluster)) return;
    const from =
      wanted.snapshot === undefined
        ? {
            cluster: target.sourceIdentifier,
            restoreTime: wanted.restoreTime === undefined ? undefined : new Date(wanted.restoreTime),
          }
        : { snapshot: wanted.snapshot, engineVersion: wanted.engineVersion };
    await context.changed({
      call: clusterRestoreCall(from),
      region: target.region,
      resource: wanted.cluster,
      what: `New DB cluster from ${wanted.snapshot ?? target.sourceIdentifier}, as of ${wanted.pointTime}`,
    });
    try {
      await startClusterRestore(context.aws, {
        identifier: wanted.cluster,
        target,
        from,
        deletionProtection: context.run.mode !== 'drill',
        tags: context.names.tags(),
      });
    } catch (error) {
      // An earlier request was carried out and its reply was lost.
      if (!isNamed(error, 'DBClusterAlreadyExistsFault')) throw clusterRefusalOf(error, target) ?? error;
      await isUnderWay(context, target.region, wanted.cluster);
    }
  },

  async observe(context, { target }, baseline) {
    const wanted = baselineSchema.parse(baseline);
    const cluster = await readCluster(context.aws, target.region, wanted.cluster);
    if (cluster === undefined) {
      if (context.elapsedSeconds < visibleAfterSeconds) {
        return { status: 'pending', note: `${wanted.cluster} is not visible yet` };
      }
      return { status: 'failed', reasons: [neverAppeared(wanted.cluster, target.region)], evidence: [] };
    }
    const meaning = meaningOfClusterStatus(cluster.Status, wanted.cluster);
    if (meaning.kind === 'stuck') return { status: 'failed', reasons: [meaning.reason], evidence: [] };
    if (meaning.kind === 'moving') {
      const progress = cluster.PercentProgress ? `, ${cluster.PercentProgress} %` : '';
      return { status: 'pending', note: `${wanted.cluster} is ${meaning.status}${progress}` };
    }
    const instances = await bringUpInstances(context, target, wanted);
    if (instances.status !== 'up') return instances.answer;
    return observeWriter(context, target, wanted, cluster);
  },

  async undo(context, { target }, baseline) {
    return removeCluster(context, target.region, baselineSchema.parse(baseline).cluster);
  },
});

async function observeWriter(context: ActionContext, target: Target, wanted: Baseline, cluster: DBCluster) {
  const writer = writerOf(cluster)?.DBInstanceIdentifier;
  if (writer === undefined)
    return { status: 'pending' as const, note: `${wanted.cluster} has no writer yet` };
  const notAsPlanned =
    engineReason({ identifier: wanted.cluster, engine: target.engine }, cluster.Engine) ??
    (await differentKey(context, target, { name: wanted.cluster, key: cluster.KmsKeyId }));
  if (notAsPlanned) return { status: 'failed' as const, reasons: [notAsPlanned], evidence: [] };
  const probe = await probeCluster(context, target, cluster);
  if (!probe.ok) return waitUnlessLasting(`${wanted.cluster} is available`, probe);
  const outputs = {
    cluster: wanted.cluster,
    endpoint: cluster.Endpoint ?? '',
    port: cluster.Port ?? target.port,
    pointTime: wanted.pointTime,
  };
  const count = cluster.DBClusterMembers?.length ?? 0;
  const what = `${wanted.cluster} is available with ${count} instances, and ${writer} accepts writes at ${outputs.endpoint}:${outputs.port}`;
  return { status: 'done' as const, outputs, evidence: [{ what, data: outputs }] };
}

type Instances =
  | { status: 'up' }
  | {
      status: 'waiting';
      answer: { status: 'pending'; note: string } | { status: 'failed'; reasons: Reason[]; evidence: [] };
    };

/**
 * Makes the instances that are missing and waits until all of them serve. The writer is made first: which instance
 * comes first becomes the writer.
 */
async function bringUpInstances(
  context: ActionContext,
  target: Target,
  wanted: Baseline,
): Promise<Instances> {
  const members = await readMembers(context.aws, target.region, wanted.cluster);
  const pending = (note: string): Instances => ({ status: 'waiting', answer: { status: 'pending', note } });
  for (const instance of wanted.instances) {
    const member = members.find(one => one.DBInstanceIdentifier === instance);
    if (member === undefined) {
      await context.changed({
        call: 'rds.CreateDBInstance',
        region: target.region,
        resource: instance,
        what: `New DB instance of the restored cluster ${wanted.cluster}`,
      });
      await createClusterInstance(
        context.aws,
        target,
        { cluster: wanted.cluster, instance },
        context.names.tags(),
      );
      return pending(`${instance} is being made`);
    }
    const meaning = meaningOfStatus(member.DBInstanceStatus, instance);
    if (meaning.kind === 'stuck') {
      return { status: 'waiting', answer: { status: 'failed', reasons: [meaning.reason], evidence: [] } };
    }
  }
  const missing = members.filter(({ DBInstanceStatus }) => !serves(DBInstanceStatus));
  const [first] = missing;
  if (members.length === 0) return pending(`${wanted.cluster} has no instance yet`);
  if (first) return pending(`${first.DBInstanceIdentifier} is ${first.DBInstanceStatus}`);
  return { status: 'up' };
}

/** Whether this run's cluster exists already; throws if somebody else's has the name. */
async function isUnderWay(context: ActionContext, region: string, identifier: string): Promise<boolean> {
  const existing = await readCluster(context.aws, region, identifier);
  if (existing === undefined) return false;
  if (isClusterOfRun(existing, context.run.id)) return true;
  const reason = nameTaken(identifier, region);
  throw new RefusedError(reason.what, { nextStep: reason.mend, reasons: [reason.what] });
}

function nameTaken(identifier: string, region: string): Reason {
  return {
    what: `The cluster ${identifier} exists already in ${region} and was not made by this run (it lacks the tag ${runTag})`,
    mend: 'Find out what it is. Rename or remove it if nothing uses it, or start a new run, which uses another name.',
  };
}

function neverAppeared(identifier: string, region: string): Reason {
  return {
    what: `The cluster ${identifier} was asked for, but RDS does not know it in ${region}`,
    mend: 'Look at the events of RDS and CloudTrail in that region for the reason, then retry the step.',
  };
}

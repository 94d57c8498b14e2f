import * as z from 'zod';
import { isNamed } from '../../aws/aws-errors.ts';
import { waitUnlessLasting } from '../../aws/rds-connection.ts';
import { rdsDurations } from '../../aws/rds-durations.ts';
import { engineReason } from '../../aws/rds-engine.ts';
import { nameTaken, ownInstance } from '../../aws/rds-own-instance.ts';
import { readInstance } from '../../aws/rds-reader.ts';
import { removeInstance } from '../../aws/rds-removal.ts';
import { chooseMoment, chooseSnapshot } from '../../aws/rds-restore-moment.ts';
import { restorePermissions } from '../../aws/rds-restore-permissions.ts';
import { refusalOf, restoreCall, startRestore } from '../../aws/rds-restore-requests.ts';
import { differentKey } from '../../aws/rds-restored-key.ts';
import { isOfRun } from '../../aws/rds-run-tag.ts';
import { meaningOfStatus } from '../../aws/rds-status.ts';
import { probeWriter } from '../../aws/rds-write-probe.ts';
import { identifierLength, visibleAfterSeconds } from '../../aws/rds-writer.ts';
import { rdsRestoreTarget } from '../../plan/components.ts';
import { defineAction, type Reason } from '../contract.ts';

const parameters = z.object({
  target: rdsRestoreTarget,
  method: z.enum(['automated-backup', 'snapshot']).default('automated-backup'),
  /**
   * ARN of the automated backup, or identifier of the snapshot, as `rds.find-restore-point` puts out. Without it the
   * automated backup that holds `pointTime` is taken.
   */
  from: z.string().optional(),
  /** The moment to restore to, ISO-8601; of a snapshot, the moment that it is of. */
  pointTime: z.iso.datetime({ offset: true }),
});
const baselineSchema = z.object({
  instance: z.string(),
  useLatest: z.boolean(),
  /** What was chosen in prepare; missing where the step says it. */
  from: z.string().optional(),
  resourceId: z.string().optional(),
  /** The moment that is asked for, where that is not the step's own. */
  restoreTime: z.string().optional(),
});

/**
 * Restores a database beside whatever exists, never over it, in another region or beside the live database in its own
 * (wrong data, a deletion by mistake), with everything that RDS would otherwise default to
 * something wrong. Done means that the new instance is the writer: it is available and the write probe succeeds.
 */
export const action = defineAction({
  kind: 'rds.restore',
  summary: 'Restores the database beside what exists, from an automated backup or a snapshot, in any region',
  parameters,
  components: { target: 'rds-restore-target' },
  outputs: {
    instance: 'identifier of the new DB instance',
    endpoint: 'its host name',
    port: 'its port',
    pointTime: 'the moment that it was restored to, ISO-8601 UTC',
  },
  drill: 'isolated',
  mutates: true,
  traits: ['moves-writer', 'makes-new'],
  asks: 'target',
  typical: rdsDurations.restoreToPointInTime,
  failureModes: [
    'The moment lies outside of what the backup holds; the newest one is about five minutes old',
    'The name is taken by an instance that this run did not make',
    'Quota of instances or storage reached, or no capacity for the class',
    'incompatible-restore, incompatible-parameters, incompatible-network or storage-full',
    'Available, but the write probe fails because credentials or security groups do not fit',
    'Slow for hours after it is available, because blocks load on first use',
  ],
  permissions: ({ target }) => restorePermissions(target),

  async prepare(context, { target, method, from, pointTime }) {
    const instance = context.names.resource(target.identifier, identifierLength);
    const existing = await readInstance(context.aws, target.region, instance);
    if (existing !== undefined && !isOfRun(existing, context.run.id)) {
      return { status: 'refused', reasons: [nameTaken(instance, target.region)], evidence: [] };
    }
    const chosen =
      method === 'snapshot'
        ? await chooseSnapshot(context, target, from)
        : await chooseMoment(context, target, { from, pointTime });
    if ('what' in chosen) return { status: 'refused', reasons: [chosen], evidence: [] };
    return { status: 'ready', baseline: { instance, ...chosen }, evidence: [] };
  },

  async act(context, { target, method, from: given, pointTime }, baseline) {
    const { instance, useLatest, from = given ?? '', resourceId, ...chosen } = baselineSchema.parse(baseline);
    const restoreTime = chosen.restoreTime ?? pointTime;
    if (await ownInstance(context, target.region, instance)) return;
    await context.changed({
      call: restoreCall(method),
      region: target.region,
      resource: instance,
      what: `New DB instance from ${method} ${from}, as of ${restoreTime}`,
    });
    try {
      await startRestore(context.aws, {
        identifier: instance,
        target,
        method,
        from,
        ...(resourceId !== undefined && { resourceId }),
        restoreTime: useLatest ? undefined : new Date(restoreTime),
        deletionProtection: context.run.mode !== 'drill',
        tags: context.names.tags(),
      });
    } catch (error) {
      // An earlier request was carried out and its reply was lost.
      if (!isNamed(error, 'DBInstanceAlreadyExistsFault')) {
        throw refusalOf(error, target) ?? error;
      }
      await ownInstance(context, target.region, instance);
    }
  },

  async observe(context, { target, pointTime }, baseline) {
    const { instance: identifier, restoreTime = pointTime } = baselineSchema.parse(baseline);
    const instance = await readInstance(context.aws, target.region, identifier);
    if (instance === undefined) {
      if (context.elapsedSeconds < visibleAfterSeconds) {
        return { status: 'pending', note: `${identifier} is not visible yet` };
      }
      return { status: 'failed', reasons: [neverAppeared(identifier, target.region)], evidence: [] };
    }
    const meaning = meaningOfStatus(instance.DBInstanceStatus, identifier);
    if (meaning.kind === 'stuck') return { status: 'failed', reasons: [meaning.reason], evidence: [] };
    if (meaning.kind === 'moving') {
      const progress = instance.PercentProgress ? `, ${instance.PercentProgress} %` : '';
      return { status: 'pending', note: `${identifier} is ${meaning.status}${progress}` };
    }
    const host = instance.Endpoint?.Address;
    if (host === undefined) return { status: 'pending', note: `${identifier} has no endpoint yet` };
    const notAsPlanned =
      engineReason({ identifier, engine: target.engine }, instance.Engine) ??
      (await differentKey(context, target, { name: identifier, key: instance.KmsKeyId }));
    if (notAsPlanned) return { status: 'failed', reasons: [notAsPlanned], evidence: [] };
    const port = instance.Endpoint?.Port ?? target.port;
    const probe = await probeWriter(context, target, { host, port });
    if (!probe.ok) return waitUnlessLasting(`${identifier} is available`, probe);
    const outputs = { instance: identifier, endpoint: host, port, pointTime: restoreTime };
    return {
      status: 'done',
      outputs,
      evidence: [
        { what: `${identifier} is available and accepts writes at ${host}:${port}`, data: outputs },
        ...(instance.MultiAZ === target.multiAz
          ? []
          : [{ what: `${identifier} is not Multi-AZ yet, as the plan wants; RDS adds the standby later` }]),
      ],
    };
  },

  async undo(context, { target }, baseline) {
    return removeInstance(context, target.region, baselineSchema.parse(baseline).instance);
  },
});

function neverAppeared(identifier: string, region: string): Reason {
  return {
    what: `${identifier} was asked for, but RDS does not know it in ${region}`,
    mend: 'Look at the events of RDS and CloudTrail in that region for the reason, then retry the step.',
  };
}

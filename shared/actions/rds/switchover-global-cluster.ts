import { RDSClient, SwitchoverGlobalClusterCommand } from '@aws-sdk/client-rds';
import * as z from 'zod';
import {
  globalBaselineSchema,
  globalParameters,
  globalPermissions,
  lagEvidence,
  measureLag,
  operationUnderWay,
  proveWriter,
  readGlobalState,
  reasonsAgainstTarget,
} from '../../aws/aurora-global.ts';
import { isNamed, isUnreachable, request } from '../../aws/aws-errors.ts';
import { readCluster } from '../../aws/rds-cluster-reader.ts';
import { rdsDurations } from '../../aws/rds-durations.ts';
import { RefusedError } from '../../errors.ts';
import { durationSchema, formatDuration } from '../../plan/duration.ts';
import { type ActionContext, defineAction, type Observation, type Reason } from '../contract.ts';

const parameters = z.strictObject({
  ...globalParameters,
  maxLag: durationSchema
    .optional()
    .describe('Refuse above this replication lag: writes stand still until the secondary has caught up'),
});
type Parameters = z.output<typeof parameters>;

/** A switchover that Aurora does not begin within this time was not accepted. */
const beginsWithinSeconds = 300;

/**
 * Gives the role of the writer to the other region while both work: Aurora stops writes, waits until the secondary has
 * everything, and changes the roles. Nothing is lost. Done means that the target is the primary of the global database
 * and that a write at its endpoint succeeds.
 */
export const action = defineAction({
  kind: 'rds.switchover-global-cluster',
  summary: 'Moves the writer of an Aurora Global Database to the other region, without loss',
  parameters,
  components: { global: 'aurora-global-cluster', to: 'rds-cluster', from: 'rds-cluster' },
  outputs: {
    writer: 'identifier of the cluster that writes now',
    endpoint: 'its host name',
    port: 'its port',
    lossSeconds: 'seconds of commits lost: 0',
  },
  // Users of the primary are interrupted, so a drill goes no further than the checks.
  drill: 'prepare-only',
  mutates: true,
  typical: rdsDurations.globalSwitchover,
  failureModes: [
    'The primary region does not answer; only a failover helps then',
    'The members have engine versions that do not fit',
    'The secondary has no DB instance, so nobody can connect to it',
    'The lag is large, and writes stand still as long',
    'Clients keep the endpoint of the old primary instead of the global writer endpoint',
  ],
  permissions: all => globalPermissions('rds:SwitchoverGlobalCluster', all),

  async prepare(context, all) {
    const { to, from, maxLag } = all;
    try {
      const state = await readGlobalState(context, from.region, all);
      if ('reasons' in state) return { status: 'refused', reasons: state.reasons, evidence: [] };
      const [target, lag] = await Promise.all([
        readCluster(context.aws, to.region, to.identifier),
        measureLag(context, to, from, context.clock.now()),
      ]);
      const baseline = {
        targetArn: state.to.DBClusterArn ?? '',
        sourceArn: state.from.DBClusterArn ?? '',
        lag: lag ?? null,
      };
      const proof = await proveWriter(context, to, state.to);
      if ('endpoint' in proof && operationUnderWay(state.cluster) === undefined) {
        const what = `${to.identifier} is the primary of ${all.global.identifier} already and accepts writes`;
        const outputs = { writer: to.identifier, ...proof, lossSeconds: 0 };
        return { status: 'already-done', baseline, outputs, evidence: [{ what }] };
      }
      // Moved by an earlier attempt: what is left is the proof, and observe waits for it.
      if (state.to.IsWriter === true && 'note' in proof) {
        const inTheWay = reasonsAgainstTarget(to, target);
        const evidence = [{ what: proof.note }];
        if (inTheWay.length > 0) return { status: 'refused', reasons: inTheWay, evidence };
        return { status: 'ready', baseline, evidence };
      }
      const reasons = [
        ...reasonsAgainstTarget(to, target),
        ...(state.from.IsWriter === true ? [] : [notTheWriter(from, to)]),
        ...(state.to.SynchronizationStatus === 'pending-resync' ? [notConnected(to)] : []),
        ...(maxLag !== undefined && (lag === undefined || lag.lagMs > maxLag * 1000)
          ? [tooFarBehind(to, maxLag, lag?.lagMs)]
          : []),
      ];
      const evidence = [lagEvidence(to, lag)];
      if (reasons.length > 0) return { status: 'refused', reasons, evidence };
      return { status: 'ready', baseline, evidence };
    } catch (error) {
      if (!isUnreachable(error)) throw error;
      return { status: 'refused', reasons: [primarySilent(from, error)], evidence: [] };
    }
  },

  async act(context, all, baseline) {
    await switchTo(context, all, globalBaselineSchema.parse(baseline).targetArn, all.from.region);
  },

  async observe(context, all) {
    return observeSwitch(context, all);
  },

  async undo(context, all, baseline) {
    const { sourceArn } = globalBaselineSchema.parse(baseline);
    const back = { ...all, to: all.from, from: all.to };
    const state = await readGlobalState(context, all.to.region, back);
    if ('reasons' in state) return { status: 'failed', reasons: state.reasons, evidence: [] };
    const busy = operationUnderWay(state.cluster);
    if (busy) return { status: 'pending', note: `${all.global.identifier} is ${busy}` };
    if (state.to.IsWriter !== true) {
      await switchTo(context, back, sourceArn, all.to.region);
      return { status: 'pending', note: `${all.from.identifier} takes over again` };
    }
    return observeSwitch(context, back);
  },
});

/** Asks for the switchover in the region of the present primary, where Aurora takes it. */
async function switchTo(
  context: ActionContext,
  { global, to, from }: Parameters,
  targetArn: string,
  region: string,
): Promise<void> {
  const state = await readGlobalState(context, region, { global, to, from });
  if ('reasons' in state) throw refused(state.reasons);
  if (state.to.IsWriter === true || operationUnderWay(state.cluster) !== undefined) return;
  await context.changed({
    call: 'rds.SwitchoverGlobalCluster',
    region,
    resource: global.identifier,
    what: `The writer moves from ${from.identifier} (${from.region}) to ${to.identifier} (${to.region})`,
  });
  try {
    await request({ call: 'rds.SwitchoverGlobalCluster', region }, () =>
      context.aws.client(RDSClient, region).send(
        new SwitchoverGlobalClusterCommand({
          GlobalClusterIdentifier: global.identifier,
          TargetDbClusterIdentifier: targetArn,
        }),
      ),
    );
  } catch (error) {
    // Most likely an earlier request whose reply was lost has begun it; if not, observe says so after a while.
    if (!isNamed(error, 'InvalidGlobalClusterStateFault', 'InvalidDBClusterStateFault')) throw error;
  }
}

async function observeSwitch(context: ActionContext, all: Parameters): Promise<Observation> {
  const { global, to } = all;
  const state = await readGlobalState(context, to.region, all);
  if ('reasons' in state) return { status: 'failed', reasons: state.reasons, evidence: [] };
  const busy = operationUnderWay(state.cluster);
  if (busy) return { status: 'pending', note: `${global.identifier} is ${busy}` };
  if (state.to.IsWriter !== true && context.elapsedSeconds > beginsWithinSeconds) {
    return { status: 'failed', reasons: [cancelled(all)], evidence: [] };
  }
  const proof = await proveWriter(context, to, state.to);
  if ('note' in proof) return { status: 'pending', note: proof.note };
  const outputs = { writer: to.identifier, ...proof, lossSeconds: 0 };
  const what = `${to.identifier} in ${to.region} is the primary of ${global.identifier} and accepts writes at ${proof.endpoint}; a switchover loses nothing`;
  return { status: 'done', outputs, evidence: [{ what, data: outputs }] };
}

type Cluster = Parameters['to'];

function notTheWriter(from: Cluster, to: Cluster): Reason {
  return {
    what: `${from.identifier} is not the primary of the global database, so nothing can be moved from it to ${to.identifier}`,
    mend: 'Look who writes: aws rds describe-global-clusters. The step may be the wrong way round.',
  };
}

function notConnected({ identifier }: Cluster): Reason {
  return {
    what: `Replication to ${identifier} is broken (pending-resync), so a switchover can't be without loss`,
    mend: 'Wait until Aurora has synchronized it again, or remove and add the secondary.',
  };
}

function tooFarBehind({ identifier }: Cluster, maxLag: number, lagMs: number | undefined): Reason {
  const known = lagMs === undefined ? 'an unknown time' : `${lagMs} ms`;
  return {
    what: `${identifier} lies ${known} behind, and at most ${formatDuration(maxLag)} are allowed`,
    mend: 'Wait until there is less to write, then retry; or raise maxLag: writes stand still that long.',
  };
}

function primarySilent({ region, identifier }: Cluster, error: unknown): Reason {
  const why = error instanceof Error ? error.message : 'no answer';
  return {
    what: `RDS in ${region} does not answer for ${identifier}, and a switchover needs both regions (${why})`,
    mend: 'Use rds.failover-global-cluster if the region is lost: it may lose the last commits.',
  };
}

function cancelled({ global, to }: Parameters): Reason {
  return {
    what: `Aurora has not moved the writer of ${global.identifier} to ${to.identifier} after ${beginsWithinSeconds} s and is not doing so`,
    mend: 'Look at the events of both clusters (RDS-EVENT-0187 says why a switchover failed) and whether their engine versions are the same, then retry.',
  };
}

function refused(reasons: readonly Reason[]): RefusedError {
  return new RefusedError(reasons.map(({ what }) => what).join(' '), {
    reasons: reasons.map(({ what }) => what),
    nextStep: reasons.map(({ mend }) => mend).join(' '),
  });
}

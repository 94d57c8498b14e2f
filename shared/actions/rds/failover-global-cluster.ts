import { FailoverGlobalClusterCommand, RDSClient } from '@aws-sdk/client-rds';
import * as z from 'zod';
import {
  globalBaselineSchema,
  globalParameters,
  globalPermissions,
  type Lag,
  lagEvidence,
  measureLag,
  operationUnderWay,
  probeCluster,
  proveWriter,
  readGlobalState,
  reasonsAgainstTarget,
} from '../../aws/aurora-global.ts';
import { isNamed, isUnreachable, request } from '../../aws/aws-errors.ts';
import { readCluster } from '../../aws/rds-cluster-reader.ts';
import { rdsDurations } from '../../aws/rds-durations.ts';
import { durationSchema, formatDuration } from '../../plan/duration.ts';
import { type ActionContext, defineAction, type Evidence, type Reason } from '../contract.ts';
import { dataLoss } from '../risks.ts';

const parameters = z.strictObject({
  ...globalParameters,
  maxLoss: durationSchema.describe('Commits that may be lost: the RPO. More needs an accepted risk'),
  acceptedRisks: z.array(z.string()).default([]),
});
type Parameters = z.output<typeof parameters>;
type Cluster = Parameters['to'];

const beginsWithinSeconds = 300;

/**
 * Makes the secondary of an Aurora Global Database the primary while the old primary's region is lost, and accepts the
 * loss of what had not arrived. How much that is at most is measured before: above `maxLoss`, or when it is not known,
 * a named person has to have accepted it. Done means the role and a write, as for a switchover.
 */
export const action = defineAction({
  kind: 'rds.failover-global-cluster',
  summary: 'Makes the secondary of an Aurora Global Database the primary; the last commits may be lost',
  parameters,
  components: { global: 'aurora-global-cluster', to: 'rds-cluster', from: 'rds-cluster' },
  outputs: {
    writer: 'identifier of the cluster that writes now',
    endpoint: 'its host name',
    port: 'its port',
    lossSeconds: 'seconds of commits that are lost at most; -1 if nobody knows',
    measuredAt: 'when the replication lag was last measured, ISO-8601 UTC; empty if never',
  },
  drill: 'prepare-only',
  mutates: true,
  typical: rdsDurations.globalFailover,
  failureModes: [
    'The old primary goes on writing for its own users: Aurora fences it as best it can, which is no proof',
    'The members have engine versions that do not fit, so that only a manual failover is possible',
    'The secondary has no DB instance, so nobody can connect to it',
    'What was committed in the old region after the cut is missing; a snapshot rds:unplanned-global-failover-… may hold it',
  ],
  permissions: all => globalPermissions('rds:FailoverGlobalCluster', all),

  async prepare(context, all) {
    const { to, from } = all;
    const state = await readGlobalState(context, to.region, all);
    if ('reasons' in state) return { status: 'refused', reasons: state.reasons, evidence: [] };
    const outageAt = new Date(Date.parse(context.run.outageStartedAt));
    const [target, lag, source] = await Promise.all([
      readCluster(context.aws, to.region, to.identifier),
      measureLag(context, to, from, outageAt),
      lookAtSource(context, from),
    ]);
    const baseline = {
      targetArn: state.to.DBClusterArn ?? '',
      sourceArn: state.from.DBClusterArn ?? '',
      lag: lag ?? null,
    };
    const proof = await proveWriter(context, to, state.to);
    if ('endpoint' in proof && operationUnderWay(state.cluster) === undefined) {
      const what = `${to.identifier} is the primary of ${all.global.identifier} already and accepts writes`;
      return {
        status: 'already-done',
        baseline,
        outputs: outputsOf(to, proof, lag),
        evidence: [{ what }],
      };
    }
    // Moved by an earlier attempt: what is left is the proof, and observe waits for it.
    if (state.to.IsWriter === true && 'note' in proof) {
      const inTheWay = reasonsAgainstTarget(to, target);
      const evidence = [{ what: proof.note }];
      if (inTheWay.length > 0) return { status: 'refused', reasons: inTheWay, evidence };
      return { status: 'ready', baseline, evidence };
    }
    const evidence = [lagEvidence(to, lag), source.evidence];
    const reasons = [
      ...reasonsAgainstTarget(to, target),
      ...(source.writes && context.run.mode === 'recover' ? [wellAlready(from)] : []),
      ...lossReasons(all, lag),
    ];
    if (reasons.length > 0) return { status: 'refused', reasons, evidence };
    return { status: 'ready', baseline, evidence };
  },

  async act(context, all, baseline) {
    const { global, to, from } = all;
    const { targetArn, lag } = globalBaselineSchema.parse(baseline);
    const state = await readGlobalState(context, to.region, all);
    const begun = 'to' in state && (state.to.IsWriter === true || operationUnderWay(state.cluster));
    if (begun) return;
    const loss = lag
      ? `at most ${formatDuration(lag.lossSeconds)} of commits are lost`
      : 'the loss is unknown';
    await context.changed({
      call: 'rds.FailoverGlobalCluster',
      region: to.region,
      resource: global.identifier,
      what: `${to.identifier} (${to.region}) takes over from ${from.identifier} (${from.region}); ${loss}`,
    });
    try {
      await request({ call: 'rds.FailoverGlobalCluster', region: to.region }, () =>
        context.aws.client(RDSClient, to.region).send(
          new FailoverGlobalClusterCommand({
            GlobalClusterIdentifier: global.identifier,
            TargetDbClusterIdentifier: targetArn,
            AllowDataLoss: true,
          }),
        ),
      );
    } catch (error) {
      // Most likely an earlier request whose reply was lost has begun it; if not, observe says so after a while.
      if (!isNamed(error, 'InvalidGlobalClusterStateFault', 'InvalidDBClusterStateFault')) throw error;
    }
  },

  async observe(context, all, baseline) {
    const { global, to } = all;
    const { lag } = globalBaselineSchema.parse(baseline);
    const state = await readGlobalState(context, to.region, all);
    if ('reasons' in state) return { status: 'failed', reasons: state.reasons, evidence: [] };
    const busy = operationUnderWay(state.cluster);
    if (busy) return { status: 'pending', note: `${global.identifier} is ${busy}` };
    if (state.to.IsWriter !== true && context.elapsedSeconds > beginsWithinSeconds) {
      return { status: 'failed', reasons: [cancelled(all)], evidence: [] };
    }
    const proof = await proveWriter(context, to, state.to);
    if ('note' in proof) return { status: 'pending', note: proof.note };
    const outputs = outputsOf(to, proof, lag ?? undefined);
    const what = `${to.identifier} in ${to.region} is the primary of ${global.identifier} and accepts writes at ${proof.endpoint}`;
    return {
      status: 'done',
      outputs,
      evidence: [{ what, data: outputs }, lagEvidence(to, lag ?? undefined)],
    };
  },
});

/** Whether the old primary still writes. A region that does not answer is what this action is for. */
async function lookAtSource(
  context: ActionContext,
  from: Cluster,
): Promise<{ writes: boolean; evidence: Evidence }> {
  const where = `${from.identifier} in ${from.region}`;
  try {
    const cluster = await readCluster(context.aws, from.region, from.identifier);
    if (cluster === undefined) return { writes: false, evidence: { what: `${where} does not exist` } };
    const probe = await probeCluster(context, from, cluster);
    return probe.ok
      ? { writes: true, evidence: { what: `${where} is ${cluster.Status} and accepts writes` } }
      : { writes: false, evidence: { what: `${where} is ${cluster.Status}, but ${probe.why}` } };
  } catch (error) {
    if (!isUnreachable(error)) throw error;
    return {
      writes: false,
      evidence: { what: `${where} does not answer. That does not prove that it writes no more` },
    };
  }
}

function lossReasons({ to, maxLoss, acceptedRisks }: Parameters, lag: Lag | undefined): Reason[] {
  if (acceptedRisks.includes(dataLoss)) return [];
  const mend = `Have a named person accept the risk "${dataLoss}" in a people.approval before this step, then retry.`;
  if (lag === undefined) {
    return [
      { what: `Nobody knows how much ${to.identifier} is missing: CloudWatch has no replication lag`, mend },
    ];
  }
  if (lag.lossSeconds <= maxLoss) return [];
  const loss = formatDuration(lag.lossSeconds);
  return [
    {
      what: `Up to ${loss} of commits would be lost, and the plan allows ${formatDuration(maxLoss)} (lag ${lag.lagMs} ms, measured at ${lag.measuredAt})`,
      mend,
    },
  ];
}

function outputsOf(to: Cluster, proof: { endpoint: string; port: number }, lag: Lag | undefined) {
  return {
    writer: to.identifier,
    ...proof,
    lossSeconds: lag?.lossSeconds ?? -1,
    measuredAt: lag?.measuredAt ?? '',
  };
}

function wellAlready({ identifier, region }: Cluster): Reason {
  return {
    what: `${identifier} in ${region} still accepts writes; a failover would throw commits away for nothing`,
    mend: 'Use rds.switchover-global-cluster, which loses nothing, or look at the application and its network.',
  };
}

function cancelled({ global, to }: Parameters): Reason {
  return {
    what: `Aurora has not made ${to.identifier} the primary of ${global.identifier} after ${beginsWithinSeconds} s and is not doing so`,
    mend: 'Look at the events of the cluster (RDS-EVENT-0239 says why a failover failed). If engine versions differ, fail over by hand: aws rds remove-from-global-cluster makes the secondary a cluster of its own.',
  };
}

import * as z from 'zod';
import { lookForPause } from '../aws/commit-pause.ts';
import {
  beingChanged,
  differentVersions,
  type GlobalService,
  globalBaselineSchema,
  type Lag,
  lagEvidence,
  type Member,
  type Move,
  operationUnderWay,
  type Proof,
  readGlobalState,
  reasonsAgainstTarget,
  type Source,
} from '../aws/global-clusters.ts';
import type { JsonObject } from '../json.ts';
import { durationSchema, formatDuration } from '../plan/duration.ts';
import type { ActionContext, Observation, Preparation, Reason } from './contract.ts';
import { changeRoles, lookAround, movedElsewhere, observeMove } from './global-move.ts';
import { dataLoss, unfencedWriter } from './risks.ts';

/** What `<family>.failover-global-cluster` does, for each service that has global clusters. */

type Parameters<M extends Member> = Move<M> & { maxLoss: number; acceptedRisks: string[] };

export const lossParameters = {
  maxLoss: durationSchema.describe('Commits that may be lost: the RPO. More needs an accepted risk'),
  acceptedRisks: z.array(z.string()).default([]),
};

export const failoverOutputs = {
  writer: 'identifier of the cluster that writes now',
  endpoint: 'its host name',
  port: 'its port',
  lossSeconds: 'seconds of commits that are lost at most; -1 if nobody knows',
  measuredAt: 'when the replication lag was last measured, ISO-8601 UTC; empty if never',
};

/** prepare, act and observe of a failover. What it has thrown away nothing brings back, so there is no undo. */
export function failover<M extends Member>(service: GlobalService<M>) {
  return {
    prepare: (context: ActionContext, all: Parameters<M>) => prepareFailover(service, context, all),
    act: (context: ActionContext, all: Parameters<M>, baseline: JsonObject) =>
      failOver(service, context, all, baseline),
    async observe(context: ActionContext, all: Parameters<M>, baseline: JsonObject): Promise<Observation> {
      const { global, to } = all;
      const lag = globalBaselineSchema.parse(baseline).lag ?? undefined;
      const notYet = (seconds: number) => notBegun(service, all, seconds);
      const seen = await observeMove(service, context, all, baseline, notYet);
      if ('status' in seen) return seen;
      const outputs = outputsOf(to, seen, lag);
      const what = `${to.identifier} in ${to.region} is the primary of ${global.identifier}, and ${seen.shown}`;
      return { status: 'done', outputs, evidence: [{ what, data: outputs }, lagEvidence(to, lag)] };
    },
  };
}

async function prepareFailover<M extends Member>(
  service: GlobalService<M>,
  context: ActionContext,
  all: Parameters<M>,
): Promise<Preparation> {
  const { to, from } = all;
  const outputs = (proof: Proof, lag: Lag | undefined) => outputsOf(to, proof, lag);
  const cutAt = new Date(Date.parse(context.run.outageStartedAt));
  const [found, source] = await Promise.all([
    lookAround(service, context, all, { region: to.region, cutAt, outputs }),
    service.lookAtSource(context, from),
  ]);
  if ('status' in found) return found;
  const { state, target, lag, baseline } = found;
  const pause = await lookForPause(service, context, to, target);
  const begun = operationUnderWay(state.cluster) !== undefined;
  const reasons = [
    ...movedElsewhere(state, all),
    ...(await reasonsAgainstTarget(service, context, to, target)),
    ...(begun ? [] : beingChanged(to, target)),
    ...differentVersions(service, all, target?.EngineVersion, source.version),
    ...(context.run.mode === 'recover' && !begun ? writerReasons(service, all, source) : []),
    ...lossReasons(all, lag),
    ...(pause.pauses && context.run.mode !== 'recover' ? [wouldStandStill(to)] : []),
  ];
  const evidence = [lagEvidence(to, lag), source.evidence, ...pause.evidence];
  if (reasons.length > 0) return { status: 'refused', reasons, evidence };
  return { status: 'ready', baseline, evidence };
}

async function failOver<M extends Member>(
  service: GlobalService<M>,
  context: ActionContext,
  move: Move<M>,
  baseline: JsonObject,
): Promise<void> {
  const { global, to, from } = move;
  const { targetArn, lag } = globalBaselineSchema.parse(baseline);
  const state = await readGlobalState(service, context, to.region, move);
  const begun = 'to' in state && (state.to.IsWriter === true || operationUnderWay(state.cluster));
  if (begun) return;
  const loss = lag ? `at most ${formatDuration(lag.lossSeconds)} of commits are lost` : 'the loss is unknown';
  const call = 'rds.FailoverGlobalCluster';
  await context.changed({
    call,
    region: to.region,
    resource: global.identifier,
    what: `${to.identifier} (${to.region}) takes over from ${from.identifier} (${from.region}); ${loss}`,
  });
  const wanted = { GlobalClusterIdentifier: global.identifier, TargetDbClusterIdentifier: targetArn };
  await changeRoles(context, call, to.region, () => service.failover(context.aws, to.region, wanted));
}

function lossReasons({ to, maxLoss, acceptedRisks }: Parameters<Member>, lag: Lag | undefined): Reason[] {
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

/**
 * Why an old primary that writes stands against a failover. Where a write was made there, nobody may accept to throw
 * such writes away; where all that can be asked says so and no more, a named person may know better.
 */
function writerReasons<M extends Member>(
  { family }: GlobalService<M>,
  { from, acceptedRisks }: Parameters<M>,
  { writes }: Source,
): Reason[] {
  const { identifier, region } = from;
  const instead = `Use ${family}.switchover-global-cluster, which loses nothing, or look at the application and its network.`;
  if (writes === 'surely') {
    const what = `${identifier} in ${region} still accepts writes; a failover would throw commits away for nothing`;
    return [{ what, mend: instead }];
  }
  if (writes === 'no' || acceptedRisks.includes(unfencedWriter)) return [];
  return [
    {
      what: `${identifier} in ${region} and its writer instance are available, so it seems to take writes still; a failover would throw them away`,
      mend: `${instead} Where it is known to take none, have a named person accept the risk "${unfencedWriter}" in a people.approval before this step, then retry.`,
    },
  ];
}

/**
 * Told while there is time to mend it. In an outage the old region is lost either way, and the evidence says what to do.
 */
function wouldStandStill({ identifier }: Member): Reason {
  return {
    what: `After a failover ${identifier} may let no write commit: its parameter group wants a secondary that keeps up, and there is none then`,
    mend: 'Leave the parameter at its default in the region that stands by; the evidence names it, and the command that resets it.',
  };
}

function outputsOf({ identifier }: Member, { endpoint, port }: Proof, lag: Lag | undefined) {
  return {
    writer: identifier,
    endpoint,
    port,
    lossSeconds: lag?.lossSeconds ?? -1,
    measuredAt: lag?.measuredAt ?? '',
  };
}

function notBegun<M extends Member>(
  { family, name }: GlobalService<M>,
  { global, to }: Move<M>,
  seconds: number,
): Reason {
  return {
    what: `${name} has not made ${to.identifier} the primary of ${global.identifier} after ${seconds} s and is not doing so`,
    mend: `Look at the events of the cluster (RDS-EVENT-0239 says why a failover failed). If engine versions differ, fail over by hand: aws ${family} remove-from-global-cluster makes the secondary a cluster of its own.`,
  };
}

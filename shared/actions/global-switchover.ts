import { isUnreachable } from '../aws/aws-errors.ts';
import {
  beingChanged,
  differentVersions,
  type GlobalService,
  globalBaselineSchema,
  lagEvidence,
  type Member,
  type Move,
  operationUnderWay,
  type Proof,
  readGlobalState,
  reasonsAgainstSource,
  reasonsAgainstTarget,
} from '../aws/global-clusters.ts';
import { RefusedError } from '../errors.ts';
import type { JsonObject } from '../json.ts';
import { durationSchema, formatDuration } from '../plan/duration.ts';
import type { ActionContext, Observation, Preparation, Reason } from './contract.ts';
import { changeRoles, lookAround, movedElsewhere, observeMove } from './global-move.ts';

/** What `<family>.switchover-global-cluster` does, for each service that has global clusters. */

type Parameters<M extends Member> = Move<M> & { maxLag?: number | undefined };

export const maxLagParameter = durationSchema
  .optional()
  .describe('Refuse above this replication lag: writes stand still until the secondary has caught up');

export const switchoverOutputs = {
  writer: 'identifier of the cluster that writes now',
  endpoint: 'its host name',
  port: 'its port',
  lossSeconds: 'seconds of commits lost: 0',
};

/** prepare, act, observe and undo of a switchover. */
export function switchover<M extends Member>(service: GlobalService<M>) {
  return {
    async prepare(context: ActionContext, all: Parameters<M>): Promise<Preparation> {
      // One request without an answer says nothing of a region yet.
      for (let attempt = 1; ; attempt++) {
        try {
          return await prepareSwitchover(service, context, all);
        } catch (error) {
          if (!isUnreachable(error)) throw error;
          if (attempt < 2) continue;
          return { status: 'refused', reasons: [silent(service, all, error)], evidence: [] };
        }
      }
    },
    async act(context: ActionContext, all: Parameters<M>, baseline: JsonObject): Promise<void> {
      await switchTo(service, context, all, globalBaselineSchema.parse(baseline).targetArn, all.from.region);
    },
    observe: (context: ActionContext, all: Parameters<M>, baseline: JsonObject) =>
      observeSwitch(service, context, all, baseline),
    async undo(context: ActionContext, all: Parameters<M>, baseline: JsonObject): Promise<Observation> {
      const { sourceArn } = globalBaselineSchema.parse(baseline);
      const back = { ...all, to: all.from, from: all.to };
      const state = await readGlobalState(service, context, all.to.region, back);
      if ('reasons' in state) return { status: 'failed', reasons: state.reasons, evidence: [] };
      const busy = operationUnderWay(state.cluster);
      if (busy) return { status: 'pending', note: `${all.global.identifier} is ${busy}` };
      if (state.to.IsWriter !== true) {
        await switchTo(service, context, back, sourceArn, all.to.region);
        return { status: 'pending', note: `${all.from.identifier} takes over again` };
      }
      return observeSwitch(service, context, back, baseline);
    },
  };
}

async function prepareSwitchover<M extends Member>(
  service: GlobalService<M>,
  context: ActionContext,
  all: Parameters<M>,
): Promise<Preparation> {
  const { to, from, maxLag } = all;
  const outputs = (proof: Proof) => outputsOf(to, proof);
  const asked = { region: from.region, cutAt: context.clock.now(), outputs };
  const found = await lookAround(service, context, all, asked);
  if ('status' in found) return found;
  const { state, target, lag, baseline } = found;
  const source = await service.readCluster(context.aws, from.region, from.identifier);
  const begun = operationUnderWay(state.cluster) !== undefined;
  const reasons = [
    ...movedElsewhere(state, all),
    ...(await reasonsAgainstTarget(service, context, to, target)),
    ...reasonsAgainstSource(from, source),
    ...(begun ? [] : [...beingChanged(to, target), ...beingChanged(from, source)]),
    ...differentVersions(service, all, target?.EngineVersion, source?.EngineVersion),
    ...(state.from?.IsWriter === true ? [] : [notTheWriter(service, from, to)]),
    ...(state.to.SynchronizationStatus === 'pending-resync' ? [notConnected(service, to)] : []),
    ...(maxLag !== undefined && (lag === undefined || lag.lagMs > maxLag * 1000)
      ? [tooFarBehind(to, maxLag, lag?.lagMs)]
      : []),
  ];
  const evidence = [lagEvidence(to, lag)];
  if (reasons.length > 0) return { status: 'refused', reasons, evidence };
  return { status: 'ready', baseline, evidence };
}

/** Asks for the switchover in the region of the present primary, where AWS takes it. */
async function switchTo<M extends Member>(
  service: GlobalService<M>,
  context: ActionContext,
  move: Move<M>,
  targetArn: string,
  region: string,
): Promise<void> {
  const { global, to, from } = move;
  const state = await readGlobalState(service, context, region, move);
  if ('reasons' in state) throw refused(state.reasons);
  if (state.to.IsWriter === true || operationUnderWay(state.cluster) !== undefined) return;
  const call = 'rds.SwitchoverGlobalCluster';
  await context.changed({
    call,
    region,
    resource: global.identifier,
    what: `The writer moves from ${from.identifier} (${from.region}) to ${to.identifier} (${to.region})`,
  });
  const wanted = { GlobalClusterIdentifier: global.identifier, TargetDbClusterIdentifier: targetArn };
  await changeRoles(context, call, region, () => service.switchover(context.aws, region, wanted));
}

async function observeSwitch<M extends Member>(
  service: GlobalService<M>,
  context: ActionContext,
  all: Move<M>,
  baseline: JsonObject,
): Promise<Observation> {
  const { global, to } = all;
  const seen = await observeMove(service, context, all, baseline, seconds => notBegun(service, all, seconds));
  if ('status' in seen) return seen;
  const outputs = outputsOf(to, seen);
  const what = `${to.identifier} in ${to.region} is the primary of ${global.identifier}, and ${seen.shown}`;
  const lost = { what: 'Nothing is lost: a switchover waits until the secondary has everything' };
  return { status: 'done', outputs, evidence: [{ what, data: outputs }, lost] };
}

const outputsOf = ({ identifier }: Member, { endpoint, port }: Proof) => ({
  writer: identifier,
  endpoint,
  port,
  lossSeconds: 0,
});

function notTheWriter<M extends Member>({ family }: GlobalService<M>, from: M, to: M): Reason {
  return {
    what: `${from.identifier} is not the primary of the global database, so nothing can be moved from it to ${to.identifier}`,
    mend: `Look who writes: aws ${family} describe-global-clusters. The step may be the wrong way round.`,
  };
}

function notConnected<M extends Member>({ name }: GlobalService<M>, { identifier }: M): Reason {
  return {
    what: `Replication to ${identifier} is broken (pending-resync), so a switchover can't be without loss`,
    mend: `Wait until ${name} has synchronized it again, or remove and add the secondary.`,
  };
}

function tooFarBehind({ identifier }: Member, maxLag: number, lagMs: number | undefined): Reason {
  const known = lagMs === undefined ? 'an unknown time' : `${lagMs} ms`;
  return {
    what: `${identifier} lies ${known} behind, and at most ${formatDuration(maxLag)} are allowed`,
    mend: 'Wait until there is less to write, then retry; or raise maxLag: writes stand still that long.',
  };
}

function silent<M extends Member>(
  { family, name }: GlobalService<M>,
  { from, to }: Move<M>,
  error: unknown,
): Reason {
  const why = error instanceof Error ? error.message : 'no answer';
  return {
    what: `A switchover needs ${name} in both regions, ${from.region} and ${to.region}, and one of them does not answer: ${why}`,
    mend: `Use ${family}.failover-global-cluster if the region is lost: it may lose the last commits.`,
  };
}

function notBegun<M extends Member>(
  { name }: GlobalService<M>,
  { global, to }: Move<M>,
  seconds: number,
): Reason {
  return {
    what: `${name} has not moved the writer of ${global.identifier} to ${to.identifier} after ${seconds} s and is not doing so`,
    mend: 'Look at the events of both clusters (RDS-EVENT-0187 says why a switchover failed), whether their engine versions are the same and whether maintenance is pending for one of them, then retry.',
  };
}

function refused(reasons: readonly Reason[]): RefusedError {
  return new RefusedError(reasons.map(({ what }) => what).join(' '), {
    reasons: reasons.map(({ what }) => what),
    nextStep: reasons.map(({ mend }) => mend).join(' '),
  });
}

import { isNamed, request } from '../aws/aws-errors.ts';
import {
  type GlobalService,
  type GlobalState,
  globalBaselineSchema,
  type Lag,
  type Member,
  type Move,
  measureLag,
  noMember,
  operationUnderWay,
  type Proof,
  proveWriter,
  readGlobalState,
  reasonsAgainstTarget,
  type ShownCluster,
} from '../aws/global-clusters.ts';
import type { JsonObject } from '../json.ts';
import type { ActionContext, Observation, Preparation, Reason } from './contract.ts';
import { fail, pending } from './outcomes.ts';

/** What a switchover and a failover of a global cluster have in common. */

/** A change of roles that has not begun within this time was not accepted. */
export const beginsWithinSeconds = 300;
/** The same where AWS said so: an answer may still be about an earlier request, which reads show after a while. */
const answeredWithinSeconds = 60;

export type Found = {
  state: GlobalState;
  target: ShownCluster | undefined;
  lag: Lag | undefined;
  baseline: { targetArn: string; sourceArn: string; lag: Lag | null };
};

/**
 * Reads what there is before roles are changed; `region` is where the global cluster is asked about. An answer is given
 * here where nothing is left to decide: it is done already, or moved by an earlier attempt, so that only the proof is
 * left.
 */
export async function lookAround<M extends Member>(
  service: GlobalService<M>,
  context: ActionContext,
  move: Move<M>,
  asked: { region: string; cutAt: Date; outputs(proof: Proof, lag: Lag | undefined): JsonObject },
): Promise<Found | Preparation> {
  const { to, global } = move;
  const state = await readGlobalState(service, context, asked.region, move);
  if ('reasons' in state) return { status: 'refused', reasons: state.reasons, evidence: [] };
  const [target, lag] = await Promise.all([
    service.readCluster(context.aws, to.region, to.identifier),
    measureLag(service, context, move, asked.cutAt),
  ]);
  const baseline = {
    targetArn: state.to.DBClusterArn ?? '',
    sourceArn: state.from?.DBClusterArn ?? '',
    lag: lag ?? null,
  };
  const proof = await proveWriter(service, context, to, state.to);
  if ('endpoint' in proof && operationUnderWay(state.cluster) === undefined) {
    const what = `${to.identifier} is the primary of ${global.identifier} already, and ${proof.shown}`;
    return { status: 'already-done', baseline, outputs: asked.outputs(proof, lag), evidence: [{ what }] };
  }
  if (state.to.IsWriter === true && 'note' in proof) {
    const inTheWay = await reasonsAgainstTarget(service, context, to, target);
    const evidence = [{ what: proof.note }];
    if (inTheWay.length > 0) return { status: 'refused', reasons: inTheWay, evidence };
    return { status: 'ready', baseline, evidence };
  }
  if (state.from === undefined) return refused(noMember(global, move.from));
  return { state, target, lag, baseline };
}

const refused = (reason: Reason): Preparation => ({ status: 'refused', reasons: [reason], evidence: [] });

/** Why a change of roles makes no sense, whatever AWS says: it is not between the two members of the global cluster. */
export function notBetweenMembers({ global, to, from }: Move<Member>): Reason[] {
  if (to.id === from.id) {
    const what = `${to.id} is to take over from itself`;
    return [{ what, mend: `Name the other member of ${global.id} as "from".` }];
  }
  return [to, from]
    .filter(({ id }) => id !== global.primary && id !== global.secondary)
    .map(({ id }) => ({
      what: `${id} is no member of ${global.id}, whose members are ${global.primary} and ${global.secondary}`,
      mend: 'Name a member, or the global cluster that it belongs to.',
    }));
}

/** Somebody, or another run, moves the writer now, and not to where this step wants it. */
export function movedElsewhere(state: GlobalState, { global, to }: Move<Member>): Reason[] {
  const towards = state.cluster.FailoverState?.ToDbClusterArn;
  if (operationUnderWay(state.cluster) === undefined || towards === undefined) return [];
  if (towards === state.to.DBClusterArn) return [];
  return [
    {
      what: `${global.identifier} is ${operationUnderWay(state.cluster)} already, to ${towards} and not to ${to.identifier}`,
      mend: 'Find out who moves it. Wait until it has ended, look who writes, then retry.',
    },
  ];
}

/** Sends a request that changes roles, and keeps what AWS says against it for observe. */
export async function changeRoles(
  context: ActionContext,
  call: 'rds.SwitchoverGlobalCluster' | 'rds.FailoverGlobalCluster',
  region: string,
  send: () => Promise<unknown>,
): Promise<void> {
  try {
    await request({ call, region }, send);
  } catch (error) {
    // Most likely an earlier request whose reply was lost has begun it; if not, observe says so after a while.
    if (!isNamed(error, 'InvalidGlobalClusterStateFault', 'InvalidDBClusterStateFault')) throw error;
    await context.remember({ answer: error instanceof Error ? error.message : 'refused' });
  }
}

/** Waits until the target writes, and until then says what is missing; or why it will not. */
export async function observeMove<M extends Member>(
  service: GlobalService<M>,
  context: ActionContext,
  move: Move<M>,
  baseline: JsonObject,
  notBegun: (seconds: number) => Reason,
): Promise<Proof | Observation> {
  const { global, to } = move;
  const state = await readGlobalState(service, context, to.region, move);
  if ('reasons' in state) return { status: 'failed', reasons: state.reasons, evidence: [] };
  const busy = operationUnderWay(state.cluster);
  if (busy) return { status: 'pending', note: `${global.identifier} is ${busy}` };
  const { answer } = globalBaselineSchema.parse(baseline);
  const within = answer === undefined ? beginsWithinSeconds : answeredWithinSeconds;
  if (state.to.IsWriter !== true && context.elapsedSeconds > within) {
    const evidence = answer === undefined ? [] : [{ what: `${service.name} answered: ${answer}` }];
    return { status: 'failed', reasons: [notBegun(within)], evidence };
  }
  const proof = await proveWriter(service, context, to, state.to);
  if ('endpoint' in proof) return proof;
  return proof.mend === undefined ? pending(proof.note) : fail(proof.note, proof.mend);
}

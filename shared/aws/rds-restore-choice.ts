import type { ActionContext, Evidence, Reason } from '../actions/contract.ts';
import type { ComponentOf } from '../plan/components.ts';
import { type KeyState, readKey } from './kms-keys.ts';
import type { RestorePoint } from './rds-restore-points.ts';

type Target = ComponentOf<'rds-restore-target'>;

export type RestoreChoice = { point?: RestorePoint; reasons: Reason[]; evidence: Evidence[] };

/** The newest point whose data can be read with the plan's key; evidence of the newer ones that can't be used. */
export async function chooseRestorePoint(
  context: Pick<ActionContext, 'aws'>,
  target: Target,
  points: readonly RestorePoint[],
  wantedKey: KeyState,
  noPoint: Reason,
): Promise<RestoreChoice> {
  if (points.length === 0) {
    const reasons = wantedKey.usable ? [noPoint] : [noPoint, wantedKey.reason];
    return { reasons, evidence: [] };
  }
  if (!wantedKey.usable) return { reasons: [wantedKey.reason], evidence: [] };
  const states = new Map<string, Promise<KeyState>>();
  const reasons: Reason[] = [];
  for (const point of points) {
    const key = point.kmsKey;
    const state =
      key === undefined ? undefined : (states.get(key) ?? readKey(context.aws, target.region, key));
    if (key !== undefined && state !== undefined) states.set(key, state);
    const reason = await unusable(point, target, wantedKey.arn, state);
    if (reason === undefined) {
      return { point, reasons: [], evidence: reasons.map(({ what }) => ({ what: `Passed over: ${what}` })) };
    }
    reasons.push(reason);
  }
  return { reasons: distinct(reasons), evidence: [] };
}

/** Why this point can't be restored as the plan says; a restore can't change the key or encrypt what is not. */
async function unusable(
  point: RestorePoint,
  target: Target,
  wantedArn: string,
  key: Promise<KeyState> | undefined,
): Promise<Reason | undefined> {
  const name = `the ${point.method === 'snapshot' ? 'snapshot' : 'automated backup'} ${point.from}`;
  if (!point.encrypted || key === undefined) {
    return {
      what: `${name} is not encrypted, but the plan names the key ${target.kmsKey}`,
      mend: `Copy it with aws rds copy-db-snapshot --kms-key-id ${target.kmsKey} --region ${target.region}, then retry.`,
    };
  }
  const state = await key;
  if (!state.usable) return state.reason;
  if (state.arn === wantedArn) return undefined;
  return {
    what: `${name} is encrypted with ${state.arn}, not with the plan's key ${target.kmsKey}`,
    mend: `Restoring can't change the key. Name that key in the plan's kmsKey, or copy the snapshot with the wanted key and retry.`,
  };
}

function distinct(reasons: Reason[]): Reason[] {
  return [...new Map(reasons.map(reason => [reason.what, reason])).values()];
}

/** That there is nothing to restore from, as a reason; `before`: of what is not younger than that moment. */
export function noRestorePoint(
  { sourceIdentifier, sourceRegion, region }: Target,
  before: string | undefined,
): Reason {
  const limit = before === undefined ? '' : ` that is not younger than ${before}`;
  if (region === sourceRegion) {
    return {
      what: `There is no restore point of ${sourceIdentifier} in ${region}${limit}: neither an automated backup nor a snapshot that is available`,
      mend: `Look for its backups under another identifier: aws rds describe-db-instance-automated-backups --region ${region}. Copies in another region or dumps may go back further.`,
    };
  }
  return {
    what: `There is no restore point of ${sourceIdentifier} in ${region}${limit}: neither a replicated automated backup nor a copied snapshot that is available`,
    mend: `Automated snapshots stay in their own region. If ${sourceRegion} still answers, copy the newest one: aws rds copy-db-snapshot --source-region ${sourceRegion} --region ${region}. For the next time run aws rds start-db-instance-automated-backups-replication in ${region}.`,
  };
}

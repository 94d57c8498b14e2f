import { InvalidInputError } from '../../errors.ts';
import type { ComponentOf } from '../../plan/components.ts';
import type { Backup, VerifyPlan } from '../../plan/schema.ts';
import type { Runtime } from '../../runtime.ts';
import type { Verification } from './record.ts';
import { updateVerification } from './state.ts';

/** What the machine is told after each operation: what comes next, and in how many seconds. */
export type VerifyReply = {
  id: string;
  next: 'restore' | 'wait' | 'again' | 'query' | 'teardown' | 'record' | 'proven' | 'not-proven';
  waitSeconds: number;
};

/** What a throw-away instance is made after. An rds-new-instance is empty at first, and gets a dump. */
export type InstanceTarget = ComponentOf<'rds-restore-target'> | ComponentOf<'rds-new-instance'>;
export type ClusterTarget = ComponentOf<'rds-cluster-restore-target'>;
export type Target = InstanceTarget | ClusterTarget;
export type Planned = { backup: Backup; verify: VerifyPlan; target?: Target };

export function planOf({ plan }: Pick<Runtime, 'plan'>, id: string): Planned {
  const backup = Object.hasOwn(plan.backups, id) ? plan.backups[id] : undefined;
  if (!backup?.verify) {
    throw new InvalidInputError(`The plan does not say how a restore proves "${id}"`, {
      nextStep: 'Give the backup "verify" with a target and queries, and deploy again.',
    });
  }
  const { verify } = backup;
  const target = targetOf(plan, verify);
  return { backup, verify, ...(target && { target }) };
}

/** The component of what is thrown away; for dumps only what is too large for the embedded Postgres is put there. */
export function targetOf(
  { components }: Pick<Runtime['plan'], 'components'>,
  verify: VerifyPlan,
): Target | undefined {
  const target = components[verify.larger?.into ?? verify.into];
  switch (target?.type) {
    case 'rds-restore-target':
    case 'rds-new-instance':
    case 'rds-cluster-restore-target':
      return target;
    default:
      return undefined;
  }
}

export const reply = (id: string, next: VerifyReply['next'], waitSeconds = 0): VerifyReply => ({
  id,
  next,
  waitSeconds,
});

export const secondsSince = ({ clock }: Pick<Runtime, 'clock'>, since: string) =>
  (clock.now().getTime() - Date.parse(since)) / 1000;

export function withPart(parts: Verification['parts'], name: string, seconds: number): Verification['parts'] {
  return [...parts.filter(part => part.name !== name), { name, seconds: Math.round(seconds) }];
}

export async function fail(runtime: Runtime, id: string, what: string, mend: string): Promise<VerifyReply> {
  await updateVerification(runtime, id, current => ({
    reasons: [...current.reasons, { what, mend }],
    waitsFor: undefined,
  }));
  return reply(id, 'teardown');
}

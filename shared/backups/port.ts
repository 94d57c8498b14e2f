import type { Backup } from '../plan/schema.ts';
import type { Runtime } from '../runtime.ts';
import { checkBackups } from './check.ts';
import type { Made } from './create/made.ts';
import { createBackup } from './create.ts';
import type { CheckResult } from './judge.ts';
import { type Surveyed, surveyBackup } from './survey.ts';
import { choosePoint, type Point, type PointWish, pointsOf, whyNoPoint } from './verify/points.ts';
import type { Verification } from './verify/record.ts';
import { findVerification } from './verify/state.ts';

/** What a step of a run may do with the plan's backups. Only the function of the family `backup` brings it. */
export type BackupsPort = {
  /** The class of that id; undefined when the plan has none. */
  find(id: string): Backup | undefined;
  /** What there is of a class; reads only. */
  survey(id: string): Promise<Surveyed>;
  /** What there is, judged by what the plan promises; reads only. */
  check(id: string): Promise<CheckResult>;
  /** Makes one. Those whose time is over stay: a run deletes nothing that it did not make. Safe to repeat. */
  make(id: string, dueAt: string, by: string): Promise<Made>;
  /** ARN of the machine that proves one, if there is one. */
  verifyMachineArn: string | undefined;
  /** What would be restored to prove it, or why there is nothing. `seed` chooses a random one. */
  choose(
    id: string,
    point: PointWish,
    seed: string,
  ): Promise<{ point: Point } | { what: string; mend: string }>;
  /** The record of a proof; undefined until its machine has begun. */
  findVerification(id: string): Promise<Verification | undefined>;
};

export function connectBackups(runtime: Runtime): BackupsPort {
  const { backups } = runtime.plan;
  const find = (id: string) => (Object.hasOwn(backups, id) ? backups[id] : undefined);
  const known = (id: string): Backup => {
    const backup = find(id);
    if (backup) return backup;
    // The plan was checked before it was deployed, and prepare asks with find.
    throw new Error(`The plan has no backup "${id}"`);
  };
  return {
    find,
    survey: id => surveyBackup(runtime, id, known(id)),
    async check(id) {
      known(id);
      const [result] = await checkBackups(runtime, [id]);
      return result as CheckResult;
    },
    make: (backup, dueAt, by) => createBackup(runtime, { backup, dueAt, by, keepsOld: true }),
    verifyMachineArn: runtime.settings.verifyMachineArns?.one,
    async choose(id, wish, seed) {
      const point = choosePoint(await pointsOf(runtime, id, known(id)), wish, seed);
      return point ? { point } : whyNoPoint(runtime, known(id), wish);
    },
    findVerification: id => findVerification(runtime, id),
  };
}

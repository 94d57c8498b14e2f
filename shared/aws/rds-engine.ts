import type { Reason } from '../actions/contract.ts';
import { dialectOf, dialectOfDatabase } from '../sql/dialects/dialects.ts';

/**
 * Why a database can't be asked whether it takes writes: RDS says that it runs something that nobody here speaks, or
 * something else than the plan says. `actual` is what RDS says.
 */
export function engineReason(
  { identifier, engine }: { identifier: string; engine?: string | undefined },
  actual: string | undefined,
): Reason | undefined {
  if (actual === undefined) return undefined;
  const dialect = dialectOf(actual);
  if (dialect === undefined) {
    return {
      what: `Whether ${identifier} takes writes can't be proved: its engine is ${actual}, and Lifeboat speaks PostgreSQL, MySQL and MariaDB`,
      mend: 'Do it by hand or with ssm.automation or codebuild.run, and prove it by an http.check of the application.',
    };
  }
  if (dialect === dialectOfDatabase({ engine })) return undefined;
  return {
    what: `RDS says that ${identifier} runs ${actual}, and the plan says ${engine ?? 'postgres'}`,
    mend: `Correct the engine of the plan's component, and its writeProbe, which has to be in ${dialect.name}'s words.`,
  };
}

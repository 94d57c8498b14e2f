import type { ActionContext, Preparation } from './contract.ts';

/**
 * A drill works on the recovery side only. Actions that change something in place (and undo it afterwards) ask here
 * first; the answer is a refusal when the target belongs to the primary region, otherwise undefined.
 */
export function refuseProductionInDrill(
  context: Pick<ActionContext, 'run' | 'regions'>,
  region: string,
  what: string,
): Preparation | undefined {
  if (context.run.mode !== 'drill' || region !== context.regions.primary) return undefined;
  return {
    status: 'refused',
    reasons: [
      {
        what: `This is a drill, and ${what} is in the primary region ${region}.`,
        mend: 'Leave the step out of drills with `modes` in the plan, or point it at the recovery region.',
      },
    ],
    evidence: [],
  };
}

/** Risks that a named person accepts in a people.approval, and that a step asks for by name before it goes on. */

/** More is lost than the plan allows, or nobody knows how much. */
export const dataLoss = 'data-loss';

/** The old writer may still take writes, and they will be lost. */
export const unfencedWriter = 'unfenced-writer';

import type { JsonObject } from '../json.ts';

/**
 * Id of the person who commands, among the outputs of `people.assign` steps in their order: the last one whose role says
 * so. Where no role does, the last person who was given any; undefined where nobody was.
 */
export function commanderAmong(assigned: readonly JsonObject[]): string | undefined {
  const people = assigned.filter(({ person }) => typeof person === 'string');
  const commander = people.findLast(({ role }) => String(role).includes('commander')) ?? people.at(-1);
  return commander?.person as string | undefined;
}

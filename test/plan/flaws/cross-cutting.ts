import { backups } from './cross-cutting/backups.ts';
import { care } from './cross-cutting/care.ts';
import { commands } from './cross-cutting/commands.ts';
import { databases } from './cross-cutting/databases.ts';
import { secretsAndSources } from './cross-cutting/secrets-and-sources.ts';
import { theLostSide } from './cross-cutting/the-lost-side.ts';
import { timeAndCapacity } from './cross-cutting/time-and-capacity.ts';
import { traffic } from './cross-cutting/traffic.ts';
import type { Flaw } from './flaw.ts';

/** What is wrong with several of the documents, in the order of the numbers that they are known by. */
export const crossCutting: readonly Flaw[] = [
  ...backups,
  ...traffic,
  ...theLostSide,
  ...timeAndCapacity,
  ...databases,
  ...commands,
  ...secretsAndSources,
  ...care,
].sort((a, b) => a.number - b.number);

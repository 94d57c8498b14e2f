import type { Runtime } from '../../shared/runtime.ts';
import type { Arguments } from '../commands.ts';
import type { Io } from '../io.ts';

/** What an operation works with; its arguments have been checked. `planPath` is the plan as it was typed. */
export type OperationWork = { runtime: Runtime; args: Arguments; io: Io; planPath: string };

/** The text of an option; undefined for one that was not given. */
export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

import type { Runtime } from '../../shared/runtime.ts';
import type { Arguments } from '../commands.ts';
import type { Io } from '../io.ts';

/** What an operation works with; its arguments have been checked. `planPath` is the plan as it was typed. */
export type OperationWork = { runtime: Runtime; args: Arguments; io: Io; planPath: string };

/** The text of an option; undefined for one that was not given. */
export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

/** Who does it, as `--by` says. */
export function person(args: Arguments): string {
  return textOf(args.values.by) ?? '';
}

/** Where the event of a request comes from. */
export function origin({ clock, plan }: Runtime): { id: string; time: string; region: string } {
  const time = clock.now().toISOString();
  return { id: `cli-${time}`, time: time.replace(/\.\d+Z$/, 'Z'), region: plan.regions.recovery };
}

import { loadRuntime } from './runtime.ts';
import { createStepHandler } from './step-handler.ts';

/** Steps of the kind `events.*`. */
export const load = (name: string) => import(`../shared/actions/events/${name}.ts`);

export const handler = createStepHandler(load, loadRuntime());

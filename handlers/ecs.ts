import { loadRuntime } from './runtime.ts';
import { createStepHandler } from './step-handler.ts';

/** Steps of the kind `ecs.*`. */
export const load = (name: string) => import(`../shared/actions/ecs/${name}.ts`);

export const handler = createStepHandler(load, loadRuntime());

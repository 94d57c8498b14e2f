import { loadRuntime } from './runtime.ts';
import { createStepHandler } from './step-handler.ts';

/** Steps of the kind `efs.*`. */
export const load = (name: string) => import(`../shared/actions/efs/${name}.ts`);

export const handler = createStepHandler(load, loadRuntime());

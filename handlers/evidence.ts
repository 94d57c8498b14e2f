import { loadRuntime } from './runtime.ts';
import { createStepHandler } from './step-handler.ts';

/** Steps of the kind `evidence.*`. */
export const load = (name: string) => import(`../shared/actions/evidence/${name}.ts`);

export const handler = createStepHandler(load, loadRuntime());

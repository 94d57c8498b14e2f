import { loadRuntime } from './runtime.ts';
import { createStepHandler } from './step-handler.ts';

/** Steps of the kind `quota.*`. */
export const load = (name: string) => import(`../shared/actions/quota/${name}.ts`);

export const handler = createStepHandler(load, loadRuntime());

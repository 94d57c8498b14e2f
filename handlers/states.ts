import { loadRuntime } from './runtime.ts';
import { createStepHandler } from './step-handler.ts';

/** Steps of the kind `states.*`. */
export const load = (name: string) => import(`../shared/actions/states/${name}.ts`);

export const handler = createStepHandler(load, loadRuntime());

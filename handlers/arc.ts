import { loadRuntime } from './runtime.ts';
import { createStepHandler } from './step-handler.ts';

/** Steps of the kind `arc.*`. */
export const load = (name: string) => import(`../shared/actions/arc/${name}.ts`);

export const handler = createStepHandler(load, loadRuntime());

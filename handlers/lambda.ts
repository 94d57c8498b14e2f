import { loadRuntime } from './runtime.ts';
import { createStepHandler } from './step-handler.ts';

/** Steps of the kind `lambda.*`. */
export const load = (name: string) => import(`../shared/actions/lambda/${name}.ts`);

export const handler = createStepHandler(load, loadRuntime());

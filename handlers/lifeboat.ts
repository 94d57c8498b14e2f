import { loadRuntime } from './runtime.ts';
import { createStepHandler } from './step-handler.ts';

/** Steps of the kind `lifeboat.*`. */
export const load = (name: string) => import(`../shared/actions/lifeboat/${name}.ts`);

export const handler = createStepHandler(load, loadRuntime());

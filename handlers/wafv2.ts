import { loadRuntime } from './runtime.ts';
import { createStepHandler } from './step-handler.ts';

/** Steps of the kind `wafv2.*`. */
export const load = (name: string) => import(`../shared/actions/wafv2/${name}.ts`);

export const handler = createStepHandler(load, loadRuntime());

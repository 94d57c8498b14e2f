import { loadRuntime } from './runtime.ts';
import { createStepHandler } from './step-handler.ts';

/** Steps of the kind `globalaccelerator.*`. */
export const load = (name: string) => import(`../shared/actions/globalaccelerator/${name}.ts`);

export const handler = createStepHandler(load, loadRuntime());

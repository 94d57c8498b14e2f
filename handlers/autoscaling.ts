import { loadRuntime } from './runtime.ts';
import { createStepHandler } from './step-handler.ts';

/** Steps of the kind `autoscaling.*`. */
export const load = (name: string) => import(`../shared/actions/autoscaling/${name}.ts`);

export const handler = createStepHandler(load, loadRuntime());

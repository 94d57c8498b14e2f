import { loadRuntime } from './runtime.ts';
import { createStepHandler } from './step-handler.ts';

/** Steps of the kind `secrets.*`. */
export const load = (name: string) => import(`../shared/actions/secrets/${name}.ts`);

export const handler = createStepHandler(load, loadRuntime());

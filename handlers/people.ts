import { loadRuntime } from './runtime.ts';
import { createStepHandler } from './step-handler.ts';

/** Steps of the kind `people.*`. */
export const load = (name: string) => import(`../shared/actions/people/${name}.ts`);

export const handler = createStepHandler(load, loadRuntime());

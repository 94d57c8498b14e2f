import { loadRuntime } from './runtime.ts';
import { createStepHandler } from './step-handler.ts';

/** Steps of the kind `dynamodb.*`. */
export const load = (name: string) => import(`../shared/actions/dynamodb/${name}.ts`);

export const handler = createStepHandler(load, loadRuntime());

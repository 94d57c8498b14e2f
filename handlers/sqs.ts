import { loadRuntime } from './runtime.ts';
import { createStepHandler } from './step-handler.ts';

/** Steps of the kind `sqs.*`. */
export const load = (name: string) => import(`../shared/actions/sqs/${name}.ts`);

export const handler = createStepHandler(load, loadRuntime());

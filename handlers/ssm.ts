import { loadRuntime } from './runtime.ts';
import { createStepHandler } from './step-handler.ts';

/** Steps of the kind `ssm.*`. */
export const load = (name: string) => import(`../shared/actions/ssm/${name}.ts`);

export const handler = createStepHandler(load, loadRuntime());

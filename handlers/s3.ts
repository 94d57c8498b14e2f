import { loadRuntime } from './runtime.ts';
import { createStepHandler } from './step-handler.ts';

/** Steps of the kind `s3.*`. */
export const load = (name: string) => import(`../shared/actions/s3/${name}.ts`);

export const handler = createStepHandler(load, loadRuntime());

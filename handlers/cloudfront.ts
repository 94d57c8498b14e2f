import { loadRuntime } from './runtime.ts';
import { createStepHandler } from './step-handler.ts';

/** Steps of the kind `cloudfront.*`. */
export const load = (name: string) => import(`../shared/actions/cloudfront/${name}.ts`);

export const handler = createStepHandler(load, loadRuntime());

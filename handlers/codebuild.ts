import { loadRuntime } from './runtime.ts';
import { createStepHandler } from './step-handler.ts';

/** Steps of the kind `codebuild.*`. */
export const load = (name: string) => import(`../shared/actions/codebuild/${name}.ts`);

export const handler = createStepHandler(load, loadRuntime());

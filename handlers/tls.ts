import { inspectTls } from '../shared/network/tls.ts';
import { loadRuntime } from './runtime.ts';
import { createStepHandler } from './step-handler.ts';

/** Steps of the kind `tls.*`. */
export const load = (name: string) => import(`../shared/actions/tls/${name}.ts`);

export const handler = createStepHandler(load, loadRuntime({ tls: inspectTls }));

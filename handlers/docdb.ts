import { inspectTls } from '../shared/network/tls.ts';
import { loadRuntime } from './runtime.ts';
import { createStepHandler } from './step-handler.ts';

/** Steps of the kind `docdb.*`. */
export const load = (name: string) => import(`../shared/actions/docdb/${name}.ts`);

export const handler = createStepHandler(load, loadRuntime({ tls: inspectTls }));

import { sendHttp } from '../shared/network/http.ts';
import { loadRuntime } from './runtime.ts';
import { createStepHandler } from './step-handler.ts';

/** Steps of the kind `neptune.*`. */
export const load = (name: string) => import(`../shared/actions/neptune/${name}.ts`);

export const handler = createStepHandler(load, loadRuntime({ http: sendHttp }));

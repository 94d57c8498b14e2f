import { createDns } from '../shared/network/dns.ts';
import { loadRuntime } from './runtime.ts';
import { createStepHandler } from './step-handler.ts';

/** Steps of the kind `route53.*`. */
export const load = (name: string) => import(`../shared/actions/route53/${name}.ts`);

export const handler = createStepHandler(load, loadRuntime({ dns: createDns() }));

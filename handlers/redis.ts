import { sendRedis } from '../shared/network/redis.ts';
import { loadRuntime } from './runtime.ts';
import { createStepHandler } from './step-handler.ts';

/** Steps of the kind `redis.*`. */
export const load = (name: string) => import(`../shared/actions/redis/${name}.ts`);

export const handler = createStepHandler(load, loadRuntime({ redis: sendRedis }));

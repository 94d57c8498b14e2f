import { sendRedis } from '../shared/network/redis.ts';
import { loadRuntime } from './runtime.ts';
import { createStepHandler } from './step-handler.ts';

/** Steps of the kind `elasticache.*`. */
export const load = (name: string) => import(`../shared/actions/elasticache/${name}.ts`);

export const handler = createStepHandler(load, loadRuntime({ redis: sendRedis }));

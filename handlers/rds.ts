import { connectSql } from '../shared/network/sql.ts';
import { loadRuntime } from './runtime.ts';
import { createStepHandler } from './step-handler.ts';

/** Steps of the kind `rds.*`. */
export const load = (name: string) => import(`../shared/actions/rds/${name}.ts`);

export const handler = createStepHandler(load, loadRuntime({ sql: connectSql }));

import { connectSql } from '../shared/network/sql.ts';
import { loadRuntime } from './runtime.ts';
import { createStepHandler } from './step-handler.ts';

/** Steps of the kind `sql.*`. */
export const load = (name: string) => import(`../shared/actions/sql/${name}.ts`);

export const handler = createStepHandler(load, loadRuntime({ sql: connectSql }));

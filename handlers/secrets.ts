import { sendHttp } from '../shared/network/http.ts';
import { connectSql } from '../shared/network/sql.ts';
import { loadRuntime } from './runtime.ts';
import { createStepHandler } from './step-handler.ts';

/** Steps of the kind `secrets.*`; those that prove a rotation log in with what was rotated. */
export const load = (name: string) => import(`../shared/actions/secrets/${name}.ts`);

export const handler = createStepHandler(load, loadRuntime({ sql: connectSql, http: sendHttp }));

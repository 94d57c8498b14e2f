import { askMongo } from '../shared/network/mongo-hello.ts';
import { loadRuntime } from './runtime.ts';
import { createStepHandler } from './step-handler.ts';

/** Steps of the kind `docdb.*`. */
export const load = (name: string) => import(`../shared/actions/docdb/${name}.ts`);

export const handler = createStepHandler(load, loadRuntime({ mongo: askMongo }));

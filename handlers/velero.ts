import { createKubernetes } from '../shared/aws/kubernetes.ts';
import { loadRuntime } from './runtime.ts';
import { createStepHandler } from './step-handler.ts';

/** Steps of the kind `velero.*`. */
export const load = (name: string) => import(`../shared/actions/velero/${name}.ts`);

export const handler = createStepHandler(load, loadRuntime({ kubernetes: createKubernetes }));

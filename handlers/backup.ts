import { createKubernetes } from '../shared/aws/kubernetes.ts';
import { connectBackups } from '../shared/backups/port.ts';
import { loadRuntime } from './runtime.ts';
import { createStepHandler } from './step-handler.ts';

/** Steps of the kind `backup.*`. */
export const load = (name: string) => import(`../shared/actions/backup/${name}.ts`);

export const handler = createStepHandler(
  load,
  loadRuntime({ kubernetes: createKubernetes, backups: connectBackups }),
);

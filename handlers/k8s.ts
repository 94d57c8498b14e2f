import { createKubernetes } from '../shared/aws/kubernetes.ts';
import { createKubernetesExec } from '../shared/aws/kubernetes-exec.ts';
import { sendHttp } from '../shared/network/http.ts';
import { loadRuntime } from './runtime.ts';
import { createStepHandler } from './step-handler.ts';

const connections = { kubernetes: createKubernetes, kubernetesExec: createKubernetesExec, http: sendHttp };

/** Steps of the kind `k8s.*`. */
export const load = (name: string) => import(`../shared/actions/k8s/${name}.ts`);

export const handler = createStepHandler(load, loadRuntime(connections));

import { type Api, callApi } from '../servers/kubernetes-node.ts';

/** Objects that the cases need in a real cluster, as the simulator arranges them from a plan. */

export async function make(api: Api, path: string, body: object): Promise<void> {
  const { status, body: answer } = await callApi(api, 'POST', path, body);
  if (status >= 300) throw new Error(`${path}: ${status} ${JSON.stringify(answer)}`);
}

const template = (name: string, image: string, extra: object = {}) => ({
  metadata: { labels: { app: name } },
  spec: { containers: [{ name: 'app', image, ...extra }] },
});

/** A deployment of the shop, and as many Ready pods as it wants. */
export async function makeDeployment(
  api: Api,
  namespace: string,
  { replicas = 2, image = 'registry/shop:v1' }: { replicas?: number; image?: string } = {},
): Promise<void> {
  await make(api, `/apis/apps/v1/namespaces/${namespace}/deployments`, {
    metadata: { name: 'shop-app' },
    spec: {
      replicas,
      selector: { matchLabels: { app: 'shop-app' } },
      template: template('shop-app', image),
    },
  });
  await until(async () => {
    const { body } = await callApi(
      api,
      'GET',
      `/apis/apps/v1/namespaces/${namespace}/deployments/shop-app/status`,
    );
    return ((body.status as { readyReplicas?: number }).readyReplicas ?? 0) === replicas;
  });
}

export async function until(holds: () => Promise<boolean>, withinMs = 30_000): Promise<void> {
  const last = Date.now() + withinMs;
  while (!(await holds())) {
    if (Date.now() > last) throw new Error('it never came to be');
    await new Promise(resolve => setTimeout(resolve, 100));
  }
}

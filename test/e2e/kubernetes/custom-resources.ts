import { type Api, callApi } from '../servers/kubernetes-node.ts';

/** What adds types to a cluster, and who acts on them. The API server is real; their controllers are played here. */

type Resource = {
  group: string;
  version: string;
  plural: string;
  kind: string;
  scope?: 'Namespaced' | 'Cluster';
};

/** Adds a type that takes any content, as the operator's own installation would, and waits until it is served. */
export async function addType(api: Api, { group, version, plural, kind, scope = 'Namespaced' }: Resource) {
  const path = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
  // Without this note the API server takes no type in a group of Kubernetes itself.
  const annotations = { 'api-approved.kubernetes.io': 'unapproved, a stand-in for tests' };
  const schema = { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } };
  await callApi(api, 'POST', path, {
    metadata: { name: `${plural}.${group}`, annotations },
    spec: {
      group,
      scope,
      names: { plural, kind },
      versions: [{ name: version, served: true, storage: true, schema }],
    },
  });
  for (let attempt = 0; attempt < 100; attempt++) {
    const { status } = await callApi(api, 'GET', `/apis/${group}/${version}/${plural}`);
    if (status === 200) return;
    await new Promise(resolve => setTimeout(resolve, 100));
  }
  throw new Error(`the cluster does not serve ${plural}.${group}`);
}

type Item = {
  metadata: { name: string; namespace: string; creationTimestamp: string };
  spec?: { includedNamespaces?: string[]; backupName?: string };
  status?: { phase?: string };
};

/** Velero's phases, in their order; its server writes them into the object as the work goes on. */
const next: Record<string, string> = { New: 'InProgress', InProgress: 'Completed' };

/** Plays Velero's server: takes backups and restores through their phases until it is stopped. */
export function startVelero(api: Api): { stop(): Promise<void> } {
  let running = true;
  const loop = (async () => {
    while (running) {
      for (const plural of ['backups', 'restores']) await tend(api, plural);
      await new Promise(resolve => setTimeout(resolve, 200));
    }
  })();
  return {
    stop() {
      running = false;
      return loop;
    },
  };
}

async function tend(api: Api, plural: string): Promise<void> {
  const base = '/apis/velero.io/v1';
  const { body } = await callApi(api, 'GET', `${base}/${plural}`);
  for (const { metadata, spec, status } of (body.items ?? []) as Item[]) {
    const phase = next[status?.phase ?? 'New'];
    if (!phase) continue;
    const missing = plural === 'restores' && !spec?.backupName;
    const progress = { totalItems: 5, itemsBackedUp: 5, itemsRestored: 5 };
    const change = {
      status: {
        phase: missing ? 'FailedValidation' : phase,
        startTimestamp: metadata.creationTimestamp,
        progress,
      },
    };
    const path = `${base}/namespaces/${metadata.namespace}/${plural}/${metadata.name}`;
    await callApi(api, 'PATCH', path, change, 'application/merge-patch+json');
  }
}

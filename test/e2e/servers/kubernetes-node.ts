import https from 'node:https';
import { freePort, type Server } from './process.ts';

/** Where the API server is, and the token of its administrator. */
export type Api = { url: string; ca: string; token: string };
export type Answer = { status: number; body: Record<string, unknown> };

/** One request as the administrator. */
export function callApi(
  { url, ca, token }: Api,
  method: string,
  path: string,
  body?: object,
  contentType = 'application/json',
): Promise<Answer> {
  const payload = body === undefined ? undefined : JSON.stringify(body);
  const headers = {
    authorization: `Bearer ${token}`,
    ...(payload && { 'content-type': contentType, 'content-length': Buffer.byteLength(payload) }),
  };
  return new Promise((resolve, reject) => {
    const sent = https.request(new URL(path, url), { method, headers, ca, timeout: 10_000 }, response => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', part => {
        text += part;
      });
      response.on('end', () => {
        const json = text.startsWith('{');
        resolve({ status: response.statusCode ?? 0, body: json ? JSON.parse(text) : { text } });
      });
    });
    sent.on('error', reject);
    sent.on('timeout', () => sent.destroy(new Error(`${method} ${path} took too long`)));
    sent.end(payload);
  });
}

type Pod = {
  metadata: { name: string; namespace: string; deletionTimestamp?: string; uid: string };
  spec: { nodeName?: string; containers: { name: string; image: string }[]; restartPolicy?: string };
  status: { phase?: string };
};

const everyMs = 150;
/** The second one is there to be closed. */
const nodeNames = ['node-of-the-suite', 'node-to-close'];

/**
 * What a kubelet tells the API server, without one: nodes that are Ready, pods on them that run and are Ready as soon as
 * they are scheduled (those of a Job end well), and pods that are gone when they are deleted. Each has one line of
 * log. An image whose name
 * contains `broken` never becomes Ready.
 */
export async function startNode(api: Api, tls: { key: string; cert: string }): Promise<Server> {
  const logs = https.createServer(tls, (incoming, outgoing) => {
    const [, what, namespace, pod, container] = (incoming.url ?? '').split(/[/?]/);
    outgoing.writeHead(what === 'containerLogs' ? 200 : 404, { 'content-type': 'text/plain' });
    outgoing.end(`${container} of ${pod} in ${namespace} says hello\n`);
  });
  const Port = await freePort();
  await new Promise<void>(resolve => logs.listen(Port, '127.0.0.1', resolve));
  for (const name of nodeNames)
    await joinNode(api, { name, nodegroup: 'general', cpu: '16', kubeletPort: Port });
  let stopped = false;
  const loop = async () => {
    while (!stopped) {
      await tend(api).catch(() => {});
      await new Promise(resolve => setTimeout(resolve, everyMs));
    }
  };
  const ended = loop();
  return {
    async stop() {
      stopped = true;
      await ended;
      logs.closeAllConnections();
      await new Promise(resolve => logs.close(resolve));
    },
  };
}

export type JoiningNode = {
  name: string;
  nodegroup: string;
  cpu: string;
  /** Where its logs are to be had. */
  kubeletPort?: number;
  taints?: { key: string; value: string; effect: string }[];
};

/** A node joins and is Ready. */
export async function joinNode(api: Api, { name, nodegroup, cpu, ...node }: JoiningNode): Promise<void> {
  const labels = { 'kubernetes.io/hostname': name, 'eks.amazonaws.com/nodegroup': nodegroup };
  await callApi(api, 'POST', '/api/v1/nodes', { metadata: { name, labels } });
  const room = { cpu, memory: '32Gi', pods: '200' };
  await patchStatus(api, `/api/v1/nodes/${name}`, {
    conditions: [{ type: 'Ready', status: 'True', reason: 'KubeletReady', lastHeartbeatTime: now() }],
    capacity: room,
    allocatable: room,
    addresses: [{ type: 'InternalIP', address: '127.0.0.1' }],
    ...(node.kubeletPort !== undefined && {
      daemonEndpoints: { kubeletEndpoint: { Port: node.kubeletPort } },
    }),
  });
  // The controllers mark a new node until they have seen it Ready; theirs is switched off.
  const open = { spec: { taints: node.taints ?? null } };
  await callApi(api, 'PATCH', `/api/v1/nodes/${name}`, open, 'application/merge-patch+json');
}

const now = () => new Date().toISOString();

async function tend(api: Api): Promise<void> {
  const { body } = await callApi(api, 'GET', '/api/v1/pods');
  const pods = (body.items ?? []) as Pod[];
  for (const pod of pods) {
    const path = `/api/v1/namespaces/${pod.metadata.namespace}/pods/${pod.metadata.name}`;
    if (pod.spec.nodeName === undefined) continue;
    if (pod.metadata.deletionTimestamp) {
      await callApi(api, 'DELETE', path, { gracePeriodSeconds: 0, preconditions: { uid: pod.metadata.uid } });
    } else if ((pod.status.phase ?? 'Pending') === 'Pending') await run(api, path, pod);
  }
}

async function run(api: Api, path: string, pod: Pod): Promise<void> {
  const ends = pod.spec.restartPolicy === 'Never' || pod.spec.restartPolicy === 'OnFailure';
  const broken = pod.spec.containers.some(({ image }) => image.includes('broken'));
  const startedAt = now();
  const state = broken
    ? { waiting: { reason: 'ImagePullBackOff', message: 'no such image' } }
    : ends
      ? { terminated: { exitCode: 0, reason: 'Completed', startedAt, finishedAt: now() } }
      : { running: { startedAt } };
  const ready = !broken && !ends;
  const is = (type: string, holds: boolean) => ({
    type,
    status: holds ? 'True' : 'False',
    lastTransitionTime: startedAt,
  });
  await patchStatus(api, path, {
    phase: broken ? 'Pending' : ends ? 'Succeeded' : 'Running',
    startTime: startedAt,
    podIP: '10.1.0.10',
    podIPs: [{ ip: '10.1.0.10' }],
    conditions: [is('Initialized', true), is('Ready', ready), is('ContainersReady', ready)],
    containerStatuses: pod.spec.containers.map(({ name, image }) => ({
      name,
      image,
      imageID: image,
      ready,
      started: ready,
      restartCount: 0,
      state,
    })),
  });
}

function patchStatus(api: Api, path: string, status: object): Promise<Answer> {
  return callApi(api, 'PATCH', `${path}/status`, { status }, 'application/strategic-merge-patch+json');
}

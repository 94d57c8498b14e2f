import { RequestRejectedError } from '../errors.ts';
import type { KubernetesAccess } from '../ports.ts';
import { type KubernetesPort, parse } from './api.ts';
import { type Pod, podListSchema } from './objects.ts';

export type LogPart = { pod: string; container: string; previous: boolean; text: string };

/** At most so much of each container: the end, which is where the cause is. */
const limitBytes = 1024 * 1024;

export async function listPodsBy(
  port: KubernetesPort,
  access: KubernetesAccess,
  { namespace, labels }: { namespace: string; labels: Record<string, string> },
): Promise<Pod[]> {
  const selector = Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(',');
  const query = selector === '' ? '' : `?labelSelector=${encodeURIComponent(selector)}`;
  const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods${query}`;
  const { body } = await port.kubernetes(access, { method: 'GET', path });
  return parse(podListSchema, body, path).items;
}

/** What the containers of a pod have printed. `previous` adds the one before, for those that were started again. */
export async function readLogsOf(
  port: KubernetesPort,
  access: KubernetesAccess,
  pod: Pod,
  options: { previous: boolean; tailLines: number },
): Promise<{ parts: LogPart[]; problems: string[] }> {
  const parts: LogPart[] = [];
  const problems: string[] = [];
  for (const { name: container } of pod.spec.containers) {
    const restarts = pod.status.containerStatuses.find(({ name }) => name === container)?.restartCount ?? 0;
    for (const previous of options.previous && restarts > 0 ? [false, true] : [false]) {
      try {
        const text = await readLog(port, access, pod, { container, previous, tailLines: options.tailLines });
        if (text === undefined) problems.push(`pod ${pod.metadata.name} is gone`);
        else parts.push({ pod: pod.metadata.name, container, previous, text });
      } catch (error) {
        // 400: the container has not started yet. What the others say is worth keeping all the same.
        if (!(error instanceof RequestRejectedError)) throw error;
        problems.push(error.message);
      }
    }
  }
  return { parts, problems };
}

async function readLog(
  port: KubernetesPort,
  access: KubernetesAccess,
  { metadata }: Pod,
  { container, previous, tailLines }: { container: string; previous: boolean; tailLines: number },
): Promise<string | undefined> {
  const query = new URLSearchParams({
    container,
    tailLines: String(tailLines),
    limitBytes: String(limitBytes),
    timestamps: 'true',
    ...(previous && { previous: 'true' }),
  });
  const place = [metadata.namespace, metadata.name].map(encodeURIComponent);
  const path = `/api/v1/namespaces/${place[0]}/pods/${place[1]}/log?${query}`;
  const { status, body } = await port.kubernetes(access, { method: 'GET', path, answer: 'text' });
  return status === 404 ? undefined : String(body);
}

/** The logs of all pods with these labels as one text. */
export async function readPodLogs(
  port: KubernetesPort,
  access: KubernetesAccess,
  which: { namespace: string; labels: Record<string, string> },
): Promise<{ text: string; pods: number }> {
  const pods = await listPodsBy(port, access, which);
  const texts: string[] = [];
  for (const pod of pods) {
    const { parts, problems } = await readLogsOf(port, access, pod, { previous: false, tailLines: 10_000 });
    texts.push(...parts.map(({ text }) => text), ...problems.map(problem => `(${problem})\n`));
  }
  return { text: texts.join(''), pods: pods.length };
}

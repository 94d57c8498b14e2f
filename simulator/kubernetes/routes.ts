import type { KubernetesRequest } from '../../shared/ports.ts';

/** What a request asks of which object. `operation` is what faults and counts name it by. */
export type Route = {
  operation: string;
  namespace: string;
  name: string;
  /** Labels that the objects must carry, from `labelSelector`. */
  labels: Record<string, string>;
};

const kinds: Record<string, string> = {
  deployments: 'Deployment',
  replicasets: 'ReplicaSet',
  pods: 'Pod',
  nodes: 'Node',
  horizontalpodautoscalers: 'HorizontalPodAutoscaler',
};
const verbs: Record<KubernetesRequest['method'], string> = {
  GET: 'Get',
  POST: 'Create',
  PUT: 'Replace',
  PATCH: 'Patch',
  DELETE: 'Delete',
};

/**
 * Reads `/apis/apps/v1/namespaces/<ns>/deployments/<name>/scale` and the like. Undefined for a path that no API server
 * of the simulator serves.
 */
export function routeOf({ method, path }: KubernetesRequest): Route | undefined {
  const url = new URL(path, 'https://cluster');
  const match =
    /^\/(?:api\/v1|apis\/[^/]+\/v\d+)(?:\/namespaces\/([^/]+))?\/([a-z]+)(?:\/([^/]+))?(?:\/(scale))?$/.exec(
      url.pathname,
    );
  const kind = kinds[match?.[2] ?? ''];
  if (!match || !kind) return undefined;
  const [, namespace = '', , name = '', subresource] = match.map(part => part && decodeURIComponent(part));
  const list = name === '' && method === 'GET';
  return {
    operation: `${list ? 'List' : verbs[method]}${kind}${list ? 's' : ''}${subresource ? 'Scale' : ''}`,
    namespace,
    name,
    labels: parseSelector(url.searchParams.get('labelSelector') ?? ''),
  };
}

/** Equality-based selectors only, `key=value` joined by commas. */
function parseSelector(selector: string): Record<string, string> {
  const pairs = selector.split(',').filter(part => part.includes('='));
  return Object.fromEntries(pairs.map(part => part.split('=', 2)));
}

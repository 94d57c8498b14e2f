import { builtInKinds } from '../../shared/kubernetes/resources.ts';
import type { KubernetesRequest } from '../../shared/ports.ts';

/** What a request asks of which object. `operation` is what faults and counts name it by. */
export type Route = {
  operation: string;
  apiVersion: string;
  plural: string;
  /** Empty for a kind that the cluster has by a custom resource definition. */
  kind: string;
  namespace: string;
  name: string;
  subresource: string;
  /** Labels that the objects must carry, from `labelSelector`. */
  labels: Record<string, string>;
  query: Record<string, string>;
};

const verbs: Record<KubernetesRequest['method'], string> = {
  GET: 'Get',
  POST: 'Create',
  PUT: 'Replace',
  PATCH: 'Patch',
  DELETE: 'Delete',
};
const subresources = ['scale', 'status', 'log', 'eviction', 'exec'] as const;

/** Kinds that are asked about and not kept: reviews, and what the metrics server says. */
const otherKinds: Record<string, Record<string, string>> = {
  'authorization.k8s.io/v1': { selfsubjectaccessreviews: 'SelfSubjectAccessReview' },
  'metrics.k8s.io/v1beta1': { nodes: 'NodeMetric', pods: 'PodMetric' },
};

/** Names of all operations that a request can have. */
export function operationNames(): string[] {
  const kinds = [
    ...Object.values(builtInKinds).flatMap(group => Object.keys(group)),
    ...Object.values(otherKinds).flatMap(group => Object.values(group)),
    'CustomResource',
  ];
  const of = (kind: string) => [
    `List${pluralName(kind)}`,
    ...Object.values(verbs).map(verb => `${verb}${kind}`),
  ];
  const parts = ['Scale', 'Status', 'Log', 'Eviction'];
  const ofParts = kinds.flatMap(kind =>
    Object.values(verbs).flatMap(verb => parts.map(part => `${verb}${kind}${part}`)),
  );
  return ['GetReadyz', 'GetApiResources', 'ExecPod', ...kinds.flatMap(of), ...ofParts];
}

/**
 * Reads `/apis/apps/v1/namespaces/<ns>/deployments/<name>/scale` and the like. Undefined for a path that no API server
 * serves.
 */
export function routeOf({ method, path }: KubernetesRequest): Route | undefined {
  const url = new URL(path, 'https://cluster');
  const query = Object.fromEntries(url.searchParams);
  const none = { namespace: '', name: '', subresource: '', labels: {}, kind: '', plural: '', query };
  if (/^\/(readyz|livez|version)$/.test(url.pathname)) {
    return { ...none, operation: 'GetReadyz', apiVersion: '' };
  }
  const group = /^\/(?:api\/(v1)|apis\/([^/]+\/v[^/]+))(?:\/(.*))?$/.exec(url.pathname);
  if (!group) return undefined;
  const apiVersion = group[1] ?? group[2] ?? '';
  const rest = (group[3] ?? '').split('/').filter(part => part !== '');
  const segments = rest.map(decodeURIComponent);
  if (segments.length === 0) return { ...none, operation: 'GetApiResources', apiVersion };
  const inNamespace = segments[0] === 'namespaces' && segments.length > 2 && !isPart(segments[2]);
  const namespace = inNamespace ? (segments[1] ?? '') : '';
  const [plural = '', name = '', subresource = ''] = inNamespace ? segments.slice(2) : segments;
  const kind = kindOf(apiVersion, plural) ?? '';
  const list = name === '' && method === 'GET';
  const shown = kind || 'CustomResource';
  const part = subresource.charAt(0).toUpperCase() + subresource.slice(1);
  return {
    operation: `${list ? 'List' : verbs[method]}${list ? pluralName(shown) : shown}${part}`,
    apiVersion,
    plural,
    kind,
    namespace,
    name,
    subresource,
    labels: parseSelector(url.searchParams.get('labelSelector') ?? ''),
    query,
  };
}

const isPart = (segment: string | undefined) => subresources.some(part => part === segment);

function kindOf(apiVersion: string, plural: string): string | undefined {
  const found = Object.entries(builtInKinds[apiVersion] ?? {}).find(([, kind]) => kind.plural === plural);
  return found?.[0] ?? otherKinds[apiVersion]?.[plural];
}

function pluralName(kind: string): string {
  return /(s|x|ch|sh)$/.test(kind) ? `${kind}es` : kind.replace(/y$/, 'ie').concat('s');
}

/** Equality-based selectors only, `key=value` joined by commas. */
function parseSelector(selector: string): Record<string, string> {
  const pairs = selector.split(',').filter(part => part.includes('='));
  return Object.fromEntries(pairs.map(part => part.split('=', 2)));
}

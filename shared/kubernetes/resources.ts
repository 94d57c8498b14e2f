/**
 * How the kinds that every cluster has are called in paths, by apiVersion and kind. Kinds that are not here (custom
 * resources) are looked up in the cluster's own list. Source: Kubernetes API reference 1.34.
 */

export type ResourceKind = { plural: string; namespaced: boolean };

const inNamespace = (plural: string): ResourceKind => ({ plural, namespaced: true });
const ofCluster = (plural: string): ResourceKind => ({ plural, namespaced: false });

export const builtInKinds: Readonly<Record<string, Readonly<Record<string, ResourceKind>>>> = {
  v1: {
    ConfigMap: inNamespace('configmaps'),
    Endpoints: inNamespace('endpoints'),
    Event: inNamespace('events'),
    LimitRange: inNamespace('limitranges'),
    Namespace: ofCluster('namespaces'),
    Node: ofCluster('nodes'),
    PersistentVolume: ofCluster('persistentvolumes'),
    PersistentVolumeClaim: inNamespace('persistentvolumeclaims'),
    Pod: inNamespace('pods'),
    ResourceQuota: inNamespace('resourcequotas'),
    Secret: inNamespace('secrets'),
    Service: inNamespace('services'),
    ServiceAccount: inNamespace('serviceaccounts'),
  },
  'apps/v1': {
    DaemonSet: inNamespace('daemonsets'),
    Deployment: inNamespace('deployments'),
    ReplicaSet: inNamespace('replicasets'),
    StatefulSet: inNamespace('statefulsets'),
  },
  'batch/v1': { CronJob: inNamespace('cronjobs'), Job: inNamespace('jobs') },
  'autoscaling/v2': { HorizontalPodAutoscaler: inNamespace('horizontalpodautoscalers') },
  'policy/v1': { PodDisruptionBudget: inNamespace('poddisruptionbudgets') },
  'networking.k8s.io/v1': {
    Ingress: inNamespace('ingresses'),
    IngressClass: ofCluster('ingressclasses'),
    NetworkPolicy: inNamespace('networkpolicies'),
  },
  'rbac.authorization.k8s.io/v1': {
    ClusterRole: ofCluster('clusterroles'),
    ClusterRoleBinding: ofCluster('clusterrolebindings'),
    Role: inNamespace('roles'),
    RoleBinding: inNamespace('rolebindings'),
  },
  'storage.k8s.io/v1': { StorageClass: ofCluster('storageclasses') },
  'scheduling.k8s.io/v1': { PriorityClass: ofCluster('priorityclasses') },
  'apiextensions.k8s.io/v1': { CustomResourceDefinition: ofCluster('customresourcedefinitions') },
  'admissionregistration.k8s.io/v1': {
    MutatingWebhookConfiguration: ofCluster('mutatingwebhookconfigurations'),
    ValidatingWebhookConfiguration: ofCluster('validatingwebhookconfigurations'),
  },
  'velero.io/v1': {
    Backup: inNamespace('backups'),
    Restore: inNamespace('restores'),
    Schedule: inNamespace('schedules'),
  },
};

/** `/api/v1` for the core group, `/apis/<group>/<version>` for all others. */
export function groupPath(apiVersion: string): string {
  return apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
}

/** What names an object. `namespace` is left out for what belongs to the cluster. */
export type ObjectRef = { apiVersion: string; kind: string; namespace?: string; name: string };

/** `Deployment shop/app`, for people. */
export function describeRef({ kind, namespace, name }: ObjectRef): string {
  return namespace === undefined ? `${kind} ${name}` : `${kind} ${namespace}/${name}`;
}

/** Path of an object whose kind is known. */
export function pathOf({ apiVersion, namespace, name }: ObjectRef, kind: ResourceKind): string {
  const place = kind.namespaced ? `/namespaces/${encodeURIComponent(namespace ?? 'default')}` : '';
  return `${groupPath(apiVersion)}${place}/${kind.plural}/${encodeURIComponent(name)}`;
}

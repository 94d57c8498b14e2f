import { describeRef, type ObjectRef } from '../kubernetes/resources.ts';
import type { KubernetesAccess } from '../ports.ts';
import type { ActionContext, Preparation, Reason } from './contract.ts';

/** What the actions on objects of any kind have in common. */

export const accessOf = ({ name, region }: { name: string; region: string }): KubernetesAccess => ({
  cluster: name,
  region,
});

export function refused(...reasons: Reason[]): Preparation {
  return { status: 'refused', reasons, evidence: [] };
}

/** Records a change of an object before the request is sent. */
export function recordChange(
  context: ActionContext,
  access: KubernetesAccess,
  verb: string,
  ref: ObjectRef,
  what: string,
): Promise<void> {
  return context.changed({
    call: `kubernetes.${verb}${ref.kind}`,
    region: access.region,
    resource: [access.cluster, ref.namespace, ref.kind, ref.name].filter(Boolean).join('/'),
    what,
  });
}

export function missingObject(ref: ObjectRef, { cluster }: KubernetesAccess): Reason {
  return {
    what: `There is no ${describeRef(ref)} in cluster ${cluster}.`,
    mend: 'Correct the name in the plan, or apply its manifest first; then retry.',
  };
}

import type { Change, ResourceRecordSet } from '@aws-sdk/client-route-53';
import type { ActionContext, Observation } from '../actions/contract.ts';
import { fail } from '../actions/outcomes.ts';
import { isNamed, isThrottle, isUnreachable } from '../aws/aws-errors.ts';
import type { DnsRecord } from './record-target.ts';
import { changeRecordSets, changeStatus, messageOf, route53Region } from './route53.ts';

/**
 * Writes record sets, recorded before it is sent, and remembers the id of the change. Safe to repeat: the same sets
 * again change nothing. `what` says in one sentence from what to what.
 */
export async function writeRecords(
  context: ActionContext,
  record: DnsRecord,
  sets: readonly ResourceRecordSet[],
  what: string,
  action: 'UPSERT' | 'DELETE' = 'UPSERT',
): Promise<void> {
  await context.changed({
    call: 'route53.ChangeResourceRecordSets',
    region: route53Region,
    resource: `${record.hostedZone}/${record.name}`,
    what,
  });
  const changes: Change[] = sets.map(set => ({ Action: action, ResourceRecordSet: set }));
  const changeId = await changeRecordSets(context.aws, record, changes, `lifeboat run ${context.run.id}`);
  await context.remember({ changeId });
}

/** What is still to come of a change, or undefined when every name server answers it. */
export async function unsynced(
  context: ActionContext,
  changeId: string | undefined,
): Promise<string | undefined> {
  if (!changeId) return undefined;
  const status = await changeStatus(context.aws, changeId);
  if (status === 'in-sync') return undefined;
  if (status === 'pending')
    return `The record change ${changeId} is PENDING; name servers follow within 60 s.`;
  return undefined;
}

/** A refusal of the batch as a failure that says what to do; a control plane that is down as something to wait for. */
export function judgeWrite(error: unknown, record: DnsRecord): Observation {
  if (isUnreachable(error) || isThrottle(error)) {
    return {
      status: 'pending',
      note: `The Route 53 control plane in ${route53Region} does not answer: ${messageOf(error)}`,
    };
  }
  if (!isNamed(error, 'InvalidChangeBatch', 'NoSuchHostedZone', 'InvalidInput')) throw error;
  return fail(
    `Route 53 refused the record change for ${record.name}: ${messageOf(error)}`,
    `Change the record in zone ${record.hostedZone} by hand, then retry the step.`,
  );
}

import type { Reason } from '../actions/contract.ts';
import type { ComponentOf } from '../plan/components.ts';

type Secret = ComponentOf<'secret'>;

export function absent({ name, region }: Secret): Reason {
  return {
    what: `The secret ${name} does not exist in ${region}`,
    mend: `Create it in ${region} with the keys that the application reads, or mend its name in the plan.`,
  };
}

export function beingDeleted({ name, region }: Secret): Reason {
  return {
    what: `The secret ${name} in ${region} waits to be deleted`,
    mend: `Run aws secretsmanager restore-secret --secret-id ${name} --region ${region}, then retry.`,
  };
}

export function isReplica({ name, region }: Secret, primary: string): Reason {
  return {
    what: `The secret ${name} in ${region} is a replica of the one in ${primary}, so it can only be read`,
    mend: `Make it independent: aws secretsmanager stop-replication-to-replica --secret-id ${name} --region ${region}, then retry. Better: give the recovery side a secret of its own.`,
  };
}

export function notJson({ name, region }: Secret): Reason {
  return {
    what: `The secret ${name} in ${region} is not a JSON object of plain values`,
    mend: 'Store it as JSON with one key per value, or point the plan to the secret that is.',
  };
}

export function missingKey({ name, region }: Secret, key: string): Reason {
  return {
    what: `A value refers to {{${key}}}, but the secret ${name} in ${region} has no such key`,
    mend: `Add ${key} to the secret, or mend the value in the plan.`,
  };
}

export function changedSince({ name }: Secret, versionId: string): Reason {
  return {
    what: `Somebody changed ${name} after this run (version ${versionId}), so it is left as it is`,
    mend: 'Compare the versions and move AWSCURRENT by hand if the old one is wanted.',
  };
}

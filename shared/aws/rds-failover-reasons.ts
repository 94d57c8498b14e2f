import type { DBInstance } from '@aws-sdk/client-rds';
import type { Reason } from '../actions/contract.ts';
import type { ComponentOf } from '../plan/components.ts';
import { engineReason } from './rds-engine.ts';
import { meaningOfStatus } from './rds-status.ts';

type Database = ComponentOf<'rds-instance'> | ComponentOf<'rds-cluster'>;

/** Everything that makes a failover impossible, all at once. */
export function reasonsAgainst(database: Database, instance: DBInstance | undefined): Reason[] {
  if (instance === undefined) return [notThere(database)];
  const { identifier } = database;
  const reasons: Reason[] = [];
  if (instance.DBClusterIdentifier) {
    reasons.push({
      what: `${identifier} is a member of the cluster ${instance.DBClusterIdentifier}, not a Multi-AZ DB instance`,
      mend: `Declare the cluster in the plan, as an rds-cluster with the identifier ${instance.DBClusterIdentifier}: a member can't be failed over by itself.`,
    });
  } else if (instance.MultiAZ !== true) {
    reasons.push({
      what: `${identifier} is not Multi-AZ, so it has no standby to fail over to`,
      mend: `Restore it from a backup instead, and make it Multi-AZ afterwards with modify-db-instance --multi-az. The command rds failover-db-cluster does not help: it is for Multi-AZ DB clusters and Aurora, and this is a DB instance; its Multi-AZ form fails over with reboot-db-instance --force-failover.`,
    });
  }
  const engine = engineReason(database, instance.Engine);
  if (engine) reasons.push(engine);
  const meaning = meaningOfStatus(instance.DBInstanceStatus, identifier);
  if (meaning.kind === 'stuck') reasons.push(meaning.reason);
  return reasons;
}

export function notThere({ identifier, region }: Database): Reason {
  return {
    what: `There is neither a DB instance nor a cluster ${identifier} in ${region}`,
    mend: "Check the identifier and the region in the plan's component.",
  };
}
export function skipped({ identifier }: Database): Reason {
  return {
    what: `RDS abandoned the failover of ${identifier} (RDS-EVENT-0034), because one had just happened`,
    mend: 'Check whether the database accepts writes now. If not, wait ten minutes and retry the step.',
  };
}
export function sameZone({ identifier }: Database, zone: string): Reason {
  return {
    what: `RDS brought ${identifier} back in the same zone, ${zone} (RDS-EVENT-0051), and did not fail it over`,
    mend: 'If it accepts writes and the zone is well, skip the step; otherwise retry it to force a failover.',
  };
}

import * as z from 'zod';
import { docdb, globalParameters } from '../../aws/docdb-global.ts';
import { rdsDurations } from '../../aws/rds-durations.ts';
import { byRolePermissions } from '../../aws/writer-by-role.ts';
import { defineAction } from '../contract.ts';
import { notBetweenMembers } from '../global-move.ts';
import { maxLagParameter, switchover, switchoverOutputs } from '../global-switchover.ts';

const parameters = z.strictObject({ ...globalParameters, maxLag: maxLagParameter });

/**
 * Gives the role of the writer to the other region while both work: DocumentDB stops writes, waits until the secondary has
 * everything, and changes the roles. Nothing is lost. Done means the role, the writer instance and an endpoint that
 * says that it writes; no write is made, which the evidence says.
 */
export const action = defineAction({
  kind: 'docdb.switchover-global-cluster',
  summary: 'Moves the writer of a DocumentDB global cluster to the other region, without loss',
  parameters,
  components: { global: 'docdb-global-cluster', to: 'docdb-cluster', from: 'docdb-cluster' },
  outputs: switchoverOutputs,
  // Users of the primary are interrupted, so a drill goes no further than the checks.
  drill: 'prepare-only',
  mutates: true,
  traits: ['moves-writer'],
  typical: rdsDurations.docdbGlobalSwitchover,
  failureModes: [
    'The primary region does not answer; only a failover helps then',
    'The members have engine versions that do not fit, or maintenance is pending for one of them',
    'The secondary has no instance, so nobody can connect to it',
    'The lag is large, and writes stand still as long',
    'Clients keep the endpoint of the old primary: each member has its own, and the writer has another one now',
    'The parameter group of the new primary differs from that of the old one',
  ],
  contradictions: notBetweenMembers,
  permissions: all => byRolePermissions('rds:SwitchoverGlobalCluster', all),
  ...switchover(docdb),
});

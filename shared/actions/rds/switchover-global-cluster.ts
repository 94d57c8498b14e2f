import * as z from 'zod';
import { aurora, auroraPermissions, globalParameters } from '../../aws/aurora-global.ts';
import { rdsDurations } from '../../aws/rds-durations.ts';
import { defineAction } from '../contract.ts';
import { notBetweenMembers } from '../global-move.ts';
import { maxLagParameter, switchover, switchoverOutputs } from '../global-switchover.ts';

const parameters = z.strictObject({ ...globalParameters, maxLag: maxLagParameter });

/**
 * Gives the role of the writer to the other region while both work: Aurora stops writes, waits until the secondary has
 * everything, and changes the roles. Nothing is lost. Done means that the target is the primary of the global database
 * and that a write at its endpoint succeeds.
 */
export const action = defineAction({
  kind: 'rds.switchover-global-cluster',
  summary: 'Moves the writer of an Aurora Global Database to the other region, without loss',
  parameters,
  components: { global: 'aurora-global-cluster', to: 'rds-cluster', from: 'rds-cluster' },
  outputs: switchoverOutputs,
  // Users of the primary are interrupted, so a drill goes no further than the checks.
  drill: 'prepare-only',
  mutates: true,
  traits: ['moves-writer'],
  asks: 'to',
  typical: rdsDurations.globalSwitchover,
  failureModes: [
    'The primary region does not answer; only a failover helps then',
    'The members have engine versions that do not fit',
    'The secondary has no DB instance, so nobody can connect to it',
    'The lag is large, and writes stand still as long',
    'Clients keep the endpoint of the old primary instead of the global writer endpoint',
  ],
  contradictions: notBetweenMembers,
  permissions: all => auroraPermissions('rds:SwitchoverGlobalCluster', all),
  ...switchover(aurora),
});

import * as z from 'zod';
import { aurora, auroraPermissions, globalParameters } from '../../aws/aurora-global.ts';
import { pausePermission } from '../../aws/global-clusters.ts';
import { rdsDurations } from '../../aws/rds-durations.ts';
import { defineAction } from '../contract.ts';
import { failover, failoverOutputs, lossParameters } from '../global-failover.ts';
import { notBetweenMembers } from '../global-move.ts';

const parameters = z.strictObject({ ...globalParameters, ...lossParameters });

/**
 * Makes the secondary of an Aurora Global Database the primary while the old primary's region is lost, and accepts the
 * loss of what had not arrived. How much that is at most is measured before: above `maxLoss`, or when it is not known,
 * a named person has to have accepted it. Done means the role and a write, as for a switchover.
 */
export const action = defineAction({
  kind: 'rds.failover-global-cluster',
  summary: 'Makes the secondary of an Aurora Global Database the primary; the last commits may be lost',
  parameters,
  components: { global: 'aurora-global-cluster', to: 'rds-cluster', from: 'rds-cluster' },
  outputs: failoverOutputs,
  drill: 'prepare-only',
  mutates: true,
  traits: ['moves-writer', 'expects-silence'],
  asks: 'to',
  typical: rdsDurations.globalFailover,
  failureModes: [
    'The old primary goes on writing for its own users: Aurora fences it as best it can, which is no proof',
    'The members have engine versions that do not fit, so that only a manual failover is possible',
    'The parameter group of the new primary wants a secondary that keeps up, so that writes stand still until it is reset',
    'The secondary has no DB instance, so nobody can connect to it',
    'What was committed in the old region after the cut is missing; a snapshot rds:unplanned-global-failover-… may hold it',
  ],
  contradictions: notBetweenMembers,
  permissions: all => [...auroraPermissions('rds:FailoverGlobalCluster', all), pausePermission(all)],
  ...failover(aurora),
});

import * as z from 'zod';
import { globalParameters, neptune } from '../../aws/neptune-global.ts';
import { rdsDurations } from '../../aws/rds-durations.ts';
import { byRolePermissions } from '../../aws/writer-by-role.ts';
import { defineAction } from '../contract.ts';
import { failover, failoverOutputs, lossParameters } from '../global-failover.ts';
import { notBetweenMembers } from '../global-move.ts';

const parameters = z.strictObject({ ...globalParameters, ...lossParameters });

/**
 * Makes the secondary of a Neptune global database the primary while the old primary's region is lost, and accepts the
 * loss of what had not arrived. How much that is at most is measured before: above `maxLoss`, or when it is not known,
 * a named person has to have accepted it; so where the old primary seems to write still. Done means what it means for a
 * switchover: no write is made.
 */
export const action = defineAction({
  kind: 'neptune.failover-global-cluster',
  summary: 'Makes the secondary of a Neptune global database the primary; the last writes may be lost',
  parameters,
  components: { global: 'neptune-global-cluster', to: 'neptune-cluster', from: 'neptune-cluster' },
  outputs: failoverOutputs,
  drill: 'prepare-only',
  mutates: true,
  traits: ['moves-writer', 'expects-silence'],
  typical: rdsDurations.neptuneGlobalFailover,
  failureModes: [
    'The old primary goes on writing for its own users: nothing proves from outside that it does not',
    'The members have engine versions that do not fit, so that only a manual failover is possible',
    'The secondary has no instance, so nobody can connect to it',
    'What was written in the old region after the cut is missing',
    'Clients keep the endpoint of the old primary: each member has its own, and the writer has another one now',
  ],
  contradictions: notBetweenMembers,
  permissions: all => byRolePermissions('rds:FailoverGlobalCluster', all),
  ...failover(neptune),
});

import * as z from 'zod';
import { describePermission, ec2Arn } from '../../aws/ec2-instances.ts';
import {
  authorizeRules,
  describeRule,
  readRules,
  revokeRules,
  ruleSchema,
  sameRule,
} from '../../aws/security-group-rules.ts';
import { securityGroup } from '../../plan/components.ts';
import { defineAction } from '../contract.ts';
import { refuseProductionInDrill } from '../drill-guard.ts';
import { alreadyDone, finish, pending, ready } from '../outcomes.ts';

const parameters = z.object({
  group: securityGroup,
  rules: z
    .array(ruleSchema)
    .meta({ description: 'What an ec2.revoke-ingress took away: ${steps.<its id>.rules}' }),
});

const baselineSchema = z.object({ absent: z.array(ruleSchema) });

/** Brings back ingress rules that a step took away, once the danger is over. */
export const action = defineAction({
  kind: 'ec2.restore-ingress',
  summary: 'Brings back ingress rules that were revoked from a security group',
  parameters,
  components: { group: 'security-group' },
  outputs: { restored: 'How many rules were brought back' },
  drill: 'isolated',
  mutates: true,
  typical: {
    minSeconds: 1,
    likelySeconds: 5,
    maxSeconds: 60,
    source: 'EC2 applies rules within seconds; experience',
  },
  failureModes: [
    'The quota of rules of the group was used up meanwhile',
    'A source group was deleted meanwhile',
  ],
  permissions: ({ group: { groupId, region } }) => [
    describePermission('DescribeSecurityGroupRules'),
    {
      actions: ['ec2:AuthorizeSecurityGroupIngress', 'ec2:RevokeSecurityGroupIngress'],
      resources: [ec2Arn(region, `security-group/${groupId}`)],
    },
  ],
  async prepare(context, { group, rules }) {
    const refused = refuseProductionInDrill(context, group.region, `the security group ${group.groupId}`);
    if (refused) return refused;
    const present = await readRules(context, group);
    const absent = rules.filter(rule => !present.some(other => sameRule(rule, other)));
    const what = `To be allowed again by ${group.groupId}: ${absent.map(describeRule).join(', ') || 'nothing'}.`;
    if (absent.length === 0) return alreadyDone({ absent }, { restored: 0 }, what);
    return ready({ absent }, what);
  },
  async act(context, { group }, stored) {
    const { absent } = baselineSchema.parse(stored);
    const present = await readRules(context, group);
    const left = absent.filter(rule => !present.some(other => sameRule(rule, other)));
    if (left.length > 0) await authorizeRules(context, group, left);
  },
  async observe(context, { group, rules }, stored) {
    const present = await readRules(context, group);
    const left = rules.filter(rule => !present.some(other => sameRule(rule, other)));
    if (left.length > 0) return pending(`Not shown yet: ${left.map(describeRule).join(', ')}.`);
    const { absent } = baselineSchema.parse(stored);
    return finish(`${group.groupId} lets in ${rules.map(describeRule).join(', ')}.`, {
      restored: absent.length,
    });
  },
  async undo(context, { group }, stored) {
    const { absent } = baselineSchema.parse(stored);
    const present = await readRules(context, group);
    const ours = present.filter(rule => absent.some(other => sameRule(rule, other)));
    if (ours.length === 0) return finish(`${group.groupId} is closed as before.`);
    await revokeRules(context, group, ours);
    return pending('The rules were revoked again.');
  },
});

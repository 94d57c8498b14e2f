import * as z from 'zod';
import { describePermission, ec2Arn } from '../../aws/ec2-instances.ts';
import {
  authorizeRules,
  describeRule,
  readRules,
  revokeRules,
  ruleSchema,
  sameRule,
  sourceOf,
} from '../../aws/security-group-rules.ts';
import { securityGroup } from '../../plan/components.ts';
import { defineAction } from '../contract.ts';
import { refuseProductionInDrill } from '../drill-guard.ts';
import { alreadyDone, finish, pending, ready } from '../outcomes.ts';

const parameters = z.object({
  group: securityGroup,
  from: z.array(z.string()).min(1).optional().meta({
    description: 'CIDR ranges, prefix lists or group ids whose rules go; without it, those of all sources',
  }),
  ports: z
    .array(z.number().int().min(0).max(65_535))
    .min(1)
    .optional()
    .meta({ description: 'Ports whose rules go; without it, those of all ports' }),
});
type Parameters = z.output<typeof parameters>;

const baselineSchema = z.object({ rules: z.array(ruleSchema.extend({ id: z.string() })) });

const isMeant =
  ({ from, ports }: Parameters) =>
  (rule: z.infer<typeof ruleSchema>): boolean =>
    (from === undefined || from.includes(sourceOf(rule))) &&
    (ports === undefined ||
      rule.fromPort < 0 ||
      ports.some(port => port >= rule.fromPort && port <= rule.toPort));

/**
 * Closes a security group to sources that it lets in. What is revoked is kept, so that ec2.restore-ingress or undo
 * can bring it back. Connections that are open already are tracked, and may go on until they end by themselves.
 */
export const action = defineAction({
  kind: 'ec2.revoke-ingress',
  summary: 'Revokes ingress rules of a security group, and keeps them for going back',
  parameters,
  components: { group: 'security-group' },
  outputs: { rules: 'The rules that were revoked, for ec2.restore-ingress' },
  drill: 'isolated',
  mutates: true,
  typical: {
    minSeconds: 1,
    likelySeconds: 5,
    maxSeconds: 60,
    source: 'EC2 applies rules within seconds; experience',
  },
  failureModes: [
    'Open connections are tracked and survive the change',
    'Another group of the same interface still lets the source in',
    'Infrastructure code puts the rules back',
  ],
  permissions: ({ group: { groupId, region } }) => [
    describePermission('DescribeSecurityGroupRules'),
    {
      actions: ['ec2:RevokeSecurityGroupIngress', 'ec2:AuthorizeSecurityGroupIngress'],
      resources: [ec2Arn(region, `security-group/${groupId}`)],
    },
  ],
  async prepare(context, given) {
    const { group } = given;
    const refused = refuseProductionInDrill(context, group.region, `the security group ${group.groupId}`);
    if (refused) return refused;
    const all = await readRules(context, group);
    const rules = all.filter(isMeant(given));
    const what = `${group.groupId} lets in ${all.map(describeRule).join(', ') || 'nobody'}; to be revoked: ${rules.length} of ${all.length} rules.`;
    if (rules.length === 0) return alreadyDone({ rules }, { rules }, what);
    return ready({ rules }, what);
  },
  async act(context, { group }, stored) {
    const { rules } = baselineSchema.parse(stored);
    const present = await readRules(context, group);
    const left = present.filter(rule => rules.some(({ id }) => id === rule.id));
    if (left.length > 0) await revokeRules(context, group, left);
  },
  async observe(context, given, stored) {
    const { rules } = baselineSchema.parse(stored);
    const left = (await readRules(context, given.group)).filter(isMeant(given));
    if (left.length > 0)
      return pending(`${given.group.groupId} still lets in ${left.map(describeRule).join(', ')}.`);
    const what = `${given.group.groupId} no longer lets in ${rules.map(describeRule).join(', ')}. Connections that were open may go on.`;
    return finish(what, { rules });
  },
  async undo(context, { group }, stored) {
    const { rules } = baselineSchema.parse(stored);
    const present = await readRules(context, group);
    const absent = rules.filter(rule => !present.some(other => sameRule(rule, other)));
    if (absent.length === 0)
      return finish(`${group.groupId} lets in again ${rules.map(describeRule).join(', ')}.`);
    await authorizeRules(context, group, absent);
    return pending('The rules were put back.');
  },
});

import {
  DescribeRuleCommand,
  type DescribeRuleCommandOutput,
  DisableRuleCommand,
  EnableRuleCommand,
  EventBridgeClient,
} from '@aws-sdk/client-eventbridge';
import * as z from 'zod';
import { ifFound, request } from '../../aws/aws-errors.ts';
import { eventRule } from '../../plan/components.ts';
import { type ActionContext, defineAction, type Observation } from '../contract.ts';
import { refuseProductionInDrill } from '../drill-guard.ts';
import { alreadyDone, fail, finish, pending, ready, refuse } from '../outcomes.ts';

const parameters = z.object({
  rule: eventRule,
  enabled: z.boolean().meta({ description: 'Whether the rule is on afterwards' }),
});
type Rule = z.output<typeof parameters>['rule'];

const baselineSchema = z.object({ before: z.boolean() });

async function readRule(context: ActionContext, rule: Rule): Promise<DescribeRuleCommandOutput | undefined> {
  const { name, bus, region } = rule;
  return ifFound(['ResourceNotFoundException'], async () => {
    const command = new DescribeRuleCommand({ Name: name, EventBusName: bus });
    return await request({ call: 'events.DescribeRule', region }, () =>
      context.aws.client(EventBridgeClient, region).send(command),
    );
  });
}

/** ENABLED, or ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS. */
const isOn = (found: DescribeRuleCommandOutput) => found.State?.startsWith('ENABLED') ?? false;

async function turn(context: ActionContext, { name, bus, region }: Rule, enabled: boolean): Promise<void> {
  const operation = enabled ? 'EnableRule' : 'DisableRule';
  await context.changed({
    call: `events.${operation}`,
    region,
    resource: `${bus}/${name}`,
    what: `${enabled ? 'Enabled' : 'Disabled'} the rule ${name} on the bus ${bus}.`,
  });
  const client = context.aws.client(EventBridgeClient, region);
  const input = { Name: name, EventBusName: bus };
  // One call for each: a union of commands has no common overload of send.
  const send = enabled
    ? () => client.send(new EnableRuleCommand(input))
    : () => client.send(new DisableRuleCommand(input));
  await request<unknown>({ call: `events.${operation}`, region }, send);
}

async function bring(context: ActionContext, rule: Rule, enabled: boolean): Promise<Observation> {
  const found = await readRule(context, rule);
  if (!found) return fail(`The rule ${rule.name} is gone.`, 'Make it again, then retry the step.');
  if (isOn(found) === enabled) {
    return finish(`The rule ${rule.name} is ${found.State}.`, { state: found.State ?? '' });
  }
  await turn(context, rule, enabled);
  return pending(`The rule ${rule.name} reads ${found.State}; the change was asked for again.`);
}

/** Turns an EventBridge rule on or off, such as the schedules of the recovery region. */
export const action = defineAction({
  kind: 'events.switch-rule',
  summary: 'Turns an EventBridge rule on or off',
  parameters,
  components: { rule: 'event-rule' },
  outputs: { state: 'ENABLED or DISABLED' },
  drill: 'isolated',
  mutates: true,
  typical: {
    minSeconds: 1,
    likelySeconds: 5,
    maxSeconds: 60,
    source: 'EventBridge User Guide: a changed rule takes effect after a short while',
  },
  failureModes: [
    'Both regions run the same schedule at once',
    'Events that were put while the rule was off are not delivered later',
    'A service manages the rule and puts its state back',
  ],
  permissions: ({ rule: { name, bus, region } }) => {
    const path = bus === 'default' ? name : `${bus}/${name}`;
    return [
      {
        actions: ['events:DescribeRule', 'events:EnableRule', 'events:DisableRule'],
        resources: [`arn:\${AWS::Partition}:events:${region}:\${AWS::AccountId}:rule/${path}`],
      },
    ];
  },
  async prepare(context, { rule, enabled }) {
    const refused = refuseProductionInDrill(context, rule.region, `the rule ${rule.name}`);
    if (refused) return refused;
    const found = await readRule(context, rule);
    if (!found) {
      const mend = `Deploy it there, or correct "${rule.id}" in the plan.`;
      return refuse(`There is no rule ${rule.name} on the bus ${rule.bus} in ${rule.region}.`, mend);
    }
    if (found.ManagedBy) {
      return refuse(
        `The rule ${rule.name} is managed by ${found.ManagedBy}, which puts its state back.`,
        `Switch what it belongs to in ${found.ManagedBy} instead.`,
      );
    }
    const before = isOn(found);
    const what = `The rule ${rule.name} is ${found.State}.`;
    return before === enabled
      ? alreadyDone({ before }, { state: found.State ?? '' }, what)
      : ready({ before }, what);
  },
  async act(context, { rule, enabled }) {
    const found = await readRule(context, rule);
    if (found && isOn(found) !== enabled) await turn(context, rule, enabled);
  },
  observe: (context, { rule, enabled }) => bring(context, rule, enabled),
  undo: (context, { rule }, stored) => bring(context, rule, baselineSchema.parse(stored).before),
});

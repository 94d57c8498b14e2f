import { componentsOf } from '../world/addresses.ts';
import { keepHistory, seenState } from '../world/history.ts';
import { type Call, SimulatedAwsError, type SimulatedService, type World } from '../world/world.ts';

type SimulatedRule = { name: string; bus: string; region: string; on: boolean };

export const rulesOf = (world: World) => world.state<SimulatedRule[]>('event-rules', () => []);

/** Amazon EventBridge: the system's own rules, on or off. Lifeboat's rules are those of the deployment. */
export const service: SimulatedService = {
  name: 'events',
  operations: {
    DescribeRule: (world, call) => {
      const { name, bus, on } = ruleOf(seenState(world, 'events', rulesOf(world)), call);
      return { Name: name, EventBusName: bus, State: on ? 'ENABLED' : 'DISABLED' };
    },
    EnableRule: (world, call) => turn(world, call, true),
    DisableRule: (world, call) => turn(world, call, false),
  },
  arrange(world, plan) {
    for (const { name, bus, region, enabled } of componentsOf(plan, 'event-rule')) {
      rulesOf(world).push({ name, bus, region, on: enabled });
    }
    keepHistory(world, 'events', () => rulesOf(world));
  },
};

function ruleOf(rules: readonly SimulatedRule[], { input, region }: Call): SimulatedRule {
  const bus = input.EventBusName ?? 'default';
  const found = rules.find(rule => rule.name === input.Name && rule.bus === bus && rule.region === region);
  if (found) return found;
  throw new SimulatedAwsError(
    'ResourceNotFoundException',
    `Rule ${input.Name} does not exist on EventBus ${bus}.`,
  );
}

function turn(world: World, call: Call, on: boolean): unknown {
  const rule = ruleOf(rulesOf(world), call);
  rule.on = on;
  world.changed(`events/${rule.bus}/${rule.name}`, `The rule is ${on ? 'enabled' : 'disabled'}`, 'lifeboat');
  return {};
}

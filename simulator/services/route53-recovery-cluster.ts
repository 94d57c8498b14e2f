import * as z from 'zod';
import { componentsOf } from '../world/addresses.ts';
import { setCheck } from '../world/health-checks.ts';
import { refreshAnswers } from '../world/resolvers.ts';
import { type Call, SimulatedAwsError, type SimulatedService, type World } from '../world/world.ts';

/** Until the other endpoints show a state that was written to one of them: seconds (ARC Developer Guide). */
const spreadDuration = { minSeconds: 1, likelySeconds: 2, maxSeconds: 5 };
/** Until the health check of a routing control follows its state. */
const followDuration = { minSeconds: 2, likelySeconds: 5, maxSeconds: 15 };

type Control = { on: boolean; shownAt: Map<string, boolean>; writes: number };

export const controlsOf = (world: World) =>
  world.state('routing-controls', () => {
    const controls = componentsOf(world.plan, 'routing-control');
    return new Map(
      controls.map(({ arn, on }): [string, Control] => [arn, { on, shownAt: new Map(), writes: 0 }]),
    );
  });

const updateInput = z.object({
  UpdateRoutingControlStateEntries: z
    .array(z.object({ RoutingControlArn: z.string(), RoutingControlState: z.enum(['On', 'Off']) }))
    .min(1),
});

/** The data plane of ARC: every endpoint answers for itself, so a lost region takes one of them away. */
export const service: SimulatedService = {
  name: 'route53-recovery-cluster',
  operations: {
    GetRoutingControlState: (world, call) => {
      const arn = String(call.input.RoutingControlArn);
      const { on, shownAt } = controlOf(world, arn);
      const shown = shownAt.get(call.region) ?? on;
      return { RoutingControlArn: arn, RoutingControlState: shown ? 'On' : 'Off' };
    },
    UpdateRoutingControlStates: update,
  },
};

function controlOf(world: World, arn: string): Control {
  const found = controlsOf(world).get(arn);
  if (found) return found;
  throw new SimulatedAwsError('ResourceNotFoundException', `Routing control ${arn} not found`, 404);
}

/** All states or none. The safety rule that every cluster should have: at least one control stays on. */
function update(world: World, call: Call): unknown {
  const entries = updateInput.parse(call.input).UpdateRoutingControlStateEntries;
  const wanted = new Map(entries.map(entry => [entry.RoutingControlArn, entry.RoutingControlState === 'On']));
  for (const arn of wanted.keys()) controlOf(world, arn);
  const after = [...controlsOf(world)].map(([arn, { on }]) => wanted.get(arn) ?? on);
  if (!after.some(Boolean)) {
    const message =
      'The request violates the safety rule "at-least-one-region": at least 1 routing control must be On';
    throw new SimulatedAwsError('ConflictException', message, 409);
  }
  for (const [arn, on] of wanted) setControl(world, call.region, arn, on);
  return {};
}

function setControl(world: World, writtenAt: string, arn: string, on: boolean): void {
  const control = controlOf(world, arn);
  if (control.on === on) return;
  const resource = `routing-control/${arn.split('/').at(-1)}`;
  const component = componentsOf(world.plan, 'routing-control').find(one => one.arn === arn);
  control.on = on;
  control.writes += 1;
  const round = control.writes;
  for (const { region } of component?.endpoints ?? [])
    if (region !== writtenAt) control.shownAt.set(region, !on);
  world.changed(resource, `The routing control is ${on ? 'On' : 'Off'}`, 'lifeboat');
  const key = `${arn}/${round}`;
  world.after(
    world.duration(spreadDuration, `spread/${key}`),
    resource,
    'All endpoints show the state',
    () => {
      if (control.writes === round) control.shownAt.clear();
    },
  );
  world.after(world.duration(followDuration, `follow/${key}`), resource, 'The health check follows', () => {
    if (control.writes !== round || !component) return;
    setCheck(world, component.healthCheckId, on);
    refreshAnswers(world);
  });
}

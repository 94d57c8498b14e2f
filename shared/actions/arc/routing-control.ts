import * as z from 'zod';
import { isNamed } from '../../aws/aws-errors.ts';
import { type Control, inOrder, readControl, type State, setControls } from '../../aws/routing-controls.ts';
import { StepFailedError } from '../../errors.ts';
import type { JsonObject } from '../../json.ts';
import { routingControl } from '../../plan/components.ts';
import { messageOf } from '../../traffic/route53.ts';
import { type ActionContext, defineAction, type Observation } from '../contract.ts';
import { alreadyDone, finish, pending, ready } from '../outcomes.ts';

const parameters = z.object({
  on: routingControl,
  off: routingControl
    .optional()
    .meta({ description: 'Switched off in the same request: the region that users leave' }),
});
type Parameters = z.output<typeof parameters>;

const stateSchema = z.enum(['On', 'Off']);
const baselineSchema = z.object({
  previous: z.array(z.object({ arn: z.string(), state: stateSchema })),
  writtenAt: z.string().optional(),
});

const wantedOf = ({ on, off }: Parameters): Control[] => [
  { arn: on.arn, state: 'On' },
  ...(off ? [{ arn: off.arn, state: 'Off' as const }] : []),
];

/** Nothing here calls a control plane: the endpoints of the cluster are in the plan. */
async function readStates(context: ActionContext, { on, off }: Parameters, start: number) {
  const endpoints = inOrder(on.endpoints, context.regions.primary, start);
  const controls = off ? [on, off] : [on];
  return Promise.all(
    controls.map(async ({ arn }) => ({ arn, ...(await readControl(context.aws, endpoints, arn)) })),
  );
}

async function set(context: ActionContext, { on }: Parameters, controls: readonly Control[]): Promise<void> {
  const name = (arn: string) => arn.split('/').at(-1) ?? arn;
  await context.changed({
    call: 'route53-recovery-cluster.UpdateRoutingControlStates',
    region: on.endpoints[0]?.region ?? on.region,
    resource: controls.map(({ arn }) => arn).join(' '),
    what: `Set routing controls: ${controls.map(({ arn, state }) => `${name(arn)} ${state}`).join(', ')}.`,
  });
  try {
    await setControls(context.aws, inOrder(on.endpoints, context.regions.primary), controls);
  } catch (error) {
    // ARC names the rule in its message; overriding one is a decision for a person, never for a runbook.
    if (!isNamed(error, 'ConflictException')) throw error;
    throw new StepFailedError(`A safety rule of ARC does not allow these states: ${messageOf(error)}`, {
      nextStep:
        'Switch the controls so that the rule holds (one region stays on), or override it by hand with SafetyRulesToOverride, then skip this step.',
      cause: error,
    });
  }
}

const holds = (states: readonly { arn: string; state: State }[], wanted: readonly Control[]) =>
  wanted.every(({ arn, state }) => states.some(seen => seen.arn === arn && seen.state === state));

async function undo(context: ActionContext, given: Parameters, stored: JsonObject): Promise<Observation> {
  const { previous } = baselineSchema.parse(stored);
  const states = await readStates(context, given, 1);
  if (holds(states, previous)) return finish('The routing controls are as before.');
  await set(context, given, previous);
  return pending('The routing controls were set back.');
}

/**
 * Moves users by ARC routing controls: through the data plane alone, by whichever of the cluster's five endpoints
 * answers. Both states change in one request, so that a safety rule never sees only half of the move. Done when
 * another endpoint than the one that was written to reads the new states; a dns.check of the name should follow.
 */
export const action = defineAction({
  kind: 'arc.routing-control',
  summary: 'Moves users by ARC routing controls, through the data plane alone',
  parameters,
  components: { on: 'routing-control', off: 'routing-control' },
  outputs: {
    on: 'Name of the control that is on',
    readBackFrom: 'Region of the endpoint that showed the new states',
  },
  drill: 'prepare-only',
  mutates: true,
  traits: ['moves-users'],
  typical: {
    minSeconds: 2,
    likelySeconds: 15,
    maxSeconds: 90,
    source:
      'ARC Developer Guide: states reach the other endpoints within seconds; health checks of type RECOVERY_CONTROL follow',
  },
  failureModes: [
    'A safety rule refuses the states: it is explained, and never overridden',
    'Endpoints do not answer: the next one is tried, the lost region’s last',
    'The records have no health check of the routing control, so that nothing moves',
  ],
  permissions: ({ on, off }) => [
    {
      actions: [
        'route53-recovery-cluster:GetRoutingControlState',
        'route53-recovery-cluster:UpdateRoutingControlStates',
      ],
      resources: off ? [on.arn, off.arn] : [on.arn],
    },
  ],
  async prepare(context, given) {
    const states = await readStates(context, given, 0);
    const previous = states.map(({ arn, state }) => ({ arn, state }));
    const what = `Routing controls: ${states.map(({ arn, state }) => `${arn.split('/').at(-1)} ${state}`).join(', ')}.`;
    if (holds(states, wantedOf(given))) {
      return alreadyDone({ previous }, { on: given.on.id, readBackFrom: states[0]?.region ?? '' }, what);
    }
    return ready({ previous }, what);
  },
  async act(context, given) {
    const states = await readStates(context, given, 0);
    if (!holds(states, wantedOf(given))) await set(context, given, wantedOf(given));
  },
  async observe(context, given) {
    // The request went to the first endpoint that answered; asking the next one shows that the cluster agrees.
    const states = await readStates(context, given, 1);
    if (!holds(states, wantedOf(given))) return pending('The endpoints do not show the new states yet.');
    const from = states[0]?.region ?? '';
    const what = `The endpoint in ${from} shows ${states.map(({ arn, state }) => `${arn.split('/').at(-1)} ${state}`).join(', ')}.`;
    return finish(what, { on: given.on.id, readBackFrom: from });
  },
  undo,
});

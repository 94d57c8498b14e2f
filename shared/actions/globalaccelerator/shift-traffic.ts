import type { EndpointGroup } from '@aws-sdk/client-global-accelerator';
import * as z from 'zod';
import { accelerator } from '../../plan/components.ts';
import {
  foreignEndpoints,
  formerStates,
  otherOf,
  type Side,
  type States,
  sides,
  wantedStates,
  weightsIn,
  written,
} from '../../traffic/accelerator-states.ts';
import {
  groupStateSchema,
  readAccelerator,
  readGroup,
  sameState,
  stateOf,
  updateGroup,
} from '../../traffic/accelerators.ts';
import { whyUnanswered } from '../../traffic/unanswered.ts';
import {
  type ActionContext,
  defineAction,
  type Observation,
  type Permission,
  type Preparation,
} from '../contract.ts';
import { alreadyDone, fail, finish, pending, ready, refuse } from '../outcomes.ts';

const parameters = z.strictObject({
  accelerator,
  to: z.enum(sides).meta({ description: 'The side that users are sent to' }),
  percent: z.int().min(1).max(100).default(100).meta({
    description:
      'Of the users who are nearest to the other side, the share that is moved; those nearest to this side all come here',
  }),
  closeOther: z.boolean().default(true).meta({
    description:
      'With 100 percent, whether the other side gets the weight 0 as well. Without it users are sent back there, whatever its dial says, as soon as this side is ill and that one answers',
  }),
  url: z
    .string()
    .regex(/^https?:\/\//, 'an http or https URL')
    .optional()
    .meta({ description: 'Address that has to answer 200 through the accelerator before it counts as done' }),
});
type Parameters = z.output<typeof parameters>;

const baselineSchema = z.object({
  before: z.object({ primary: groupStateSchema, recovery: groupStateSchema }),
});

type Groups = Record<Side, EndpointGroup>;

async function readGroups({ aws }: ActionContext, { accelerator }: Parameters): Promise<Groups | Side> {
  const [primary, recovery] = await Promise.all(sides.map(side => readGroup(aws, accelerator[side].arn)));
  if (!primary) return 'primary';
  return recovery ? { primary, recovery } : 'recovery';
}

const statesOf = ({ primary, recovery }: Groups): States => ({
  primary: stateOf(primary),
  recovery: stateOf(recovery),
});

const healthyIn = ({ EndpointDescriptions = [] }: EndpointGroup) =>
  EndpointDescriptions.filter(({ HealthState }) => HealthState === 'HEALTHY').length;

/** Global Accelerator finds a healthy endpoint within a minute; so long is waited for it before anybody is moved. */
const healthWaitSeconds = 300;

async function prepare(context: ActionContext, given: Parameters): Promise<Preparation> {
  const { accelerator, to } = given;
  const found = await readAccelerator(context.aws, accelerator.arn);
  if (!found)
    return refuse(`There is no accelerator ${accelerator.arn}.`, `Correct "${accelerator.id}" in the plan.`);
  if (!found.Enabled) {
    return refuse(
      `The accelerator ${accelerator.id} is disabled: it takes in nobody.`,
      `Enable it: aws globalaccelerator update-accelerator --enabled --region us-west-2 --accelerator-arn ${accelerator.arn}. Then retry.`,
    );
  }
  const groups = await readGroups(context, given);
  if (typeof groups === 'string') {
    const what = `The accelerator ${accelerator.id} has no endpoint group ${accelerator[groups].arn}.`;
    return refuse(what, `Make it ahead of time, or correct "${groups}" of "${accelerator.id}" in the plan.`);
  }
  const region = context.regions[to];
  if (groups[to].EndpointGroupRegion !== region) {
    const what = `The endpoint group of the ${to} side is in ${groups[to].EndpointGroupRegion}, not in ${region}.`;
    return refuse(what, `Correct "${to}" of "${accelerator.id}" in the plan.`);
  }
  const before = statesOf(groups);
  const wanted = wantedStates(given, before);
  const healthy = healthyIn(groups[to]);
  const what = `${written(before)}; ${healthy} healthy endpoints in ${region}.`;
  const [foreign] = foreignEndpoints(accelerator.arn, before, wanted);
  if (foreign) {
    return refuse(
      `The weight of ${foreign}, of another account, can not be changed without its attachment.`,
      'Leave the weights alone with closeOther: false, and open the target side ahead of time.',
    );
  }
  const same = sides.every(side => sameState(before[side], wanted[side]));
  const served =
    same &&
    healthy > 0 &&
    found.Status === 'DEPLOYED' &&
    !(await whyUnanswered(context, given.url, accelerator.dnsName));
  return served
    ? alreadyDone({ before }, { to, dials: written(before) }, what)
    : ready({ before }, what, { before });
}

/** Opens before it closes, so that users always have somewhere to go. */
async function bring(
  context: ActionContext,
  { accelerator }: Parameters,
  now: States,
  wanted: States,
  first: Side,
) {
  for (const side of [first, otherOf(first)]) {
    if (sameState(now[side], wanted[side])) continue;
    const what = `${accelerator.id}, ${side}: dial ${now[side].dial} % to ${wanted[side].dial} %, weights ${weightsIn(now[side])} to ${weightsIn(wanted[side])}.`;
    await updateGroup(context, accelerator[side].arn, now[side], wanted[side], what);
  }
}

/** Why it is not so yet; undefined once both sides are as wanted and every edge has it. */
async function missing(context: ActionContext, given: Parameters, now: States, wanted: States, first: Side) {
  if (sides.some(side => !sameState(now[side], wanted[side]))) {
    await bring(context, given, now, wanted, first);
    return `${written(now)}; the change was asked for again.`;
  }
  const found = await readAccelerator(context.aws, given.accelerator.arn);
  return found?.Status === 'DEPLOYED'
    ? undefined
    : `The edges do not all have it yet (${found?.Status ?? 'gone'}).`;
}

function gone({ accelerator }: Parameters, side: Side): Observation {
  return fail(
    `The endpoint group of the ${side} side of ${accelerator.id} is gone.`,
    'Somebody removed it. Make it again, then retry the step.',
  );
}

async function observe(context: ActionContext, given: Parameters): Promise<Observation> {
  const { to } = given;
  const groups = await readGroups(context, given);
  if (typeof groups === 'string') return gone(given, groups);
  const healthy = healthyIn(groups[to]);
  if (healthy === 0 && context.elapsedSeconds < healthWaitSeconds) {
    return pending(`No endpoint of the ${to} side is healthy for Global Accelerator yet.`);
  }
  if (healthy === 0) {
    return fail(
      `No endpoint in ${context.regions[to]} is healthy for Global Accelerator: who is sent there waits for nothing.`,
      'Bring up what is behind it first, and look with elbv2.target-health; then retry.',
    );
  }
  const now = statesOf(groups);
  const note = await missing(context, given, now, wantedStates(given, now), to);
  if (note) return pending(note);
  const silent = await whyUnanswered(context, given.url, given.accelerator.dnsName);
  if (silent) return pending(silent);
  const asked = given.url ? `; ${given.url} answers through it` : '';
  return finish(`${written(now)}, deployed; ${healthy} healthy endpoints${asked}.`, {
    to,
    dials: written(now),
  });
}

async function undo(context: ActionContext, given: Parameters, stored: unknown): Promise<Observation> {
  const { before } = baselineSchema.parse(stored);
  const groups = await readGroups(context, given);
  if (typeof groups === 'string') return gone(given, groups);
  const now = statesOf(groups);
  const note = await missing(context, given, now, formerStates(before, now), otherOf(given.to));
  return note ? pending(note) : finish(`As before: ${written(before)}.`);
}

function permissions({ accelerator: { arn, primary, recovery } }: Parameters): Permission[] {
  return [
    { actions: ['globalaccelerator:DescribeAccelerator'], resources: [arn] },
    {
      actions: ['globalaccelerator:DescribeEndpointGroup', 'globalaccelerator:UpdateEndpointGroup'],
      resources: [primary.arn, recovery.arn],
    },
    {
      actions: ['elasticloadbalancing:DescribeLoadBalancers'],
      resources: ['*'],
      reason:
        'Global Accelerator looks at the load balancers with the rights of who asks; it has no resource for that',
    },
  ];
}

/**
 * Moves users between the regions of an accelerator by dials and weights. The dial alone does not keep users away: when
 * one side is ill, Global Accelerator sends them to the other whatever its dial says, unless its weights are 0. So a
 * side that must get nobody (a standby that is not the writer, a region that was left) has the weight 0.
 */
export const action = defineAction({
  kind: 'globalaccelerator.shift-traffic',
  summary: 'Moves users between the regions of a Global Accelerator, by dials and weights',
  parameters,
  components: { accelerator: 'accelerator' },
  outputs: { to: 'The side that users are sent to', dials: 'Dials and weights of both sides, in words' },
  drill: 'prepare-only',
  mutates: true,
  traits: ['moves-users'],
  typical: {
    minSeconds: 10,
    likelySeconds: 40,
    maxSeconds: 300,
    source:
      'Experience: an accelerator is DEPLOYED again within a minute, seldom later; to be replaced by measurement',
  },
  failureModes: [
    'The control plane (us-west-2) is down: dials and weights can not be changed, health checks still move users',
    'Connections that are open stay where they are, until they are closed or idle for 340 s',
    'Health checks look at less than users do: an endpoint is healthy and its database is not',
    'The other side is not closed, and users go back there by themselves when this side is ill',
    'What the load balancer lets in is too little for the users of two regions',
  ],
  contradictions: ({ accelerator: { id, primary, recovery } }) =>
    primary.arn === recovery.arn
      ? [
          {
            what: `Both sides of ${id} are the same endpoint group, so there is nothing to shift`,
            mend: 'Name the endpoint group of each region by its ARN.',
          },
        ]
      : [],
  permissions,
  prepare,
  async act(context, given) {
    const groups = await readGroups(context, given);
    // Nobody is sent where nothing is healthy; observe moves them as soon as something is.
    if (typeof groups === 'string' || healthyIn(groups[given.to]) === 0) return;
    const now = statesOf(groups);
    await bring(context, given, now, wantedStates(given, now), given.to);
  },
  observe,
  undo,
});

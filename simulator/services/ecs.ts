import type { Deployment, Service } from '@aws-sdk/client-ecs';
import * as z from 'zod';
import type { ComponentOf } from '../../shared/plan/components.ts';
import { componentsOf } from '../world/addresses.ts';
import { menders } from '../world/assumed-repairs.ts';
import { lostZones, resourceId } from '../world/fleet.ts';
import { keepHistory, seenState } from '../world/history.ts';
import { placeTargets, setSick, setTargets } from '../world/load-balancing.ts';
import {
  type Blow,
  type Call,
  SimulatedAwsError,
  type SimulatedService,
  type World,
} from '../world/world.ts';

/** From the request until a Fargate task runs: network interface, image, start. Experience: 30 to 90 s. */
const startDuration = { minSeconds: 25, likelySeconds: 50, maxSeconds: 110 };
/** Draining is cut short by the service's own deregistration delay; experience with 30 to 300 s. */
const stopDuration = { minSeconds: 20, likelySeconds: 60, maxSeconds: 180 };
/** Failed tasks after which the circuit breaker gives a deployment up (ECS Developer Guide: at least 3, half of desired). */
const breakerThreshold = 3;

type Task = {
  id: string;
  ip: string;
  zone: string;
  definition: string;
  deployment: string;
  state: 'pending' | 'running' | 'stopping';
};

export type SimulatedEcsService = {
  cluster: string;
  name: string;
  region: string;
  desired: number;
  definition: string;
  deployments: {
    id: string;
    definition: string;
    failed: number;
    state: 'IN_PROGRESS' | 'COMPLETED' | 'FAILED';
  }[];
  tasks: Task[];
  tasksMade: number;
  targetGroupArn?: string;
  events: string[];
  /** Task definitions whose tasks never come up. */
  bad: string[];
};

export const ecsServices = (world: World) => world.state<SimulatedEcsService[]>('ecs', () => []);

/** Amazon ECS: services, their tasks and how a deployment replaces them. */
export const service: SimulatedService = {
  name: 'ecs',
  operations: { DescribeServices: describeServices, UpdateService: updateService },
  arrange(world, plan) {
    menders(world).set('ecs-service', component => {
      const one = component.type === 'ecs-service' && serviceOf(world, component);
      if (!one) return;
      one.bad = [];
      for (const deployment of one.deployments) {
        deployment.failed = 0;
        if (deployment.state === 'FAILED') deployment.state = 'IN_PROGRESS';
      }
      reconcile(world, one);
    });
    for (const { cluster, name, region, standbyCount, targetGroup } of componentsOf(plan, 'ecs-service')) {
      const target = targetGroup === undefined ? undefined : plan.components[targetGroup];
      const definition = `${name}:41`;
      const made: SimulatedEcsService = {
        cluster,
        name,
        region,
        desired: standbyCount,
        definition,
        deployments: [{ id: 'ecs-svc/1', definition, failed: 0, state: 'COMPLETED' }],
        tasks: [],
        tasksMade: 0,
        ...(target?.type === 'target-group' && { targetGroupArn: target.arn }),
        events: [`(service ${name}) has reached a steady state.`],
        bad: [],
      };
      ecsServices(world).push(made);
      for (let count = 0; count < standbyCount; count++) made.tasks.push(newTask(world, made, 'running'));
      if (made.targetGroupArn)
        placeTargets(
          world,
          made.targetGroupArn,
          made.tasks.map(({ ip }) => ip),
        );
    }
    keepHistory(world, 'ecs', () => ecsServices(world));
  },
  loseZone(world, region, zone) {
    lostZones(world).add(`${region}${zone}`);
    const hit = ecsServices(world).filter(
      one => one.region === region && one.tasks.some(task => task.zone === zone),
    );
    if (hit.length === 0) return undefined;
    for (const one of hit) lose(world, one, task => task.zone === zone);
    return () => hit.some(one => !ecsServes(world, one));
  },
  // A region that answers again has its workloads at nothing, as the open task of a failover asks.
  returnRegion(world, region) {
    for (const one of ecsServices(world).filter(each => each.region === region)) {
      one.desired = 0;
      one.tasks = [];
      register(world, one);
      settle(one);
    }
  },
  strike,
};

/** Whether a service has all the tasks that it wants, running. */
export function ecsServes(world: World, { region, desired, tasks }: SimulatedEcsService): boolean {
  return (
    !world.isLost(region) && desired > 0 && tasks.filter(({ state }) => state === 'running').length >= desired
  );
}

const resourceOf = ({ cluster, name }: SimulatedEcsService) => `ecs/${cluster}/${name}`;
const definitionArn = (region: string, definition: string) =>
  `arn:aws:ecs:${region}:123456789012:task-definition/${definition}`;

function describeServices(world: World, call: Call) {
  const { cluster, services: names } = z
    .object({ cluster: z.string(), services: z.array(z.string()) })
    .parse(call.input);
  const all = seenState(world, 'ecs', ecsServices(world)).filter(({ region }) => region === call.region);
  if (!all.some(one => one.cluster === cluster)) {
    throw new SimulatedAwsError('ClusterNotFoundException', 'Cluster not found.');
  }
  const found = all.filter(one => one.cluster === cluster && names.includes(one.name));
  const missing = names.filter(name => !found.some(one => one.name === name));
  return {
    services: found.map(shown),
    failures: missing.map(name => ({ arn: name, reason: 'MISSING' })),
  };
}

function shown(one: SimulatedEcsService): Service {
  const count = (state: Task['state'], deployment?: string) =>
    one.tasks.filter(
      task => task.state === state && (deployment === undefined || task.deployment === deployment),
    ).length;
  return {
    serviceName: one.name,
    status: 'ACTIVE',
    desiredCount: one.desired,
    runningCount: count('running'),
    pendingCount: count('pending'),
    taskDefinition: definitionArn(one.region, one.definition),
    deployments: one.deployments
      .map(
        ({ id, definition, failed, state }, index): Deployment => ({
          id,
          status: index === one.deployments.length - 1 ? 'PRIMARY' : 'ACTIVE',
          taskDefinition: definitionArn(one.region, definition),
          desiredCount: one.desired,
          runningCount: count('running', id),
          pendingCount: count('pending', id),
          failedTasks: failed,
          rolloutState: state,
          rolloutStateReason: `ECS deployment ${id} ${state === 'FAILED' ? 'failed: tasks failed to start.' : state.toLowerCase()}`,
        }),
      )
      .reverse(),
    events: one.events.map(message => ({ message })).reverse(),
  };
}

const updateInput = z.object({
  cluster: z.string(),
  service: z.string(),
  desiredCount: z.number().int().nonnegative().optional(),
  taskDefinition: z.string().optional(),
  forceNewDeployment: z.boolean().optional(),
});

function updateService(world: World, call: Call) {
  const input = updateInput.parse(call.input);
  const one = ecsServices(world).find(
    ({ cluster, name, region }) =>
      cluster === input.cluster && name === input.service && region === call.region,
  );
  if (!one) throw new SimulatedAwsError('ServiceNotFoundException', 'Service not found.');
  if (input.desiredCount !== undefined) one.desired = input.desiredCount;
  const definition = input.taskDefinition?.split('/').at(-1) ?? one.definition;
  const replaced = definition !== one.definition || input.forceNewDeployment === true;
  if (replaced) {
    one.definition = definition;
    const id = `ecs-svc/${one.deployments.length + one.tasksMade + 1}`;
    one.deployments.push({ id, definition, failed: 0, state: 'IN_PROGRESS' });
  }
  const what = replaced ? `${definition} is being deployed` : `${one.desired} tasks are wanted`;
  world.changed(resourceOf(one), what, 'lifeboat');
  reconcile(world, one);
  return { service: shown(one) };
}

function newTask(world: World, one: SimulatedEcsService, state: Task['state']): Task {
  const number = one.tasksMade;
  one.tasksMade += 1;
  const zones = ['a', 'b', 'c'].filter(zone => !lostZones(world).has(`${one.region}${zone}`));
  return {
    id: resourceId(world, 'task', `${one.region}/${one.cluster}/${one.name}/${number}`),
    ip: `10.${one.region === world.plan.regions.primary ? 10 : 20}.${ecsServices(world).indexOf(one) + 1}.${number + 10}`,
    zone: zones[number % zones.length] ?? 'a',
    definition: one.definition,
    deployment: one.deployments.at(-1)?.id ?? '',
    state,
  };
}

/** Starts and stops tasks until the newest deployment has as many as are wanted; old ones go when new ones run. */
function reconcile(world: World, one: SimulatedEcsService): void {
  if (world.isLost(one.region)) return;
  const newest = one.deployments.at(-1);
  if (!newest || newest.state === 'FAILED') return;
  const own = one.tasks.filter(task => task.deployment === newest.id && task.state !== 'stopping');
  for (const task of own.slice(one.desired)) stop(world, one, task);
  for (let count = own.length; count < one.desired; count++) start(world, one);
  const running = own.filter(task => task.state === 'running').length;
  if (running < one.desired) return;
  for (const task of one.tasks.filter(each => each.deployment !== newest.id)) stop(world, one, task);
  settle(one);
}

function settle(one: SimulatedEcsService): void {
  const newest = one.deployments.at(-1);
  const steady = newest && one.tasks.every(task => task.deployment === newest.id && task.state === 'running');
  if (!steady || one.tasks.length !== one.desired) return;
  newest.state = 'COMPLETED';
  one.deployments = [newest];
  one.events.push(`(service ${one.name}) has reached a steady state.`);
}

function start(world: World, one: SimulatedEcsService): void {
  const task = newTask(world, one, 'pending');
  one.tasks.push(task);
  world.after(
    world.duration(startDuration, `start/${task.id}`),
    resourceOf(one),
    `The task ${task.id} has started`,
    () => {
      if (task.state !== 'pending') return;
      if (one.bad.includes(task.definition)) crash(world, one, task);
      else {
        task.state = 'running';
        register(world, one);
      }
      reconcile(world, one);
    },
  );
}

/** A task that does not come up is started again, until the circuit breaker gives the deployment up. */
function crash(world: World, one: SimulatedEcsService, task: Task): void {
  one.tasks = one.tasks.filter(other => other !== task);
  one.events.push(`(service ${one.name}) (task ${task.id}) failed container health checks.`);
  const deployment = one.deployments.find(({ id }) => id === task.deployment);
  if (!deployment) return;
  deployment.failed += 1;
  if (deployment.failed < breakerThreshold) return;
  deployment.state = 'FAILED';
  for (const other of one.tasks.filter(each => each.deployment === deployment.id)) stop(world, one, other);
}

function stop(world: World, one: SimulatedEcsService, task: Task): void {
  if (task.state === 'stopping') return;
  task.state = 'stopping';
  register(world, one);
  world.after(
    world.duration(stopDuration, `stop/${task.id}`),
    resourceOf(one),
    `The task ${task.id} has stopped`,
    () => {
      one.tasks = one.tasks.filter(other => other !== task);
      settle(one);
    },
  );
}

function register(world: World, one: SimulatedEcsService): void {
  if (!one.targetGroupArn) return;
  const ips = one.tasks.filter(({ state }) => state === 'running').map(({ ip }) => ip);
  setTargets(world, one.targetGroupArn, ips);
}

/** Tasks end at once, and ECS starts others where it can. */
function lose(world: World, one: SimulatedEcsService, which: (task: Task) => boolean): void {
  for (const task of one.tasks.filter(which)) {
    one.tasks = one.tasks.filter(other => other !== task);
    setSick(world, task.ip, true);
    world.changed(resourceOf(one), `The task ${task.id} is gone`);
  }
  register(world, one);
  reconcile(world, one);
}

function serviceOf(world: World, component: ComponentOf<'ecs-service'>): SimulatedEcsService | undefined {
  return ecsServices(world).find(({ cluster, name, region }) => {
    return cluster === component.cluster && name === component.name && region === component.region;
  });
}

function strike(world: World, blow: Blow): (() => boolean) | undefined {
  const { component } = blow;
  if (component.type !== 'ecs-service') return undefined;
  const one = serviceOf(world, component);
  if (!one || (blow.type !== 'failure' && blow.type !== 'loss')) return undefined;
  if (blow.type === 'loss') one.desired = 0;
  // A crash that ECS does not get over by itself is one of the running revision: another one has to be deployed.
  else if (!blow.selfHealing || blow.cause === 'bad-release') one.bad.push(one.definition);
  lose(world, one, () => true);
  return () => !ecsServes(world, one);
}

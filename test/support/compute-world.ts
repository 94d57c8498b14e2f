import type { ActionContext, Change } from '../../shared/actions/contract.ts';
import type { AwsClients } from '../../shared/aws/clients.ts';
import { resourceName, runTags } from '../../shared/aws/names.ts';
import type { JsonObject } from '../../shared/json.ts';
import type { Plan } from '../../shared/plan/schema.ts';
import type { Network } from '../../shared/ports.ts';
import type { Run, Step } from '../../shared/runbook/contract.ts';
import type { CallFault, FaultSet } from '../../simulator/faults/faults.ts';
import {
  simulateKubernetes,
  simulateKubernetesExec,
} from '../../simulator/kubernetes/simulate-kubernetes.ts';
import { service as eks } from '../../simulator/services/eks.ts';
import { service as kubernetes } from '../../simulator/services/kubernetes.ts';
import { reportBucketOf, service as s3 } from '../../simulator/services/s3.ts';
import { service as secretsmanager } from '../../simulator/services/secretsmanager.ts';
import { startVirtualTime } from '../../simulator/world/clock.ts';
import { createWorld } from '../../simulator/world/create-world.ts';
import { simulatedClients } from '../../simulator/world/simulated-clients.ts';
import type { World } from '../../simulator/world/world.ts';
import { computePlan } from './compute-plan.ts';

export const outageStartedAt = '2026-03-10T16:42:00Z';

export const run: Run = {
  id: '20260310-3f9c1a',
  incidentId: 'incident-1',
  system: 'shop',
  scenario: 'region-failure',
  mode: 'recover',
  startedAt: '2026-03-10T16:50:00Z',
  outageStartedAt,
  parameters: {},
};

export function stepOf(action: string): Step {
  return {
    id: 'the-step',
    phase: 'activate',
    title: 'The step',
    action,
    with: {},
    timeoutSeconds: 1800,
    onFailure: 'ask',
    modes: ['recover', 'drill'],
  };
}

/** Faults by `service.Operation`: each entry is used up by one call. */
export function faultsOf(planned: Record<string, CallFault[]> = {}): FaultSet {
  return {
    names: [],
    lostRegions: [],
    has: () => false,
    onCall: ({ service, operation }) => planned[`${service}.${operation}`]?.shift(),
    onHandler: () => undefined,
    hit: () => {},
    withoutEffect: () => [],
  };
}

export type Scene = {
  world: World;
  context: ActionContext;
  changes: Change[];
  /** Moves virtual time until the work has ended. */
  drive<T>(work: Promise<T>): Promise<T>;
  /** Moves virtual time. */
  wait(seconds: number): Promise<void>;
};

/** Runs a test in a simulated world with clusters, in virtual time. */
export async function inWorld<T>(
  test: (scene: Scene) => Promise<T>,
  options: { faults?: FaultSet; seed?: number; network?: Partial<Network>; plan?: Plan } = {},
): Promise<T> {
  const plan = options.plan ?? computePlan();
  const time = startVirtualTime(Date.parse(outageStartedAt));
  try {
    const world = createWorld({
      plan,
      seed: options.seed ?? 1,
      faults: options.faults ?? faultsOf(),
      services: [eks, kubernetes, s3, secretsmanager],
      outageStartedAt,
    });
    const credentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'none' };
    const clientOptions = { ...plan.regions, credentials };
    const changes: Change[] = [];
    const drive = <R>(work: Promise<R>) => time.drive(work, world.inFlight);
    const context = contextOf({
      changes,
      aws: simulatedClients(world, clientOptions),
      kubernetes: simulateKubernetes(world),
      kubernetesExec: simulateKubernetesExec(world),
      reportBucket: reportBucketOf(plan.system.id),
      network: options.network,
    });
    const wait = (seconds: number) =>
      drive(new Promise<void>(resolve => setTimeout(resolve, seconds * 1000)));
    return await test({ world, context, changes, drive, wait });
  } finally {
    time.stop();
  }
}

const noAws: AwsClients = {
  client: () => {
    throw new Error('this test has no AWS clients');
  },
};

/** An action context over the given ports; whatever a test does not give fails when it is used. */
export function contextOf(ports: {
  changes?: Change[];
  /** Where `remember` keeps facts; the test hands it on as the baseline. */
  memory?: JsonObject;
  aws?: AwsClients;
  kubernetes?: ActionContext['kubernetes'];
  kubernetesExec?: ActionContext['kubernetesExec'];
  reportBucket?: string;
  network?: Partial<Network>;
  secret?: ActionContext['secret'];
  run?: Run;
  action?: string;
}): ActionContext {
  const unused = (what: string) => () => Promise.reject(new Error(`this test has no ${what}`));
  const theRun = ports.run ?? run;
  return {
    run: theRun,
    step: stepOf(ports.action ?? 'k8s.scale'),
    clock: { now: () => new Date() },
    aws: ports.aws ?? noAws,
    network: {
      http: unused('http'),
      tls: unused('tls'),
      dns: unused('dns'),
      sql: unused('sql'),
      redis: unused('redis'),
      mongo: unused('mongo'),
      ...ports.network,
    },
    kubernetes: ports.kubernetes ?? unused('cluster'),
    kubernetesExec: ports.kubernetesExec,
    reportBucket: ports.reportBucket,
    secret: ports.secret ?? unused('secret'),
    regions: { primary: 'ap-southeast-2', recovery: 'ap-southeast-4' },
    nameOf: person => person,
    notify: unused('channel'),
    changed: async change => {
      ports.changes?.push(change);
    },
    remember: async facts => {
      Object.assign(ports.memory ?? {}, facts);
    },
    names: {
      resource: (base, maxLength) => resourceName(base, theRun, maxLength),
      tags: () => runTags(theRun),
    },
    elapsedSeconds: 0,
  };
}

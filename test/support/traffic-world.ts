import type { ActionContext, Change } from '../../shared/actions/contract.ts';
import type { Network } from '../../shared/ports.ts';
import type { FaultSet } from '../../simulator/faults/faults.ts';
import { service as elasticloadbalancing } from '../../simulator/services/elasticloadbalancing.ts';
import { service as route53 } from '../../simulator/services/route53.ts';
import { service as s3 } from '../../simulator/services/s3.ts';
import { startVirtualTime } from '../../simulator/world/clock.ts';
import { createWorld } from '../../simulator/world/create-world.ts';
import { createInternet } from '../../simulator/world/internet.ts';
import { simulatedClients } from '../../simulator/world/simulated-clients.ts';
import type { World } from '../../simulator/world/world.ts';
import { contextOf, faultsOf, outageStartedAt } from './compute-world.ts';
import { trafficPlan } from './traffic-plan.ts';

export type TrafficScene = {
  world: World;
  internet: Pick<Network, 'http' | 'tls' | 'dns'>;
  changes: Change[];
  /** An action context in this world, `elapsedSeconds` after the step's act. */
  context(elapsedSeconds?: number): ActionContext;
  /** Calls the simulated service directly, as an SDK client in that region would. */
  call(name: string, region: string, input: Record<string, unknown>): Promise<Record<string, unknown>>;
  drive<T>(work: Promise<T>): Promise<T>;
  wait(seconds: number): Promise<void>;
};

/** Runs a test in a simulated world with names, load balancers and objects, in virtual time. */
export async function inTraffic<T>(
  test: (scene: TrafficScene) => Promise<T>,
  options: { faults?: FaultSet; seed?: number; modifies?: boolean } = {},
): Promise<T> {
  const plan = trafficPlan({ modifies: options.modifies });
  const time = startVirtualTime(Date.parse(outageStartedAt));
  try {
    const world = createWorld({
      plan,
      seed: options.seed ?? 1,
      faults: options.faults ?? faultsOf(),
      services: [elasticloadbalancing, route53, s3],
      outageStartedAt,
    });
    const changes: Change[] = [];
    const internet = createInternet(world);
    const credentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'none' };
    const clientOptions = { ...plan.regions, credentials };
    const aws = simulatedClients(world, clientOptions);
    const drive = <R>(work: Promise<R>) => time.drive(work, world.inFlight);
    return await test({
      world,
      internet,
      changes,
      drive,
      context: (elapsedSeconds = 0) => ({
        ...contextOf({ changes, aws, network: internet, action: 'route53.failover' }),
        elapsedSeconds,
      }),
      call: (name, region, input) => {
        const [service = '', operation = ''] = name.split('.');
        return drive(world.call({ service, operation, region, input })) as Promise<Record<string, unknown>>;
      },
      wait: seconds => drive(new Promise<void>(resolve => setTimeout(resolve, seconds * 1000))),
    });
  } finally {
    time.stop();
  }
}

import {
  GetRoutingControlStateCommand,
  Route53RecoveryClusterClient,
  type Route53RecoveryClusterClientConfig,
  UpdateRoutingControlStatesCommand,
} from '@aws-sdk/client-route53-recovery-cluster';
import { ConfiguredRetryStrategy } from '@smithy/core/retry';
import { ServiceUnavailableError } from '../errors.ts';
import type { ComponentOf } from '../plan/components.ts';
import { backoffMs } from './aws-clients.ts';
import { isNamed, isThrottle, isUnreachable, request } from './aws-errors.ts';
import type { AwsClients, ClientConstructor } from './clients.ts';

/**
 * The data plane of ARC routing controls: five endpoints in five regions, each of which is enough. An endpoint that
 * does not answer is left for the next one quickly, so its client tries twice and waits 3 s.
 */

type Endpoint = ComponentOf<'routing-control'>['endpoints'][number];
export type State = 'On' | 'Off';
export type Control = { arn: string; state: State };

const classes = new Map<string, ClientConstructor<Route53RecoveryClusterClient>>();

/** The client class of one endpoint: AWS clients are kept by class and region, and the endpoint belongs to the class. */
function clientClassOf(url: string): ClientConstructor<Route53RecoveryClusterClient> {
  const known = classes.get(url);
  if (known) return known;
  class EndpointClient extends Route53RecoveryClusterClient {
    constructor(settings: Route53RecoveryClusterClientConfig) {
      super({
        endpoint: url,
        ...settings,
        maxAttempts: 2,
        retryStrategy: new ConfiguredRetryStrategy(2, backoffMs),
        requestHandler: { connectionTimeout: 1_000, requestTimeout: 3_000, throwOnRequestTimeout: true },
      });
    }
  }
  classes.set(url, EndpointClient);
  return EndpointClient;
}

/** Endpoints in the order in which they are tried: the region that may be lost comes last. */
export function inOrder(endpoints: readonly Endpoint[], avoid: string, start = 0): Endpoint[] {
  const good = endpoints.filter(endpoint => endpoint.region !== avoid);
  const turned = [...good.slice(start), ...good.slice(0, start)];
  return [...turned, ...endpoints.filter(endpoint => endpoint.region === avoid)];
}

/** Tries one endpoint after the other until one answers; a refusal is an answer. Throws when none does. */
async function anywhere<T>(
  aws: AwsClients,
  endpoints: readonly Endpoint[],
  operation: string,
  send: (client: Route53RecoveryClusterClient) => Promise<T>,
): Promise<{ value: T; region: string }> {
  let last: unknown;
  for (const { region, url } of endpoints) {
    try {
      const client = aws.client(clientClassOf(url), region);
      const call = { call: `route53-recovery-cluster.${operation}`, region };
      return { value: await request(call, () => send(client)), region };
    } catch (error) {
      const elsewhere = isNamed(error, 'EndpointTemporarilyUnavailableException');
      if (!isUnreachable(error) && !isThrottle(error) && !elsewhere) throw error;
      last = error;
    }
  }
  throw new ServiceUnavailableError(
    `None of the ${endpoints.length} endpoints of the ARC cluster answered ${operation}`,
    {
      nextStep: 'Nothing at first: the step tries again. Then try the endpoints with the AWS CLI.',
      cause: last,
    },
  );
}

/** The state of a control as one endpoint has it, and which one that was. */
export async function readControl(
  aws: AwsClients,
  endpoints: readonly Endpoint[],
  arn: string,
): Promise<{ state: State; region: string }> {
  const { value, region } = await anywhere(aws, endpoints, 'GetRoutingControlState', client =>
    client.send(new GetRoutingControlStateCommand({ RoutingControlArn: arn })),
  );
  return { state: value.RoutingControlState === 'On' ? 'On' : 'Off', region };
}

/** Sets states in one request, all or none: safety rules are held against the whole. Returns the endpoint's region. */
export async function setControls(
  aws: AwsClients,
  endpoints: readonly Endpoint[],
  controls: readonly Control[],
): Promise<string> {
  const { region } = await anywhere(aws, endpoints, 'UpdateRoutingControlStates', client =>
    client.send(
      new UpdateRoutingControlStatesCommand({
        UpdateRoutingControlStateEntries: controls.map(({ arn, state }) => ({
          RoutingControlArn: arn,
          RoutingControlState: state,
        })),
      }),
    ),
  );
  return region;
}

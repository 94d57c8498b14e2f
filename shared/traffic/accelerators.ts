import {
  type Accelerator,
  DescribeAcceleratorCommand,
  DescribeEndpointGroupCommand,
  type EndpointGroup,
  GlobalAcceleratorClient,
  UpdateEndpointGroupCommand,
} from '@aws-sdk/client-global-accelerator';
import * as z from 'zod';
import type { ActionContext } from '../actions/contract.ts';
import { ifFound, request } from '../aws/aws-errors.ts';
import type { AwsClients } from '../aws/clients.ts';

/** Global Accelerator is called here, wherever its endpoints are (API Reference). Nowhere else is its control plane. */
export const acceleratorRegion = 'us-west-2';

const clientOf = (aws: AwsClients) => aws.client(GlobalAcceleratorClient, acceleratorRegion);

/** What decides how many users an endpoint group gets. Weights are kept with what has to be sent along with them. */
export const groupStateSchema = z.object({
  dial: z.number(),
  endpoints: z.array(z.object({ id: z.string(), weight: z.number(), keepsClientAddress: z.boolean() })),
});
export type GroupState = z.output<typeof groupStateSchema>;

/** AWS's default for an endpoint whose weight nobody set. */
const defaultWeight = 128;

export function stateOf({
  TrafficDialPercentage = 100,
  EndpointDescriptions = [],
}: EndpointGroup): GroupState {
  return {
    dial: TrafficDialPercentage,
    endpoints: EndpointDescriptions.map(({ EndpointId = '', Weight, ClientIPPreservationEnabled }) => ({
      id: EndpointId,
      weight: Weight ?? defaultWeight,
      keepsClientAddress: ClientIPPreservationEnabled ?? false,
    })),
  };
}

const weightsOf = ({ endpoints }: GroupState) =>
  endpoints
    .map(({ id, weight }) => `${id} ${weight}`)
    .sort()
    .join('\n');

export const sameWeights = (one: GroupState, other: GroupState) => weightsOf(one) === weightsOf(other);
export const sameState = (one: GroupState, other: GroupState) =>
  one.dial === other.dial && sameWeights(one, other);

/** Undefined if there is none of this ARN. */
export async function readAccelerator(aws: AwsClients, arn: string): Promise<Accelerator | undefined> {
  const command = new DescribeAcceleratorCommand({ AcceleratorArn: arn });
  return ifFound(['AcceleratorNotFoundException'], async () => {
    const call = { call: 'globalaccelerator.DescribeAccelerator', region: acceleratorRegion };
    return (await request(call, () => clientOf(aws).send(command))).Accelerator;
  });
}

/** Undefined if there is none of this ARN. */
export async function readGroup(aws: AwsClients, arn: string): Promise<EndpointGroup | undefined> {
  const command = new DescribeEndpointGroupCommand({ EndpointGroupArn: arn });
  return ifFound(['EndpointGroupNotFoundException'], async () => {
    const call = { call: 'globalaccelerator.DescribeEndpointGroup', region: acceleratorRegion };
    return (await request(call, () => clientOf(aws).send(command))).EndpointGroup;
  });
}

/** Brings a group to a state. Endpoints are sent only where a weight changes, since they are replaced as a whole. */
export async function updateGroup(
  context: ActionContext,
  arn: string,
  before: GroupState,
  wanted: GroupState,
  what: string,
): Promise<void> {
  const call = { call: 'globalaccelerator.UpdateEndpointGroup', region: acceleratorRegion };
  await context.changed({ ...call, resource: arn, what });
  const endpoints = wanted.endpoints.map(({ id, weight, keepsClientAddress }) => ({
    EndpointId: id,
    Weight: weight,
    ClientIPPreservationEnabled: keepsClientAddress,
  }));
  const command = new UpdateEndpointGroupCommand({
    EndpointGroupArn: arn,
    TrafficDialPercentage: wanted.dial,
    ...(!sameWeights(before, wanted) && { EndpointConfigurations: endpoints }),
  });
  await request(call, () => clientOf(context.aws).send(command));
}

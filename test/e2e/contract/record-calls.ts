import type { ActionContext } from '../../../shared/actions/contract.ts';
import type { AwsClients, ClientConstructor } from '../../../shared/aws/clients.ts';

/** A call as the action made it, whatever the SDK did to get it through. */
export type RecordedCall = {
  /** `service.Operation`, or `kubernetes.PATCH /apis/…`. */
  name: string;
  region: string;
  input: Record<string, unknown>;
  /** Name of the error that the world answered with. */
  error?: string;
  /** Makes the same call through other clients. */
  repeat?(aws: AwsClients): Promise<unknown>;
};

type Sender = {
  config: { serviceId: string };
  destroy(): void;
  send(command: { input: object }, ...rest: unknown[]): Promise<unknown>;
};

/** The same clients, with every call kept that is made through them. */
export function recordCalls(aws: AwsClients, calls: RecordedCall[]): AwsClients {
  const known = new WeakSet<object>();
  return {
    client<C extends { destroy(): void }>(Client: ClientConstructor<C>, region: string): C {
      const client = aws.client(Client, region);
      if (!known.has(client)) {
        known.add(client);
        record(client as unknown as Sender, Client as unknown as ClientConstructor<Sender>, region, calls);
      }
      return client;
    },
  };
}

function record(
  client: Sender,
  Client: ClientConstructor<Sender>,
  region: string,
  calls: RecordedCall[],
): void {
  const send = client.send.bind(client);
  const service = client.config.serviceId.replaceAll(' ', '').toLowerCase();
  client.send = async (command, ...rest) => {
    const call: RecordedCall = {
      name: `${service}.${command.constructor.name.replace(/Command$/, '')}`,
      region,
      input: { ...command.input } as Record<string, unknown>,
      repeat: other => other.client(Client, region).send(command),
    };
    calls.push(call);
    try {
      return await send(command, ...rest);
    } catch (error) {
      call.error = error instanceof Error ? error.name : String(error);
      throw error;
    }
  };
}

/** The same connection to clusters, with every request kept: `kubernetes.PATCH /apis/…`. */
export function recordRequests(
  send: NonNullable<ActionContext['kubernetes']>,
  calls: RecordedCall[],
): ActionContext['kubernetes'] {
  return async (access, request) => {
    const input = (request.body ?? {}) as Record<string, unknown>;
    const path = request.path.split('?')[0];
    const call: RecordedCall = { name: `kubernetes.${request.method} ${path}`, region: access.region, input };
    calls.push(call);
    try {
      const answer = await send(access, request);
      if (answer.status >= 400) call.error = String(answer.status);
      return answer;
    } catch (error) {
      call.error = error instanceof Error ? error.name : String(error);
      throw error;
    }
  };
}

const reading = /^(GET |Describe|List|Get|Head|Lookup|Filter|BatchGet|Query|Scan|Search)/;

/** Whether a call only looks. */
export const isRead = ({ name }: RecordedCall): boolean => reading.test(name.split('.')[1] ?? '');

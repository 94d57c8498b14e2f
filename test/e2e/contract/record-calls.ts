import type { ActionContext } from '../../../shared/actions/contract.ts';
import type { AwsClients, ClientConstructor } from '../../../shared/aws/clients.ts';

/** A call as the action made it, whatever the SDK did to get it through. */
export type RecordedCall = {
  /** `service.Operation`. */
  name: string;
  region: string;
  input: Record<string, unknown>;
  /** Name of the error that the world answered with. */
  error?: string;
};

type Recordable = {
  config: { serviceId?: string };
  middlewareStack: {
    add(
      middleware: (
        next: (args: { input: unknown }) => Promise<unknown>,
        context: { commandName?: string; clientName?: string },
      ) => (args: { input: unknown }) => Promise<unknown>,
      options: { step: 'initialize'; name: string; priority: 'high'; override: boolean },
    ): void;
  };
};

/** The same clients, with every call kept that is made through them. */
export function recordCalls(aws: AwsClients, calls: RecordedCall[]): AwsClients {
  const known = new WeakSet<object>();
  return {
    client<C extends { destroy(): void }>(Client: ClientConstructor<C>, region: string): C {
      const client = aws.client(Client, region);
      if (!known.has(client)) {
        known.add(client);
        record(client as C & Recordable, region, calls);
      }
      return client;
    },
  };
}

function record(client: Recordable, region: string, calls: RecordedCall[]): void {
  client.middlewareStack.add(
    (next, context) => async args => {
      const service = (context.clientName ?? '').replace(/Client$/, '');
      const operation = (context.commandName ?? '').replace(/Command$/, '');
      const call: RecordedCall = {
        name: `${service.toLowerCase()}.${operation}`,
        region,
        input: { ...(args.input as Record<string, unknown>) },
      };
      calls.push(call);
      try {
        return await next(args);
      } catch (error) {
        call.error = error instanceof Error ? error.name : String(error);
        throw error;
      }
    },
    { step: 'initialize', name: 'recordCalls', priority: 'high', override: true },
  );
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

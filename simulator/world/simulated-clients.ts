import { getSchemaSerdePlugin } from '@smithy/core/schema';
import { clientSettings } from '../../shared/aws/aws-clients.ts';
import type { AwsClients, ClientConstructor } from '../../shared/aws/clients.ts';
import type { World } from './world.ts';

/** Signing names are the IAM prefixes, but for these. */
const prefixes: Record<string, string> = { monitoring: 'cloudwatch' };

type SimulatedClient = {
  destroy(): void;
  config: Parameters<typeof getSchemaSerdePlugin>[0] & { defaultSigningName?: string };
  middlewareStack: {
    addRelativeTo(
      middleware: (
        next: unknown,
        context: { commandName?: string },
      ) => (args: { input: unknown }) => Promise<{ response: unknown; output: unknown }>,
      options: { relation: 'after'; toMiddleware: string; name: string; override: boolean },
    ): void;
    remove(name: string): boolean;
    use(plugin: ReturnType<typeof getSchemaSerdePlugin>): void;
  };
};

/** What only matters to a request that is sent, or to a logger that is there. */
const needless = [
  'loggerMiddleware',
  'getUserAgentMiddleware',
  'hostHeaderMiddleware',
  'recursionDetectionMiddleware',
  'contentLengthMiddleware',
];

/**
 * The SDK's own clients, answered by the simulated world. The answer comes right after the SDK's retry middleware,
 * so parameters are serialized and attempts, back-off and error classes are the SDK's, and nothing is signed or sent.
 */
export function simulatedClients(world: World, regions: { primary: string; recovery: string }): AwsClients {
  const settings = {
    ...regions,
    // Nothing is signed or sent; with these the SDK looks for neither credentials nor endpoints of its own.
    credentials: { accessKeyId: 'simulated', secretAccessKey: 'simulated' },
    ignoreConfiguredEndpoints: true,
  };
  const clients = new Map<unknown, Map<string, { destroy(): void }>>();
  return {
    client<C extends { destroy(): void }>(Client: ClientConstructor<C>, region: string): C {
      const known = clients.get(Client) ?? new Map<string, { destroy(): void }>();
      clients.set(Client, known);
      const existing = known.get(region);
      if (existing) return existing as C;
      // A command's middleware is put together once and not at every call.
      const chosen = { ...clientSettings(region, settings), cacheMiddleware: true };
      const client = new Client(chosen);
      answerFrom(world, client as C & SimulatedClient, region);
      known.set(region, client);
      return client;
    },
  };
}

function answerFrom(world: World, client: SimulatedClient, region: string): void {
  const signingName = client.config.defaultSigningName ?? 'unknown';
  const service = prefixes[signingName] ?? signingName;
  for (const name of needless) client.middlewareStack.remove(name);
  // The SDK copies the configuration twice a call. It has deleted from this object, which makes copies ten times slower.
  client.config = { ...client.config };
  client.middlewareStack.use(getSchemaSerdePlugin(client.config));
  client.middlewareStack.addRelativeTo(
    (_next, context) => async args => {
      const operation = (context.commandName ?? '').replace(/Command$/, '');
      const input = { ...(args.input as Record<string, unknown>) };
      const output = (await world.call({ service, operation, region, input })) ?? {};
      return {
        response: {},
        output: { $metadata: { httpStatusCode: 200, attempts: 1 }, ...(output as object) },
      };
    },
    { relation: 'after', toMiddleware: 'retryMiddleware', name: 'answerFromTheWorld', override: true },
  );
}

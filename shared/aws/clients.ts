import type { clientSettings } from './aws-clients.ts';

/** Every AWS SDK v3 client's: all of them accept what ours are made with. */
export type ClientConstructor<C> = new (settings: ReturnType<typeof clientSettings>) => C;

/**
 * Makes AWS clients, one per service and region, with attempts and time-outs set in this one place.
 * `lost` lists regions that get short time-outs and a single attempt, since nothing there may be waited for.
 */
export type AwsClients = {
  client<C extends { destroy(): void }>(Client: ClientConstructor<C>, region: string): C;
};

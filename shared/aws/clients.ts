import type { Clock } from '../ports.ts';

/** What every AWS SDK v3 client constructor accepts of ours. */
export type ClientSettings = { region: string; retryStrategy?: unknown; requestHandler?: unknown };
export type ClientConstructor<C> = new (settings: never) => C;

/**
 * Makes AWS clients, one per service and region, with attempts and time-outs set in this one place.
 * `lost` lists regions that get short time-outs and a single attempt, since nothing there may be waited for.
 */
export type AwsClients = {
  client<C extends { destroy(): void }>(Client: ClientConstructor<C>, region: string): C;
};

export type { Clock };

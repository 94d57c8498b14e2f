import { limitOf, mostReaders } from '../communication/channels/limits.ts';
import type { Plan } from '../plan/schema.ts';

/** How far one channel of an audience reaches by its deadline. `most`: undefined where one request reaches everybody. */
export type Reach = {
  audience: string;
  channel: string;
  withinSeconds: number;
  /** As the plan says it; undefined where it does not. */
  size: number | undefined;
  most: number | undefined;
  /** Where the provider says so. */
  source: string;
};

/** Every channel of every audience against its provider's documented limit. */
export function reachOf({ audiences, channels }: Pick<Plan, 'audiences' | 'channels'>): Reach[] {
  return Object.values(audiences).flatMap(({ title, channels: used, through, within, size }) =>
    used.slice(0, through === 'all' ? undefined : 1).flatMap(id => {
      const channel = channels[id];
      if (!channel) return [];
      const { source } = limitOf(channel);
      const most = mostReaders(channel, within);
      return [{ audience: title, channel: id, withinSeconds: within, size, most, source }];
    }),
  );
}

import type { Plan } from '../plan/schema.ts';

type Audience = Pick<Plan['audiences'][string], 'channels' | 'through'>;

/**
 * The ways of one message to an audience: one that tries its channels in order, or, where every channel is to carry it,
 * one for each, each with a key of its own, so that one that fails is a fact by itself.
 */
export function routesOf(
  audience: Audience | undefined,
  key: string,
): { key: string; channels: readonly string[] }[] {
  if (!audience) return [{ key, channels: [] }];
  if (audience.through === 'first' || audience.channels.length === 1) {
    return [{ key, channels: audience.channels }];
  }
  return audience.channels.map(channel => ({ key: `${key}/by-${channel}`, channels: [channel] }));
}

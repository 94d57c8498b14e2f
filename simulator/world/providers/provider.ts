import type { Json } from '../../../shared/json.ts';
import type { HttpRequest } from '../../../shared/ports.ts';
import type { World } from '../world.ts';

/** A request as a provider sees it. `text` and `json` are its body. */
export type Asked = { request: HttpRequest; url: URL; text: string; json: Json };
export type Reply = { status: number; body: Json | string; headers?: Record<string, string> };

/** What a provider of messages does with a request to one channel of the plan. */
export type Provider = (world: World, channel: string, asked: Asked) => Reply;

/** Requests in a sliding window; true when this one is above the limit. */
export function isTooFast(world: World, key: string, most: number, windowSeconds: number): boolean {
  const times = world.state<number[]>(`rate/${key}`, () => []);
  const from = world.nowMs() - windowSeconds * 1000;
  while ((times[0] ?? Number.POSITIVE_INFINITY) <= from) times.shift();
  if (times.length >= most) return true;
  times.push(world.nowMs());
  return false;
}

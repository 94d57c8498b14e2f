import type { World } from './world.ts';

/** A message that reached a place where people read: a topic, a mailbox, a chat. */
export type Arrived = { atMs: number; place: string; text: string };
type Listener = (message: Arrived) => void;

const listenersOf = (world: World) => world.state<Listener[]>('messages', () => []);

/** Lets a message arrive now, for everybody who reads at that place. */
export function arrive(world: World, place: string, text: string): void {
  for (const listener of listenersOf(world)) listener({ atMs: world.nowMs(), place, text });
}

export function onArrived(world: World, listener: Listener): void {
  listenersOf(world).push(listener);
}

import type { World } from './world.ts';

/** A message that reached a place where people read: a topic, a mailbox, a chat. */
export type Arrived = { atMs: number; place: string; text: string };

type Messages = { arrived: Arrived[]; listeners: ((message: Arrived) => void)[] };

const messagesOf = (world: World) =>
  world.state<Messages>('messages', () => ({ arrived: [], listeners: [] }));

/** Lets a message arrive now, for everybody who reads at that place. */
export function arrive(world: World, place: string, text: string): void {
  const message: Arrived = { atMs: world.nowMs(), place, text };
  const { arrived, listeners } = messagesOf(world);
  arrived.push(message);
  for (const listener of listeners) listener(message);
}

export function onArrived(world: World, listener: (message: Arrived) => void): void {
  messagesOf(world).listeners.push(listener);
}

/** Everything that arrived, in order. */
export function arrivedMessages(world: World): readonly Arrived[] {
  return messagesOf(world).arrived;
}

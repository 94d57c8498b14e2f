import type { World } from './world.ts';

/** What makes each CloudWatch alarm of the recovery region fire, by the alarm's name; others are quiet. */
export function alarmsOf(world: World): Map<string, () => boolean> {
  return world.state('alarms', () => new Map<string, () => boolean>());
}

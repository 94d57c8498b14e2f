import type { ComponentOf } from '../../../shared/plan/components.ts';
import { accepts } from '../../world/sql-journal.ts';
import type { World } from '../../world/world.ts';
import { secrets } from './state.ts';

/** A value of a secret that somebody outside knows. */
export type Leak = { secret: string; region: string; value: string };

export function leaksOf(world: World): Leak[] {
  return world.state<Leak[]>('leaked-secrets', () => []);
}

/** Somebody has read the current value. It works for them until it is replaced where it is checked. */
export function leak(world: World, { name, region }: ComponentOf<'secret'>): (() => boolean) | undefined {
  const secret = secrets(world).get(`${region}/${name}`);
  const value = secret?.versions.get(secret.current);
  if (value === undefined) return undefined;
  const leaked: Leak = { secret: name, region, value };
  leaksOf(world).push(leaked);
  world.changed(`secret/${name}`, `The value of ${name} is known outside`);
  return () => stillWorks(world, leaked);
}

/** Whether the leaked value opens anything: the database that it names, or whatever goes by the current value. */
export function stillWorks(world: World, { secret: name, region, value }: Leak): boolean {
  const secret = secrets(world).get(`${region}/${name}`);
  const isCurrent = secret?.versions.get(secret.current) === value;
  const { host, username, password } = fieldsOf(value);
  if (host === undefined || username === undefined || password === undefined) return isCurrent;
  return isCurrent || (changedPassword(world, host, username) && accepts(world, host, username, password));
}

/** Only a database whose passwords are looked after says no to an old one. */
function changedPassword(world: World, host: string, username: string): boolean {
  return !accepts(world, host, username, '\0 no password is this');
}

function fieldsOf(value: string): Record<string, string | undefined> {
  try {
    const parsed: unknown = JSON.parse(value);
    return typeof parsed === 'object' && parsed !== null ? (parsed as Record<string, string>) : {};
  } catch {
    return {};
  }
}

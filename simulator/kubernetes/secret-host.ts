import { appDependencies } from '../world/dependencies.ts';
import type { World } from '../world/world.ts';

/**
 * The database that applications of a region connect to: what the region's first secret component says, as the JSON
 * key `host` (RDS's own form) or as a connection URL, by itself or under any key. Undefined when there is none.
 */
export function databaseHostFor(world: World, region: string): string | undefined {
  for (const component of Object.values(world.plan.components)) {
    if (component.type !== 'secret' || component.region !== region) continue;
    const value = appDependencies(world).secretValue(component.name, region);
    const host = value === undefined ? undefined : hostIn(value);
    if (host !== undefined) return host;
  }
  return undefined;
}

/** The database host that a text names. */
export function hostIn(value: string): string | undefined {
  const host = /"host"\s*:\s*"([^"]+)"/.exec(value)?.[1];
  if (host !== undefined) return host;
  const url = /postgres(?:ql)?:\/\/[^\s"']+/.exec(value)?.[0];
  return url !== undefined && URL.canParse(url) ? new URL(url).hostname : undefined;
}

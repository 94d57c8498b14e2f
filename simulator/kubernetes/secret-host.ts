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
    const host = value === undefined ? undefined : /"host"\s*:\s*"([^"]+)"/.exec(value)?.[1];
    if (host !== undefined) return host;
    const url = value === undefined ? undefined : /postgres(?:ql)?:\/\/[^\s"']+/.exec(value)?.[0];
    if (url !== undefined && URL.canParse(url)) return new URL(url).hostname;
  }
  return undefined;
}

import type { World } from './world.ts';

/**
 * What applications and checks depend on besides their own service. The services that own the answers put their
 * look-ups here, so that a cluster does not know how databases are simulated.
 */
export type AppDependencies = {
  /** The simulated PostgreSQL server behind a host name; undefined when there is none or nothing answers there. */
  databaseAt(host: string): { writable: boolean } | undefined;
  /** The current value of a secret, by its name in a region. */
  secretValue(name: string, region: string): string | undefined;
};

/** The world's look-ups. Assign to its fields to replace the defaults. */
export function appDependencies(world: World): AppDependencies {
  return world.state<AppDependencies>('app-dependencies', () => ({
    // RDS host names hold their region, so a host answers as long as its region does.
    databaseAt: host => {
      const regions = [world.plan.regions.primary, world.plan.regions.recovery];
      const lost = regions.some(region => host.includes(region) && world.isLost(region));
      return lost ? undefined : { writable: true };
    },
    secretValue: () => undefined,
  }));
}

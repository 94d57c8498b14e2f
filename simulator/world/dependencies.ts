import type { Component, ComponentType } from '../../shared/plan/components.ts';
import type { World } from './world.ts';

/** The database server behind a host name, by an id that stays the same when it is renamed or gets another host name. */
export type DatabaseServer = {
  id: string;
  /** For a restored copy or a replica: whose data it holds, and up to which moment (ms since the epoch). */
  copyOf?: { id: string; untilMs: number };
};

/**
 * What applications and checks depend on besides their own service. The services that own the answers put their
 * look-ups here, so that a cluster does not know how databases are simulated.
 */
export type AppDependencies = {
  /**
   * The simulated database server behind a host name, with its engine as RDS names it (PostgreSQL without one); undefined when there is none or nothing answers there.
   * `inRecovery` is true for a replica, which is what `pg_is_in_recovery()` answers there, and `replayedAtMs` up to
   * when it has what its source committed. `receives` is true while its source still sends,
   * `setReadOnly` where its parameters let it take no writes, whatever its role is.
   */
  databaseAt(host: string):
    | {
        writable: boolean;
        inRecovery?: boolean;
        replayedAtMs?: number;
        receives?: boolean;
        engine?: string;
        setReadOnly?: boolean;
      }
    | undefined;
  /** Whose data is behind a host name, reachable or not. By default each host is a server of its own. */
  serverAt(host: string): DatabaseServer;
  /** The server with this id, for what was copied from a copy. */
  serverOf(id: string): DatabaseServer;
  /** The current value of a secret, by its name in a region. */
  secretValue(name: string, region: string): string | undefined;
  /** Makes a secret that a service keeps for what it has made, such as RDS for the password of an instance. */
  keepSecret(name: string, region: string, value: string): void;
  /** Whether a component of a type answers its clients now; a service puts its own types here. */
  componentAnswers: Map<ComponentType, (component: Component) => boolean | undefined>;
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
    serverAt: host => ({ id: host }),
    serverOf: id => ({ id }),
    secretValue: () => undefined,
    keepSecret: () => {},
    componentAnswers: new Map(),
  }));
}

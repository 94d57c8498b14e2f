import { componentsOf, plainName } from './addresses.ts';
import type { World } from './world.ts';

/** Where behaviours of a simulated distribution lead. What edges keep is not played: every request goes to the origin. */
export type SimulatedDistribution = {
  id: string;
  distributionId: string;
  domainName: string;
  names: string[];
  /** Host names of its origins by their ids. */
  hosts: Record<string, string>;
  sides: Record<string, 'primary' | 'recovery'>;
  enabled: boolean;
  /** Origin of the default behaviour; what the edges go by until a change has reached them all. */
  target: string;
  served: string;
  version: number;
  /** Changes that not all edges have yet. */
  changes: number;
};

/** The origin that somebody pointed a distribution at by mistake, which answers nobody. */
export const maintenanceOrigin = 'maintenance';

export const distributionsOf = (world: World) =>
  world.state<SimulatedDistribution[]>('distributions', () =>
    componentsOf(world.plan, 'cloudfront-distribution').map(
      ({ id, distributionId, domainName, hostname, primary, recovery }) => ({
        id,
        distributionId,
        domainName,
        names: [domainName, ...(hostname === undefined ? [] : [hostname])].map(plainName),
        hosts: {
          [primary.id]: primary.host,
          [recovery.id]: recovery.host,
          [maintenanceOrigin]: 'maintenance.invalid',
        },
        sides: { [primary.id]: 'primary', [recovery.id]: 'recovery' },
        enabled: true,
        target: primary.id,
        served: primary.id,
        version: 1,
        changes: 0,
      }),
    ),
  );

/** The distribution that a host name leads to, if any. */
export function distributionAt(world: World, host: string): SimulatedDistribution | undefined {
  return distributionsOf(world).find(({ names }) => names.includes(plainName(host)));
}

/** Host name of the origin that serves; undefined while a distribution is disabled. */
export const originHostOf = ({ enabled, hosts, served }: SimulatedDistribution): string | undefined =>
  enabled ? hosts[served] : undefined;

import * as z from 'zod';
import { componentsOf } from '../world/addresses.ts';
import { keepHistory, seenState } from '../world/history.ts';
import { type Call, SimulatedAwsError, type SimulatedService, type World } from '../world/world.ts';

type SimulatedIpSet = { name: string; id: string; region: string; addresses: string[]; version: number };

export const ipSetsOf = (world: World) => world.state<SimulatedIpSet[]>('waf-ip-sets', () => []);

/** In the form that AWS's model asks for; every version of a set has its own. */
const tokenOf = (version: number) => `00000000-0000-4000-8000-${String(version).padStart(12, '0')}`;

/** AWS WAF: IP sets. A write needs the lock token of the newest read. */
export const service: SimulatedService = {
  name: 'wafv2',
  operations: {
    GetIPSet: (world, call) => {
      const { name, id, addresses, version } = setOf(seenState(world, 'wafv2', ipSetsOf(world)), call);
      const ARN = `arn:aws:wafv2:${call.region}:123456789012:regional/ipset/${name}/${id}`;
      return {
        IPSet: { Name: name, Id: id, ARN, IPAddressVersion: 'IPV4', Addresses: [...addresses] },
        LockToken: tokenOf(version),
      };
    },
    UpdateIPSet: (world, call) => {
      const set = setOf(ipSetsOf(world), call);
      if (call.input.LockToken !== tokenOf(set.version)) {
        const message = 'AWS WAF couldn’t save your changes because someone changed the resource meanwhile.';
        throw new SimulatedAwsError('WAFOptimisticLockException', message);
      }
      set.addresses = z.array(z.string()).parse(call.input.Addresses);
      set.version += 1;
      world.changed(`wafv2/${set.name}`, `The IP set holds ${set.addresses.length} ranges`, 'lifeboat');
      return { NextLockToken: tokenOf(set.version) };
    },
  },
  arrange(world, plan) {
    for (const { name, ipSetId, scope, region } of componentsOf(plan, 'ip-set')) {
      const where = scope === 'CLOUDFRONT' ? 'us-east-1' : region;
      ipSetsOf(world).push({ name, id: ipSetId, region: where, addresses: [], version: 1 });
    }
    keepHistory(world, 'wafv2', () => ipSetsOf(world));
  },
};

function setOf(sets: readonly SimulatedIpSet[], { input, region }: Call): SimulatedIpSet {
  const found = sets.find(set => set.id === input.Id && set.name === input.Name && set.region === region);
  if (found) return found;
  const message = 'AWS WAF couldn’t perform the operation because your resource doesn’t exist.';
  throw new SimulatedAwsError('WAFNonexistentItemException', message);
}

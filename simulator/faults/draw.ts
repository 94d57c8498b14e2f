import type { Plan } from '../../shared/plan/schema.ts';
import { hasProvider } from '../world/providers/hosts.ts';
import { hashToUnit } from '../world/world.ts';
import { staleServices } from './faults.ts';

/** What a clean run of the same scenario used; a fault in anything else would not be noticed. */
export type Used = {
  /** `service.Operation`. */
  calls: readonly string[];
  /** Functions that were called. */
  handlers: readonly string[];
};

/** None to three faults for a campaign's run, from its seed and from what the scenario uses. */
export function drawFaults(plan: Plan, seed: number, { calls, handlers }: Used): string[] {
  const unit = (key: string) => hashToUnit(seed, `faults/${key}`);
  const pick = (list: readonly string[], key: string) => list[Math.floor(unit(key) * list.length)];
  const services = [...new Set(calls.map(call => call.slice(0, call.indexOf('.'))))];
  const stale = services.filter(service => staleServices.includes(service));
  const channels = Object.entries(plan.channels).flatMap(([id, one]) => (hasProvider(one) ? [id] : []));
  const hasAccelerator = Object.values(plan.components).some(({ type }) => type === 'accelerator');
  const of = (kind: string, list: readonly string[]) => (key: string) => {
    const argument = pick(list, key);
    return argument === undefined ? undefined : `${kind}:${argument}`;
  };
  const kinds: ((key: string) => string | undefined)[] = [
    of('throttle', services),
    of('stale-read', stale),
    of('error5xx', calls),
    of('timeout', calls),
    of('lost-reply', calls),
    of('handler-crash', handlers),
    () => 'duplicate-event',
    of('provider-refuses', channels),
    of('provider-silent', channels),
    () => 'no-approval',
    () => 'no-snapshot',
    () => 'kms-key-missing',
    () => 'build-failed',
    () => 'backups-deleted',
    () => 'reboot-in-vain',
    () => 'nodes-never-join',
    () => 'region:us-east-1',
    ...(hasAccelerator ? [() => 'region:us-west-2'] : []),
    () => `region:${plan.regions.recovery}`,
  ];
  const count = Math.floor(unit('count') * 4);
  const drawn = new Set<string>();
  for (let index = 0; index < count; index++) {
    // The rarer, harder faults at the end of the list come up less often.
    const kind = kinds[Math.floor(unit(`kind/${index}`) ** 1.4 * kinds.length)];
    const fault = kind?.(`argument/${index}`);
    if (fault) drawn.add(fault);
  }
  return [...drawn].sort();
}

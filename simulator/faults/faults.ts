import { nearest } from '../../shared/plan/nearest.ts';
import { regionSchema } from '../../shared/plan/region.ts';

/**
 * Faults by name. A call fault hits the first calls it matches and then lets go, as faults of AWS do: a fault that
 * never ends is what a lost region is for. How many calls it hits is part of the fault's meaning, below.
 */
export type CallFault = 'throttle' | 'error5xx' | 'timeout' | 'lost-reply' | 'stale-read';

/** Which faults are on in a run. It keeps count, so a run needs a set of its own. */
export type FaultSet = {
  /** As given, for the report. */
  readonly names: readonly string[];
  has(name: string): boolean;
  /** Regions that are lost from the beginning of the outage. */
  readonly lostRegions: readonly string[];
  /** Notes that a fault that the world plays itself had an effect, such as a call to a lost region. */
  hit(name: string): void;
  /** Faults of calls, handlers and regions that have had no effect so far, so that nobody takes them for survived. */
  withoutEffect(): string[];
  /** How this call is to fail; undefined for a call that goes through. */
  onCall(call: { service: string; operation: string; region: string }): CallFault | undefined;
  /** Whether this call of a handler dies, before it did anything or after it did everything. */
  onHandler(name: string): 'crash-before' | 'crash-after' | undefined;
};

/** What can be given to `--fault`, with what it does. `<…>` stands for a name. */
export const knownFaults: Record<string, string> = {
  'region:<name>': 'everything in that AWS region stops answering when the outage begins',
  'throttle:<service>': 'every third call of the service is refused for its rate, ten times in all',
  'error5xx:<service.operation>': 'the first two calls of the operation answer with a server fault',
  'timeout:<service.operation>': 'the first call of the operation is never answered and changes nothing',
  'lost-reply:<service.operation>': 'the first call of the operation makes its change and is never answered',
  'stale-read:<service>': 'reads of the service answer with what held 20 s ago',
  'duplicate-event': 'every event is delivered twice, and an old one once more at the end',
  'handler-crash:<handler>':
    'the handler dies in its second call before, in its fourth after it did its work',
  'no-approval': 'nobody answers anything',
  'provider-refuses:<channel>': 'the provider of that channel refuses every message',
  'provider-silent:<channel>': 'the provider of that channel never answers',
  'kms-key-missing': "the recovery region's key can't be used",
  'no-snapshot': 'the recovery region has nothing to restore from',
  'build-failed': 'every CodeBuild build fails at the end',
  'reboot-in-vain': 'instances that are rebooted answer no more than before',
  'nodes-never-join': 'new nodes of a node group do not join their cluster when its version is updated',
  'backups-deleted': 'who deleted a database by mistake deleted its automated backups with it',
};

/** Services whose simulation keeps its past. */
export const staleServices = [
  'rds',
  'elasticache',
  'eks',
  'kubernetes',
  'secretsmanager',
  'elasticloadbalancing',
  'route53',
  'ec2',
  'autoscaling',
  'ecs',
  'lambda',
  'events',
  'wafv2',
  'sqs',
  'globalaccelerator',
  'elasticfilesystem',
  'cloudfront',
];

/** Kinds that end by themselves: with these alone every run has to reach its end. */
const passingKinds = [
  'throttle',
  'error5xx',
  'timeout',
  'lost-reply',
  'stale-read',
  'duplicate-event',
  'handler-crash',
];

/** Whether a fault passes by itself, so that no run may fail for it. */
export function passes(name: string): boolean {
  return passingKinds.includes(splitOnce(name, ':')[0]);
}

const throttledCalls = 10;
const serverFaults = 2;

/** Parses fault names, or says which are unknown and what is known. */
export function createFaults(
  names: readonly string[],
): { ok: true; faults: FaultSet } | { ok: false; problems: string[] } {
  const problems = names.flatMap(name => problemWith(name) ?? []);
  if (problems.length > 0) return { ok: false, problems };
  const counts = new Map<string, number>();
  const count = (key: string) => {
    const next = (counts.get(key) ?? 0) + 1;
    counts.set(key, next);
    return next;
  };
  const on = new Set(names);
  const effective = new Set<string>();
  const onCall = ({ service, operation }: { service: string; operation: string }): CallFault | undefined => {
    const call = `${service}.${operation}`;
    if (on.has(`throttle:${service}`)) {
      const n = count(`throttle:${service}`);
      if (n % 3 === 0 && n <= throttledCalls * 3) return 'throttle';
    }
    if (on.has(`error5xx:${call}`) && count(`error5xx:${call}`) <= serverFaults) return 'error5xx';
    if (on.has(`timeout:${call}`) && count(`timeout:${call}`) === 1) return 'timeout';
    if (on.has(`lost-reply:${call}`) && count(`lost-reply:${call}`) === 1) return 'lost-reply';
    if (on.has(`stale-read:${service}`) && isStaleRead(service, operation)) return 'stale-read';
    return undefined;
  };
  return {
    ok: true,
    faults: {
      names,
      has: name => on.has(name),
      lostRegions: names.filter(name => name.startsWith('region:')).map(name => name.slice('region:'.length)),
      hit: name => effective.add(name),
      withoutEffect: () => [...on].filter(name => name.includes(':') && !effective.has(name)),
      onCall: call => {
        const fault = onCall(call);
        if (fault === 'throttle' || fault === 'stale-read') effective.add(`${fault}:${call.service}`);
        else if (fault) effective.add(`${fault}:${call.service}.${call.operation}`);
        return fault;
      },
      onHandler: name => {
        if (!on.has(`handler-crash:${name}`)) return undefined;
        const n = count(`handler-crash:${name}`);
        if (n !== 2 && n !== 4) return undefined;
        effective.add(`handler-crash:${name}`);
        return n === 2 ? 'crash-before' : 'crash-after';
      },
    },
  };
}

/** Whether this read can be behind. The others are consistent by what AWS promises, or never change in a run. */
function isStaleRead(service: string, operation: string): boolean {
  return staleServices.includes(service) && /^(Describe|Get|List)/.test(operation);
}

/** What a rehearsal has, so that a fault in something that is not there is an error and not a success. */
export type Known = {
  services: readonly string[];
  handlers: readonly string[];
  /** Channels of the plan that a provider outside of AWS carries. */
  channels?: readonly string[];
};

/** Says which faults name a service or a handler that the rehearsal does not have, and which there are. */
export function unknownTargets(
  names: readonly string[],
  { services, handlers, channels = [] }: Known,
): string[] {
  return names.flatMap(name => {
    const [kind = '', argument = ''] = splitOnce(name, ':');
    if (kind === 'handler-crash') return missing(name, 'function', argument, handlers);
    if (kind.startsWith('provider-')) return missing(name, 'channel', argument, channels);
    if (kind === 'region') return regionSchema.safeParse(argument).success ? [] : [notARegion(name)];
    if (argument === '') return [];
    return missing(name, 'service', splitOnce(argument, '.')[0], services);
  });
}

function missing(name: string, what: string, wanted: string, known: readonly string[]): string[] {
  if (known.includes(wanted)) return [];
  const near = nearest(wanted, known);
  const hint = near ? ` Did you mean "${near}"?` : '';
  return [
    `The fault "${name}" names the ${what} "${wanted}", which a rehearsal of this plan does not have.${hint} It has: ${known.join(', ')}`,
  ];
}

function notARegion(name: string): string {
  return `The fault "${name}" does not name an AWS region. Write region:ap-southeast-2, for example`;
}

function problemWith(name: string): string | undefined {
  const [kind = '', argument] = splitOnce(name, ':');
  const form = Object.keys(knownFaults).find(known => known === kind || known.startsWith(`${kind}:<`));
  const list = Object.entries(knownFaults)
    .map(([known, meaning]) => `  ${known.padEnd(32)} ${meaning}`)
    .join('\n');
  if (!form) {
    const near = nearest(
      kind,
      Object.keys(knownFaults).map(known => splitOnce(known, ':')[0] ?? known),
    );
    return `There is no fault "${name}".${near ? ` Did you mean "${near}"?` : ''} These are known:\n${list}`;
  }
  if (form.includes(':') && !argument) return `The fault "${kind}" needs a name after it: ${form}`;
  if (!form.includes(':') && argument !== undefined)
    return `The fault "${kind}" takes no name: write ${form}`;
  if (form.includes('service.operation') && !argument?.includes('.')) {
    return `The fault "${name}" needs a service and an operation: ${kind}:rds.DescribeDBInstances, for example`;
  }
  return undefined;
}

function splitOnce(text: string, separator: string): [string, string | undefined] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}

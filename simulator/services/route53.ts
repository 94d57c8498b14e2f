import type { Change as RecordChange, ResourceRecordSet } from '@aws-sdk/client-route-53';
import { componentsOf, plainName } from '../world/addresses.ts';
import { authoritativeAnswer, type Zone, zonesOf } from '../world/dns-plane.ts';
import { checksOf, watch } from '../world/health-checks.ts';
import { keepHistory, seenState } from '../world/history.ts';
import { urlAnswers } from '../world/internet.ts';
import { fillCaches, followChange, loseChecks, refreshAnswers, returnChecks } from '../world/resolvers.ts';
import {
  type Blow,
  type Call,
  SimulatedAwsError,
  type SimulatedService,
  type World,
} from '../world/world.ts';

type Submitted = { id: string; submittedAt: Date; inSync: boolean };

const submissions = (world: World) => world.state('route53-changes', () => new Map<string, Submitted>());

function zoneOf(world: World, call: Call): Zone {
  const id = String(call.input.HostedZoneId ?? call.input.Id).replace(/^\/hostedzone\//, '');
  const zone = zonesOf(world).get(id);
  if (!zone) throw new SimulatedAwsError('NoSuchHostedZone', `No hosted zone found with ID: ${id}`, 404);
  return zone;
}

/** Route 53 sorts by the labels from the right, then by type and set identifier. */
function sortKey(name: string, type = '', identifier = ''): string {
  return [plainName(name).split('.').reverse().join('.'), type, identifier].join(' ');
}

function listRecordSets(world: World, call: Call) {
  const { StartRecordName, StartRecordType, StartRecordIdentifier, MaxItems } = call.input;
  const start = StartRecordName
    ? sortKey(String(StartRecordName), String(StartRecordType ?? ''), String(StartRecordIdentifier ?? ''))
    : '';
  const keyOf = (set: ResourceRecordSet) => sortKey(set.Name ?? '', set.Type, set.SetIdentifier);
  const { id } = zoneOf(world, call);
  const { sets } = seenState(world, 'route53', zonesOf(world)).get(id) ?? zoneOf(world, call);
  const sorted = sets.toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
  const from = sorted.filter(set => keyOf(set) >= start.trimEnd());
  const most = Math.min(Number(MaxItems ?? 300), 300);
  const next = from[most];
  return {
    ResourceRecordSets: structuredClone(from.slice(0, most)),
    IsTruncated: next !== undefined,
    NextRecordName: next?.Name,
    NextRecordType: next?.Type,
    NextRecordIdentifier: next?.SetIdentifier,
    MaxItems: most,
  };
}

function sameSet(a: ResourceRecordSet, b: ResourceRecordSet): boolean {
  return (
    plainName(a.Name ?? '') === plainName(b.Name ?? '') &&
    a.Type === b.Type &&
    a.SetIdentifier === b.SetIdentifier
  );
}

/** What Route 53 refuses, with its own words where they are known. */
function problemOf(set: ResourceRecordSet, others: readonly ResourceRecordSet[]): string | undefined {
  const ofName = others.filter(one => plainName(one.Name ?? '') === plainName(set.Name ?? ''));
  if (ofName.some(one => (one.Type === 'CNAME') !== (set.Type === 'CNAME'))) {
    return `RRSet of type ${set.Type} with DNS name ${set.Name} is not permitted because a conflicting RRSet with the same DNS name already exists`;
  }
  if (
    ofName.some(
      one =>
        one.Type === set.Type &&
        ((one.Failover === undefined) !== (set.Failover === undefined) ||
          (one.Weight === undefined) !== (set.Weight === undefined)),
    )
  ) {
    return `RRSet with DNS name ${set.Name}, type ${set.Type} can't be created: a set with another routing policy exists`;
  }
  if (set.Failover === 'PRIMARY' && !set.AliasTarget && !set.HealthCheckId) {
    return 'A non-alias primary ResourceRecordSet must have an associated health check.';
  }
  if (!set.AliasTarget && (set.TTL === undefined || !set.ResourceRecords?.length)) {
    return `Invalid request: missing TTL or values in the record set ${set.Name}`;
  }
  if (set.AliasTarget && (set.TTL !== undefined || set.ResourceRecords?.length)) {
    return `Invalid request: an alias has neither TTL nor values (${set.Name})`;
  }
  return undefined;
}

function applyChange(sets: readonly ResourceRecordSet[], change: RecordChange): ResourceRecordSet[] {
  const set: ResourceRecordSet = structuredClone(change.ResourceRecordSet ?? { Name: '', Type: undefined });
  const others = sets.filter(one => !sameSet(one, set));
  const exists = others.length < sets.length;
  const refuse = (message: string) => new SimulatedAwsError('InvalidChangeBatch', `[${message}]`, 400);
  if (change.Action === 'DELETE') {
    if (!exists) throw refuse(`Tried to delete ${set.Name} but it was not found`);
    return others;
  }
  if (change.Action === 'CREATE' && exists) throw refuse(`Tried to create ${set.Name} but it already exists`);
  const problem = problemOf(set, others);
  if (problem) throw refuse(problem);
  return [...others, { ...set, Name: `${plainName(set.Name ?? '')}.` }];
}

/** All changes of a batch or none; the authoritative servers follow within 60 s (API Reference). */
function changeRecordSets(world: World, call: Call) {
  const zone = zoneOf(world, call);
  const batch = call.input.ChangeBatch as { Changes?: RecordChange[]; Comment?: string };
  const after = (batch.Changes ?? []).reduce<ResourceRecordSet[]>(applyChange, zone.sets);
  zone.sets = after;
  zone.version += 1;
  const { version } = zone;
  const submitted: Submitted = { id: `C${zone.id}${version}`, submittedAt: world.now(), inSync: false };
  submissions(world).set(submitted.id, submitted);
  world.changed(`hosted-zone/${zone.id}`, `Record sets are changed (${submitted.id})`, 'lifeboat');
  const seconds = world.duration(
    { minSeconds: 5, likelySeconds: 30, maxSeconds: 60 },
    `change/${submitted.id}`,
  );
  world.after(seconds, `hosted-zone/${zone.id}`, `The change ${submitted.id} is INSYNC`, () => {
    submitted.inSync = true;
    // A later batch may have been faster; it contains this one.
    if (version < zone.servedVersion) return;
    zone.served = after;
    zone.servedVersion = version;
    refreshAnswers(world);
  });
  return { ChangeInfo: infoOf(submitted) };
}

function infoOf(submitted: Submitted) {
  return {
    Id: `/change/${submitted.id}`,
    Status: submitted.inSync ? 'INSYNC' : 'PENDING',
    SubmittedAt: submitted.submittedAt,
  };
}

function getChange(world: World, call: Call) {
  const id = String(call.input.Id).replace(/^\/change\//, '');
  const submitted = submissions(world).get(id);
  if (!submitted) throw new SimulatedAwsError('NoSuchChange', `Could not find resource with ID: ${id}`, 404);
  return { ChangeInfo: infoOf(submitted) };
}

function checkOf(world: World, call: Call) {
  const id = String(call.input.HealthCheckId);
  const check = checksOf(world).get(id);
  if (!check)
    throw new SimulatedAwsError(
      'NoSuchHealthCheck',
      `No health check exists with the specified ID ${id}`,
      404,
    );
  return check;
}

function getHealthCheck(world: World, call: Call) {
  const check = checkOf(world, call);
  return {
    HealthCheck: {
      Id: check.id,
      CallerReference: check.id,
      HealthCheckVersion: check.version ?? 1,
      HealthCheckConfig: { ...check.config },
    },
  };
}

/** Each of 16 checkers looked at its own moment within the last interval; inverting is not in what they say. */
function getHealthCheckStatus(world: World, call: Call) {
  const check = checkOf(world, call);
  const Status = check.endpointHealthy
    ? 'Success: HTTP Status Code 200, OK'
    : 'Failure: HTTP Status Code 503, Service Unavailable';
  const interval = (check.config.RequestInterval ?? 30) * 1000;
  return {
    HealthCheckObservations: Array.from({ length: 16 }, (_, n) => {
      const phase = world.random(`checker/${check.id}/${n}`) * interval;
      const age = (world.nowMs() - phase) % interval;
      return {
        Region: checkerRegions[n % checkerRegions.length],
        StatusReport: { Status, CheckedTime: new Date(world.nowMs() - age) },
      };
    }),
  };
}

const checkerRegions = ['us-east-1', 'us-west-1', 'us-west-2', 'eu-west-1', 'ap-southeast-1', 'sa-east-1'];

/** Points a check elsewhere; its checkers find out what is there like anything else. */
function updateHealthCheck(world: World, call: Call) {
  const check = checkOf(world, call);
  const version = check.version ?? 1;
  if (call.input.HealthCheckVersion !== undefined && call.input.HealthCheckVersion !== version) {
    const message = `The health check version ${call.input.HealthCheckVersion} is not current`;
    throw new SimulatedAwsError('HealthCheckVersionMismatch', message, 409);
  }
  const { FullyQualifiedDomainName, Port, ResourcePath } = call.input as Partial<typeof check.config>;
  Object.assign(check.config, {
    ...(FullyQualifiedDomainName !== undefined && { FullyQualifiedDomainName }),
    ...(Port !== undefined && { Port }),
    ...(ResourcePath !== undefined && { ResourcePath }),
  });
  check.version = version + 1;
  world.changed(
    `health-check/${check.id}`,
    `It watches ${check.config.FullyQualifiedDomainName}`,
    'lifeboat',
  );
  followWatched(world);
  return getHealthCheck(world, call);
}

/** What the checkers were last told to find, by check: a watch that is begun anew would never end. */
const told = (world: World) => world.state('watched-endpoints', () => new Map<string, boolean>());

/** Lets the checkers of the plan's health checks find out whether what they watch answers now. */
function followWatched(world: World): void {
  for (const { healthCheckId: id } of componentsOf(world.plan, 'health-check')) {
    const config = checksOf(world).get(id)?.config;
    const protocol = config?.Type?.startsWith('HTTPS') ? 'https' : 'http';
    const answers = urlAnswers(
      world,
      `${protocol}://${config?.FullyQualifiedDomainName}:${config?.Port}${config?.ResourcePath ?? '/'}`,
    );
    if ((told(world).get(id) ?? true) === answers) continue;
    told(world).set(id, answers);
    watch(world, id, answers, () => refreshAnswers(world));
  }
}

/** What a blow to a name does: its records lead to nobody's address, or they are gone. */
function strike(world: World, blow: Blow): (() => boolean) | undefined {
  const { component } = blow;
  if (component.type !== 'dns-name' && component.type !== 'dns-record') return undefined;
  if (blow.type !== 'failure' && blow.type !== 'loss') return undefined;
  const zone = zonesOf(world).get(component.hostedZone);
  if (!zone) return undefined;
  const isOf = (set: ResourceRecordSet) => plainName(set.Name ?? '') === plainName(component.name);
  const wrong = component.recordType === 'A' ? '192.0.2.1' : 'nobody.invalid';
  const spoilt = (set: ResourceRecordSet): ResourceRecordSet => {
    const { AliasTarget: _, ...rest } = set;
    return { ...rest, TTL: set.TTL ?? 60, ResourceRecords: [{ Value: wrong }] };
  };
  zone.sets =
    blow.type === 'loss'
      ? zone.sets.filter(set => !isOf(set))
      : zone.sets.map(set => (isOf(set) ? spoilt(set) : set));
  zone.served = [...zone.sets];
  zone.version += 1;
  zone.servedVersion = zone.version;
  const what = blow.type === 'loss' ? 'are deleted' : `lead to ${wrong}`;
  world.changed(`hosted-zone/${zone.id}`, `The records of ${component.name} ${what}`);
  refreshAnswers(world);
  return () => {
    const answer = authoritativeAnswer(world, component.name, component.recordType);
    return answer === undefined || answer.values.length === 0 || answer.values.includes(wrong);
  };
}

function getHostedZone(world: World, call: Call) {
  const zone = zoneOf(world, call);
  return {
    HostedZone: { Id: `/hostedzone/${zone.id}`, Name: zone.name, CallerReference: zone.id },
    DelegationSet: { NameServers: ['ns-1.awsdns-01.org', 'ns-2.awsdns-02.net'] },
  };
}

function testDnsAnswer(world: World, call: Call) {
  zoneOf(world, call);
  const name = String(call.input.RecordName);
  const type = String(call.input.RecordType);
  const answer = authoritativeAnswer(world, name, type);
  return {
    Nameserver: 'ns-1.awsdns-01.org',
    RecordName: name,
    RecordType: type,
    RecordData: answer?.values ?? [],
    ResponseCode: answer ? 'NOERROR' : 'NXDOMAIN',
    Protocol: 'UDP',
  };
}

/** Route 53's control plane. Clients call it in us-east-1, so it is gone when that region is. */
export const service: SimulatedService = {
  name: 'route53',
  operations: {
    ListResourceRecordSets: listRecordSets,
    ChangeResourceRecordSets: changeRecordSets,
    GetChange: getChange,
    GetHealthCheck: getHealthCheck,
    GetHealthCheckStatus: getHealthCheckStatus,
    UpdateHealthCheck: updateHealthCheck,
    GetHostedZone: getHostedZone,
    TestDNSAnswer: testDnsAnswer,
  },
  arrange(world) {
    keepHistory(world, 'route53', () => zonesOf(world));
    fillCaches(world);
    world.onChange(({ resource }) => {
      followChange(world, resource);
      if (/^(target|region|load-balancer|ecs|ec2|autoscaling|dns)\//.test(resource)) followWatched(world);
    });
  },
  loseRegion: loseChecks,
  returnRegion: returnChecks,
  strike,
};

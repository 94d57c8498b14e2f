import type { Change as RecordChange, ResourceRecordSet } from '@aws-sdk/client-route-53';
import { plainName } from '../world/addresses.ts';
import { authoritativeAnswer, type Zone, zonesOf } from '../world/dns-plane.ts';
import { checksOf, isHealthy } from '../world/health-checks.ts';
import { keepHistory, seenState } from '../world/history.ts';
import { fillCaches, followChange, loseChecks, refreshAnswers, returnChecks } from '../world/resolvers.ts';
import { type Call, SimulatedAwsError, type SimulatedService, type World } from '../world/world.ts';

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
    ofName.some(one => one.Type === set.Type && (one.Failover === undefined) !== (set.Failover === undefined))
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
      HealthCheckVersion: 1,
      HealthCheckConfig: { ...check.config },
    },
  };
}

function getHealthCheckStatus(world: World, call: Call) {
  const healthy = isHealthy(world, checkOf(world, call).id);
  const Status = healthy ? 'Success: HTTP Status Code 200, OK' : 'Failure: the check is not passed';
  return {
    HealthCheckObservations: [{ Region: 'us-east-1', StatusReport: { Status, CheckedTime: world.now() } }],
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
    GetHostedZone: getHostedZone,
    TestDNSAnswer: testDnsAnswer,
  },
  arrange(world) {
    keepHistory(world, 'route53', () => zonesOf(world));
    fillCaches(world);
    world.onChange(change => followChange(world, change.resource));
  },
  loseRegion: loseChecks,
  returnRegion: returnChecks,
};

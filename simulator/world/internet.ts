import { isIP } from 'node:net';
import { ServiceUnavailableError } from '../../shared/errors.ts';
import type {
  DnsAnswer,
  DnsQuery,
  HttpRequest,
  HttpResponse,
  MongoHello,
  MongoTarget,
  Network,
  TlsResult,
  TlsTarget,
} from '../../shared/ports.ts';
import { clustersOf, type SimulatedDeployment } from '../kubernetes/cluster.ts';
import { databaseHostFor } from '../kubernetes/secret-host.ts';
import { isCluster } from '../services/rds/cluster-components.ts';
import { endpointOfCluster } from '../services/rds/clusters.ts';
import { answerAsDatabase } from '../services/rds/database-http.ts';
import { databaseAt, endpointOf } from '../services/rds.ts';
import { bucketRegion, objectAnswers } from '../services/s3.ts';
import { acceleratorAt, type SimulatedAccelerator, sideOf } from './accelerators.ts';
import {
  componentsOf,
  knownPaths,
  knownUrls,
  plainName,
  siteNames,
  userNames,
  wantedStatus,
} from './addresses.ts';
import { regionsWithApplications, runningApplications } from './applications.ts';
import { appDependencies } from './dependencies.ts';
import { distributionAt, originHostOf } from './distributions.ts';
import { authoritativeAnswer } from './dns-plane.ts';
import { letsIn } from './guarded-endpoints.ts';
import { balancerServes, brokenBalancers, type LoadBalancer, loadBalancers } from './load-balancing.ts';
import { ownServers } from './own-servers.ts';
import { answerProvider } from './providers/hosts.ts';
import { resolverAnswer } from './resolvers.ts';
import { componentServes } from './serving.ts';
import { sleep } from './sleep.ts';
import { ownAnswer } from './traffic.ts';
import type { World } from './world.ts';

/**
 * Who is at an address. `site`: a server of its own, in a region of the plan or outside of AWS. `api`: the endpoint of
 * an AWS service in a region.
 */
type Host =
  | { kind: 'balancer'; balancer: LoadBalancer }
  | { kind: 'api'; region: string }
  | { kind: 'site'; region?: string }
  | { kind: 'database'; name: string; region: string }
  | { kind: 'bucket'; bucket: string };

/** A certificate that is not as it should be, by server name; all others are valid. */
export type BadCertificate = { authorizationError?: string; validTo?: string };

/** Days from the outage until the simulated certificates end. */
const certificateDays = 200;
/** ACM User Guide, "Managed certificate renewal": 60 days prior to expiration. */
const renewedDaysBefore = 60;
const dayMs = 86_400_000;

/** Makes the certificate of a name bad from now on. */
export function setCertificate(world: World, serverName: string, certificate: BadCertificate): void {
  badCertificates(world).set(serverName, certificate);
}

const badCertificates = (world: World) =>
  world.state('certificates', () => new Map<string, BadCertificate>());

/** The simulated forms of the Network port's http, tls, dns and mongo. Time-outs and latencies take virtual time. */
export function createInternet(world: World): Pick<Network, 'http' | 'tls' | 'dns' | 'mongo'> {
  return {
    http: request => answerHttp(world, request),
    tls: target => answerTls(world, target),
    dns: query => answerDns(world, query),
    mongo: target => answerMongo(world, target),
  };
}

async function answerHttp(world: World, request: HttpRequest): Promise<HttpResponse> {
  const url = new URL(request.url);
  const provided = answerProvider(world, request);
  if (provided === 'silent') return silence(url.hostname, request.timeoutMs);
  if (provided) {
    const latencyMs = latency(world, `provider/${url.hostname}`);
    await sleep(latencyMs);
    return { ...provided, latencyMs };
  }
  const host = await findHost(world, request.connectTo ?? url.hostname, request.url);
  if (isSilent(world, host)) return silence(request.url, request.timeoutMs);
  const latencyMs = latency(world, `${host.kind}/${url.hostname}`);
  await sleep(latencyMs);
  const served = serve(world, host, url);
  const refused = served.status < 400 && !letsIn(world, request);
  const { status: found, body } = refused ? { status: 401, body: 'Unauthorized' } : served;
  const wanted = wantedStatus(world.plan, request.method ?? 'GET', url);
  // Who has a request of the plan carried out says so as the plan expects it, such as with 201 or 204.
  const status = found === 200 && wanted !== undefined && wanted < 300 ? wanted : found;
  return {
    status,
    headers: { 'content-type': found === 200 ? 'application/json' : 'text/html' },
    body: request.method === 'HEAD' || status === 204 ? '' : body,
    latencyMs,
  };
}

function serve(world: World, host: Host, url: URL): { status: number; body: string } {
  if (host.kind === 'database') return answerAsDatabase(world, host.name, url.pathname);
  if (host.kind === 'bucket') {
    const open = objectAnswers(world, host.bucket, url.pathname.slice(1));
    return open ? ok(world, url, bucketRegion(world, host.bucket)) : { status: 404, body: 'NoSuchKey' };
  }
  const region = host.kind === 'balancer' ? host.balancer.region : host.region;
  const behind = host.kind === 'api' ? undefined : servedBy(world, url, region);
  if (behind !== undefined && !componentServes(world, behind)) {
    return { status: 503, body: '503 Service Temporarily Unavailable' };
  }
  if (host.kind === 'balancer') {
    // A load balancer with registered but sick targets would fail open; for users that is no service either.
    if (!balancerServes(world, host.balancer))
      return { status: 503, body: '503 Service Temporarily Unavailable' };
    if (!knownPaths(world.plan).has(url.pathname)) return { status: 404, body: 'Not Found' };
    if (!databaseAnswers(world, host.balancer.region)) return { status: 500, body: '{"status":"error"}' };
    return ok(world, url, host.balancer.region);
  }
  // A request without a signature and an action is refused, by a service that is up.
  if (host.kind === 'api') return { status: 403, body: 'MissingAuthenticationToken' };
  return ok(world, url, host.region);
}

/**
 * Whether the database can be reached that the pods behind the load balancers of a region are connected to; where pods
 * do not say which that is, and no secret of the region does, the one that its application has always used.
 */
function databaseAnswers(world: World, region: string): boolean {
  const connected = clustersOf(world)
    .filter(cluster => cluster.region === region)
    .flatMap(({ deployments }) => deployments.filter(deployment => isReached(world, deployment)))
    .flatMap(({ pods }) => pods.flatMap(({ databaseHost }) => databaseHost ?? []));
  if (connected.length > 0) {
    return connected.every(host => appDependencies(world).databaseAt(host) !== undefined);
  }
  const used = usedServers(world, region);
  if (used.length > 0) return used.every(host => appDependencies(world).databaseAt(host) !== undefined);
  const told = regionsWithApplications(world).has(region) ? databaseHostFor(world, region) : undefined;
  if (told !== undefined) return appDependencies(world).databaseAt(told) !== undefined;
  const hosts = [
    ...componentsOf(world.plan, 'rds-instance').map(one => [one.region, endpointOf(region, one.identifier)]),
    ...Object.values(world.plan.components)
      .filter(isCluster)
      .map(one => [one.region, endpointOfCluster(one)]),
  ];
  return hosts.every(
    ([where, host = '']) => where !== region || appDependencies(world).databaseAt(host) !== undefined,
  );
}

/** Hosts of the servers of the system's own that the applications of a region say that they use. */
function usedServers(world: World, region: string): string[] {
  return runningApplications(world)
    .filter(application => application.region === region)
    .flatMap(({ uses = [] }) => uses.flatMap(id => ownServers(world).get(id)?.component.host ?? []));
}

/** Whether the pods of a deployment register with a target group. */
function isReached(world: World, { component }: SimulatedDeployment): boolean {
  const own = component === undefined ? undefined : world.plan.components[component];
  return own !== undefined && 'targetGroup' in own && own.targetGroup !== undefined;
}

/** What the plan says of the answers there, whatever the query; else that all is well. */
function ok(world: World, url: URL, region: string | undefined): { status: number; body: string } {
  const told = componentsOf(world.plan, 'endpoint').find(
    one => one.answers !== undefined && one.url === `${url.origin}${url.pathname}`,
  );
  const usual = { status: 'ok', healthy: true, path: url.pathname, region };
  return { status: 200, body: JSON.stringify(told?.answers ?? usual) };
}

async function answerTls(world: World, target: TlsTarget): Promise<TlsResult> {
  const what = `${target.host}:${target.port}`;
  const host = await findHost(world, target.host, what);
  if (isSilent(world, host)) return silence(what, target.timeoutMs);
  await sleep(latency(world, `tls/${target.serverName}`));
  const bad = badCertificates(world).get(target.serverName);
  const validTo = bad?.validTo ?? certificateEnds(world);
  const known = host.kind === 'database' || knownHosts(world).has(plainName(target.serverName));
  const problem =
    bad?.authorizationError ??
    (!known ? 'ERR_TLS_CERT_ALTNAME_INVALID' : undefined) ??
    (Date.parse(validTo) < world.nowMs() ? 'CERT_HAS_EXPIRED' : undefined);
  return {
    authorized: problem === undefined,
    ...(problem !== undefined && { authorizationError: problem }),
    subject: target.serverName,
    validTo,
  };
}

async function answerMongo(world: World, target: MongoTarget): Promise<MongoHello> {
  const { authorizationError } = await answerTls(world, { ...target, serverName: target.host });
  const found = databaseAt(world, target.host);
  if (found?.engine !== 'docdb') return silence(`${target.host}:${target.port}`, 0);
  return {
    writes: found.writable,
    ...(target.tls && authorizationError && { certificateProblem: authorizationError }),
  };
}

/** Certificates are renewed in time, as ACM does it: what ends is one that nobody looks after. */
function certificateEnds({ outageStartedAtMs, nowMs }: World): string {
  const everyDays = certificateDays - renewedDaysBefore;
  const renewals = Math.max(0, Math.floor((nowMs() - outageStartedAtMs) / (everyDays * dayMs)));
  return new Date(outageStartedAtMs + (renewals * everyDays + certificateDays) * dayMs).toISOString();
}

async function answerDns(world: World, query: DnsQuery): Promise<DnsAnswer> {
  await sleep(latency(world, `dns/${query.resolver}`) / 4);
  const balancer = loadBalancers(world).get(plainName(query.name));
  if (balancer) return { values: query.type === 'A' ? [...balancer.addresses] : [], ttlSeconds: 60 };
  const name = userNames(world.plan).find(one => plainName(one.name) === plainName(query.name));
  // Caches are kept for the type that the name has; any other type is rarely asked for and never cached.
  if (name && query.resolver !== 'authoritative' && query.type === name.recordType) {
    return resolverAnswer(world, query.resolver, name);
  }
  return authoritativeAnswer(world, query.name, query.type) ?? { values: [], ttlSeconds: 0 };
}

/** Finds who is at a host name or address, as Lifeboat's own resolver sees it. */
async function findHost(world: World, host: string, what: string): Promise<Host> {
  const found = hostAt(world, host);
  if (found) return found;
  await sleep(latency(world, `dns/${host}`));
  throw new ServiceUnavailableError(`${what} did not answer: getaddrinfo ENOTFOUND ${host}`, {
    nextStep: 'Check the host name in the plan.',
  });
}

/** Whether a GET of an address is answered with success now, as the truth has it. */
export function urlAnswers(world: World, address: string): boolean {
  const url = new URL(address);
  const host = hostAt(world, url.hostname);
  return host !== undefined && !isSilent(world, host) && serve(world, host, url).status < 400;
}

/** Whether somebody serves at a host name now, whatever is asked for. */
export function hostServes(world: World, name: string): boolean {
  const host = hostAt(world, name);
  if (host === undefined || isSilent(world, host)) return false;
  return host.kind !== 'balancer' || balancerServes(world, host.balancer);
}

/** Who is at a host name or address; undefined when it is nobody's. */
function hostAt(world: World, host: string): Host | undefined {
  const bucket = /^(.+)\.s3\.[a-z0-9-]+\.amazonaws\.com$/.exec(host)?.[1];
  if (bucket && bucketRegion(world, bucket)) return { kind: 'bucket', bucket };
  const region = /^[a-z0-9-]+\.([a-z]{2}(?:-[a-z]+)+-\d)\.amazonaws\.com$/.exec(host)?.[1];
  if (region) return { kind: 'api', region };
  const distribution = distributionAt(world, host);
  if (distribution) {
    const origin = originHostOf(distribution);
    return origin === undefined ? undefined : hostAt(world, origin);
  }
  const accelerator = acceleratorAt(world, host);
  if (accelerator) return behindAccelerator(accelerator);
  const balancer = findBalancer(world, [host, ...(ownAnswer(world, host) ?? [])]);
  if (balancer) return { kind: 'balancer', balancer };
  const database = databaseAt(world, host);
  if (database) return { kind: 'database', name: host, region: database.region };
  const known = knownUrls(world.plan).filter(one => one.url.hostname === host);
  if (known.length === 0) return undefined;
  return { kind: 'site', region: known.find(one => one.region)?.region };
}

/** An accelerator that is disabled has nobody behind it; neither has one whose side is not in the plan. */
function behindAccelerator(accelerator: SimulatedAccelerator): Host | undefined {
  const { balancer } = accelerator.groups[sideOf(accelerator)];
  return accelerator.enabled && balancer ? { kind: 'balancer', balancer } : undefined;
}

/** The component that the plan says is behind an address in a region. */
function servedBy(world: World, url: URL, region: string | undefined): string | undefined {
  const known = knownUrls(world.plan).filter(one => one.servedBy !== undefined && one.region === region);
  const ofHost = known.filter(one => one.url.hostname === url.hostname);
  return (ofHost.find(one => one.url.pathname === url.pathname) ?? ofHost[0])?.servedBy;
}

function findBalancer(world: World, names: readonly string[]): LoadBalancer | undefined {
  for (const name of names) {
    const balancer = isIP(name)
      ? [...loadBalancers(world).values()].find(one => one.addresses.includes(name))
      : loadBalancers(world).get(plainName(name));
    if (balancer) return balancer;
  }
  return undefined;
}

/** Names that certificates were made for. */
function knownHosts(world: World): Set<string> {
  return new Set([...siteNames(world.plan), ...knownUrls(world.plan).map(known => known.url.hostname)]);
}

function isSilent(world: World, host: Host): boolean {
  if (host.kind === 'balancer') {
    const gone = brokenBalancers(world).get(host.balancer.dnsName) === 'gone';
    return gone || world.isLost(host.balancer.region);
  }
  if (host.kind === 'database') return databaseAt(world, host.name)?.reachable !== true;
  const region = host.kind === 'bucket' ? bucketRegion(world, host.bucket) : host.region;
  return region !== undefined && world.isLost(region);
}

/** Milliseconds of one exchange, the same for the same seed and place. */
function latency(world: World, key: string): number {
  return Math.round(40 + 160 * world.random(`latency/${key}`));
}

async function silence(what: string, timeoutMs: number): Promise<never> {
  await sleep(timeoutMs);
  throw new ServiceUnavailableError(`${what} did not answer: nothing within ${timeoutMs} ms`, {
    nextStep: 'The region may be lost; the check is repeated.',
  });
}

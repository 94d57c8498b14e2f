import type { ComponentOf, ComponentType } from '../../shared/plan/components.ts';
import type { Plan } from '../../shared/plan/schema.ts';
import { stepsOf } from '../../shared/runbook/phases.ts';

/** What is read from a plan at every change of the world is worked out once. */
const ofPlans = new WeakMap<Plan, Map<string, unknown>>();

function once<T>(plan: Plan, key: string, make: () => T): T {
  const known = ofPlans.get(plan) ?? new Map<string, unknown>();
  ofPlans.set(plan, known);
  if (!known.has(key)) known.set(key, make());
  return known.get(key) as T;
}

/** Components of one type, each with its key in the plan as its id. */
export function componentsOf<T extends ComponentType>(plan: Plan, type: T): readonly ComponentOf<T>[] {
  return once(plan, `components/${type}`, () =>
    Object.entries(plan.components)
      .map(([id, component]) => ({ ...component, id }))
      .filter((one): one is ComponentOf<T> => one.type === type),
  );
}

/** A name that users come in by, whichever way its records are kept. */
export type UserName = Pick<
  ComponentOf<'dns-name'>,
  'id' | 'name' | 'hostedZone' | 'recordType' | 'primaryTarget' | 'recoveryTarget' | 'resolvers'
>;

/** Every name of the plan: failover pairs with a gate, and records that Lifeboat or routing controls move. */
export function userNames(plan: Plan): readonly UserName[] {
  return once(plan, 'user-names', () => [
    ...componentsOf(plan, 'dns-name'),
    ...componentsOf(plan, 'dns-record'),
  ]);
}

/** A URL that the plan names somewhere: in an endpoint, a probe, or a step. */
export type KnownUrl = {
  url: URL;
  region?: string;
  /** Id of the component that answers there, if the plan says so. */
  servedBy?: string;
};

/** Every address that the plan expects to answer. `${components.<id>.url}` is filled in; other expressions can't be. */
export function knownUrls(plan: Plan): readonly KnownUrl[] {
  return once(plan, 'urls', () => findUrls(plan));
}

function findUrls(plan: Plan): KnownUrl[] {
  const found: KnownUrl[] = componentsOf(plan, 'endpoint').flatMap(endpoint =>
    parse(endpoint.url).map(url => ({
      url,
      region: endpoint.region,
      ...(endpoint.servedBy !== undefined && { servedBy: endpoint.servedBy }),
    })),
  );
  for (const signal of Object.values(plan.signals)) {
    if (signal.type === 'probe') found.push(...parse(signal.url).map(url => ({ url })));
  }
  for (const text of stringsOf(Object.values(plan.scenarios).map(scenario => scenario.phases))) {
    found.push(...parse(fillIn(plan, text)).map(url => ({ url })));
  }
  return found;
}

/** Paths that the application answers with 200: those that the plan asks for under one of its DNS names. */
export function knownPaths(plan: Plan): ReadonlySet<string> {
  return once(plan, 'paths', () => findPaths(plan));
}

/** Every host name that users come in by, lower-case. */
export function siteNames(plan: Plan): string[] {
  const accelerators = componentsOf(plan, 'accelerator').flatMap(({ dnsName, hostname }) => [
    dnsName,
    ...(hostname === undefined ? [] : [hostname]),
  ]);
  const distributions = componentsOf(plan, 'cloudfront-distribution').flatMap(({ domainName, hostname }) => [
    domainName,
    ...(hostname === undefined ? [] : [hostname]),
  ]);
  return [...userNames(plan).map(({ name }) => name), ...accelerators, ...distributions].map(plainName);
}

function findPaths(plan: Plan): Set<string> {
  const names = new Set([...siteNames(plan), ...foreignNames(plan)]);
  const urls = knownUrls(plan).filter(known => names.has(plainName(known.url.hostname)));
  return new Set(urls.map(known => known.url.pathname));
}

/** Names of the system whose records the plan does not keep: steps ask a load balancer for them. */
function foreignNames(plan: Plan): string[] {
  return stepsOfPlan(plan).flatMap(({ with: { url, connectTo } }) =>
    typeof url === 'string' && connectTo !== undefined
      ? parse(fillIn(plan, url)).map(({ hostname }) => plainName(hostname))
      : [],
  );
}

/** The status by which a request of a step is taken for carried out, if the plan says another one than 200. */
export function wantedStatus(plan: Plan, method: string, url: URL): number | undefined {
  const key = (to: string, one: URL) => `${to} ${one.origin}${one.pathname}`;
  const wanted = once(plan, 'wanted-statuses', () => {
    const found = new Map<string, number>();
    for (const step of stepsOfPlan(plan)) {
      const { url: text, expectStatus, method: to = 'GET' } = step.with;
      const [status] = [expectStatus].flat();
      if (step.do !== 'http.request' || typeof text !== 'string' || typeof status !== 'number') continue;
      for (const one of parse(fillIn(plan, text))) found.set(key(String(to), one), status);
    }
    return found;
  });
  return wanted.get(key(method, url));
}

const stepsOfPlan = (plan: Plan) =>
  Object.values(plan.scenarios).flatMap(({ phases }) => phases.flatMap(({ steps }) => stepsOf(steps)));

function fillIn(plan: Plan, text: string): string {
  return text.replaceAll(/\$\{components\.([a-z0-9-]+)\.url\}/g, (whole, id: string) => {
    const component = plan.components[id];
    return component?.type === 'endpoint' ? component.url : whole;
  });
}

function parse(text: string): URL[] {
  return /^https?:\/\/[^$]+$/.test(text) && URL.canParse(text) ? [new URL(text)] : [];
}

/** All strings inside a value, however deep. */
function* stringsOf(value: unknown): Generator<string> {
  if (typeof value === 'string') yield value;
  else if (value !== null && typeof value === 'object')
    for (const inner of Object.values(value)) yield* stringsOf(inner);
}

/** Lower-case, without the last dot and without the prefix that Route 53 gives to dual-stack load balancers. */
export function plainName(name: string): string {
  return name
    .toLowerCase()
    .replace(/\.$/, '')
    .replace(/^dualstack\./, '');
}

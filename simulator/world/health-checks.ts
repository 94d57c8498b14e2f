import type { HealthCheckConfig } from '@aws-sdk/client-route-53';
import { componentsOf } from './addresses.ts';
import type { World } from './world.ts';

/** A health check and whether its checkers find the endpoint well; inverting comes on top of that. */
export type Check = {
  id: string;
  config: HealthCheckConfig;
  endpointHealthy: boolean;
  round: number;
  version?: number;
};

/** About as many as Route 53 uses for a check; more than 18 % of them must find it healthy (Developer Guide). */
const checkers = 18;
const healthyShare = 0.18;

/** Inverted checks of the gates (the defaults of the API: every 30 s, three in a row), and one for each endpoint. */
export function checksOf(world: World): Map<string, Check> {
  return world.state('health-checks', () => {
    const made = new Map<string, Check>();
    for (const name of componentsOf(world.plan, 'dns-name')) {
      const config: HealthCheckConfig = {
        Type: 'HTTPS',
        FullyQualifiedDomainName: `${name.gate.bucket}.s3.${world.plan.regions.recovery}.amazonaws.com`,
        Port: 443,
        ResourcePath: `/${name.gate.key}`,
        // The defaults of the API: every 30 s, three in a row.
        RequestInterval: 30,
        FailureThreshold: 3,
        Inverted: true,
        Disabled: false,
      };
      made.set(name.primaryHealthCheck, {
        id: name.primaryHealthCheck,
        config,
        endpointHealthy: false,
        round: 0,
      });
    }
    for (const endpoint of componentsOf(world.plan, 'endpoint')) {
      const url = new URL(endpoint.url);
      const config = endpointConfig(url);
      const id = `endpoint-${endpoint.id}`;
      made.set(id, { id, config, endpointHealthy: true, round: 0 });
    }
    for (const one of componentsOf(world.plan, 'health-check')) {
      const config = { ...endpointConfig(new URL(one.watches)), Inverted: false };
      made.set(one.healthCheckId, { id: one.healthCheckId, config, endpointHealthy: true, round: 0 });
    }
    for (const { healthCheckId: id, arn, on } of componentsOf(world.plan, 'routing-control')) {
      const config: HealthCheckConfig = { Type: 'RECOVERY_CONTROL', RoutingControlArn: arn };
      made.set(id, { id, config, endpointHealthy: on, round: 0 });
    }
    return made;
  });
}

function endpointConfig(url: URL): HealthCheckConfig {
  const secure = url.protocol === 'https:';
  return {
    Type: secure ? 'HTTPS' : 'HTTP',
    FullyQualifiedDomainName: url.hostname,
    Port: Number(url.port) || (secure ? 443 : 80),
    ResourcePath: url.pathname,
    RequestInterval: 30,
    FailureThreshold: 3,
    Inverted: false,
    Disabled: false,
  };
}

/** Sets what a check is told rather than what it finds out, such as the state of a routing control. */
export function setCheck(world: World, checkId: string, healthy: boolean): void {
  const check = checksOf(world).get(checkId);
  if (check) check.endpointHealthy = healthy;
}

/** As Route 53 uses it: inverted if configured, and always healthy while disabled. */
export function isHealthy(world: World, checkId: string): boolean {
  const check = checksOf(world).get(checkId);
  if (!check || check.config.Disabled) return true;
  return check.config.Inverted ? !check.endpointHealthy : check.endpointHealthy;
}

/** What a check watches begins or ceases to answer; once enough checkers have found out, `flipped` is called. */
export function watch(world: World, checkId: string, answers: boolean, flipped: () => void): void {
  const check = checksOf(world).get(checkId);
  if (!check) return;
  check.round += 1;
  if (check.endpointHealthy === answers) return;
  const round = check.round;
  world.after(
    flipSeconds(world, check, answers),
    `health-check/${checkId}`,
    'The checkers have judged',
    () => {
      if (check.round !== round) return;
      check.endpointHealthy = answers;
      flipped();
    },
  );
}

/**
 * Seconds until enough checkers agree. Each checks at its own moment in the interval and changes its mind after
 * `FailureThreshold` checks in a row; the last one needed decides.
 */
function flipSeconds(world: World, check: Check, towardsHealthy: boolean): number {
  const interval = check.config.RequestInterval ?? 30;
  const sinceMs = world.nowMs() % (interval * 1000);
  const waits = Array.from({ length: checkers }, (_, n) => {
    const phase = world.random(`checker/${check.id}/${n}`) * interval;
    return (phase - sinceMs / 1000 + interval) % interval;
  }).sort((a, b) => a - b);
  const enough = Math.floor(healthyShare * checkers);
  const decisive = towardsHealthy ? enough : checkers - enough - 1;
  return (waits[decisive] ?? interval) + ((check.config.FailureThreshold ?? 3) - 1) * interval;
}

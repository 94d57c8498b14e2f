import { type HealthCheckConfig, Route53Client, UpdateHealthCheckCommand } from '@aws-sdk/client-route-53';
import * as z from 'zod';
import { isNamed, request } from '../../aws/aws-errors.ts';
import type { JsonObject } from '../../json.ts';
import { healthCheck } from '../../plan/components.ts';
import {
  describePoll,
  healthCheckPermission,
  pollCheckers,
  readHealthCheck,
} from '../../traffic/health-checks.ts';
import { route53Region } from '../../traffic/route53.ts';
import { type ActionContext, defineAction, type Observation } from '../contract.ts';
import { fail, finish, pending, ready, refuse } from '../outcomes.ts';

const parameters = z.object({
  healthCheck,
  url: z
    .url({ protocol: /^https?$/ })
    .meta({ description: 'What it watches afterwards; of the same protocol as before' }),
});
type Parameters = z.output<typeof parameters>;

const watchedSchema = z.object({ host: z.string(), port: z.number(), path: z.string() });
type Watched = z.infer<typeof watchedSchema>;
const baselineSchema = z.object({ previous: watchedSchema, movedAt: z.string().optional() });

function watchedBy(config: HealthCheckConfig): Watched {
  const secure = config.Type?.startsWith('HTTPS') ?? false;
  return {
    host: config.FullyQualifiedDomainName ?? '',
    port: config.Port ?? (secure ? 443 : 80),
    path: config.ResourcePath ?? '/',
  };
}

function wantedOf(text: string): Watched {
  const url = new URL(text);
  const port = url.port ? Number(url.port) : url.protocol === 'https:' ? 443 : 80;
  return { host: url.hostname, port, path: `${url.pathname}${url.search}` };
}

const describe = ({ host, port, path }: Watched) => `${host}:${port}${path}`;

/** Changes what a check watches, unless it is so already. The version makes sure that nobody changed it in between. */
async function point(context: ActionContext, id: string, wanted: Watched): Promise<void> {
  const check = await readHealthCheck(context.aws, id);
  const now = watchedBy(check?.HealthCheckConfig ?? ({} as HealthCheckConfig));
  if (describe(now) === describe(wanted)) return;
  await context.changed({
    call: 'route53.UpdateHealthCheck',
    region: route53Region,
    resource: id,
    what: `Pointed the health check from ${describe(now)} to ${describe(wanted)}.`,
  });
  try {
    await request({ call: 'route53.UpdateHealthCheck', region: route53Region }, () =>
      context.aws.client(Route53Client, route53Region).send(
        new UpdateHealthCheckCommand({
          HealthCheckId: id,
          HealthCheckVersion: check?.HealthCheckVersion,
          FullyQualifiedDomainName: wanted.host,
          Port: wanted.port,
          ResourcePath: wanted.path,
        }),
      ),
    );
  } catch (error) {
    // Changed in between, by our own lost request or by a person: the next look reads it anew.
    if (!isNamed(error, 'HealthCheckVersionMismatch')) throw error;
  }
  await context.remember({ movedAt: context.clock.now().toISOString() });
}

async function readWatched(context: ActionContext, id: string): Promise<Watched | undefined> {
  const config = (await readHealthCheck(context.aws, id))?.HealthCheckConfig;
  return config && watchedBy(config);
}

async function undo(
  context: ActionContext,
  { healthCheck: { healthCheckId } }: Parameters,
  stored: JsonObject,
): Promise<Observation> {
  const { previous } = baselineSchema.parse(stored);
  const now = await readWatched(context, healthCheckId);
  if (!now || describe(now) === describe(previous)) {
    return finish(`The health check ${healthCheckId} watches ${describe(previous)} again.`);
  }
  await point(context, healthCheckId, previous);
  return pending(`The health check was pointed back to ${describe(previous)}.`);
}

/** Points a health check at another address, such as the recovery region's, and waits until its checkers like it. */
export const action = defineAction({
  kind: 'route53.move-health-check',
  summary: 'Points a Route 53 health check at another address and waits until its checkers find it well',
  parameters,
  components: { healthCheck: 'health-check' },
  outputs: { previous: 'What it watched before: host, port and path' },
  drill: 'prepare-only',
  mutates: true,
  typical: {
    minSeconds: 30,
    likelySeconds: 60,
    maxSeconds: 180,
    source:
      'Route 53 Developer Guide: checks every 10 or 30 s, threshold 3; checkers take a change over within a minute',
  },
  failureModes: [
    'The Route 53 control plane (us-east-1) is down, and the check can not be changed',
    'Records and alarms depend on the check: they follow the new address as well',
    'The new address is of another protocol, which a check can not change to',
  ],
  permissions: ({ healthCheck: { healthCheckId } }) => [
    healthCheckPermission(healthCheckId, 'GetHealthCheck', 'GetHealthCheckStatus', 'UpdateHealthCheck'),
  ],
  async prepare(context, { healthCheck: { healthCheckId, id }, url }) {
    const config = (await readHealthCheck(context.aws, healthCheckId))?.HealthCheckConfig;
    if (!config) {
      return refuse(
        `The health check ${healthCheckId} does not exist.`,
        `Correct healthCheckId of "${id}" in the plan.`,
      );
    }
    const protocol = new URL(url).protocol.replace(':', '').toUpperCase();
    if (config.IPAddress || !config.FullyQualifiedDomainName || config.Type?.split('_')[0] !== protocol) {
      return refuse(
        `The health check ${healthCheckId} (${config.Type}${config.IPAddress ? ` of the address ${config.IPAddress}` : ''}) can't be pointed at ${url}: Route 53 changes neither the type nor from an address to a name.`,
        `Make a health check of type ${protocol} with a domain name, and put its id into the plan.`,
      );
    }
    const previous = watchedBy(config);
    const what = `The health check ${healthCheckId} watches ${describe(previous)}.`;
    return ready({ previous }, what);
  },
  act: (context, { healthCheck: { healthCheckId }, url }) => point(context, healthCheckId, wantedOf(url)),
  async observe(context, { healthCheck: { healthCheckId }, url }, stored) {
    const { previous, movedAt } = baselineSchema.parse(stored);
    const now = await readWatched(context, healthCheckId);
    if (!now)
      return fail(`The health check ${healthCheckId} is gone.`, 'Make it again, then retry the step.');
    if (describe(now) !== describe(wantedOf(url))) return pending(`It still watches ${describe(now)}.`);
    const sinceMs = movedAt ? Date.parse(movedAt) : 0;
    const poll = await pollCheckers(context.aws, healthCheckId, context.clock.now().getTime(), sinceMs);
    if (poll.asked === 0 || poll.healthy * 2 <= poll.asked) {
      return pending(`${healthCheckId} watches ${describe(now)}: ${describePoll(poll)}.`);
    }
    const what = `${healthCheckId} watches ${describe(now)}: ${describePoll(poll)}.`;
    return finish(what, { previous: describe(previous) });
  },
  undo,
});

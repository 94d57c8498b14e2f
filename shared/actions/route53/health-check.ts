import * as z from 'zod';
import { healthCheck } from '../../plan/components.ts';
import {
  describePoll,
  healthCheckPermission,
  pollCheckers,
  readHealthCheck,
} from '../../traffic/health-checks.ts';
import { defineAction } from '../contract.ts';
import { finish, pending, ready, refuse } from '../outcomes.ts';

const parameters = z.object({
  healthCheck,
  expect: z
    .enum(['healthy', 'unhealthy'])
    .default('healthy')
    .meta({ description: 'What most checkers must find, after inverting' }),
});

/**
 * Waits until most of Route 53's checkers, which look from all over the world, find a health check as expected.
 * A check that is disabled, calculated or driven by a routing control has no checkers, and is refused.
 */
export const action = defineAction({
  kind: 'route53.health-check',
  summary: 'Waits until most of Route 53’s checkers find an endpoint healthy, or unhealthy',
  parameters,
  components: { healthCheck: 'health-check' },
  outputs: {
    healthy: 'Checkers that find the endpoint well',
    asked: 'Checkers that looked in the last two minutes',
  },
  drill: 'same',
  mutates: false,
  traits: ['looks'],
  typical: {
    minSeconds: 0,
    likelySeconds: 40,
    maxSeconds: 120,
    source: 'Route 53 Developer Guide: checks every 10 or 30 s, threshold 3',
  },
  failureModes: [
    'The check tests a shallow path, and the application behind it does not work',
    'The Route 53 control plane (us-east-1) is down, and the status can not be read',
    'A firewall does not let the checkers in',
  ],
  permissions: ({ healthCheck: { healthCheckId } }) => [
    healthCheckPermission(healthCheckId, 'GetHealthCheck', 'GetHealthCheckStatus'),
  ],
  async prepare(context, { healthCheck: { healthCheckId, id } }) {
    const config = (await readHealthCheck(context.aws, healthCheckId))?.HealthCheckConfig;
    if (!config) {
      return refuse(
        `The health check ${healthCheckId} does not exist.`,
        `Correct healthCheckId of "${id}" in the plan.`,
      );
    }
    if (config.Disabled) {
      return refuse(
        `The health check ${healthCheckId} is disabled, so it counts as healthy whatever its endpoint does.`,
        'Enable the health check in Route 53.',
      );
    }
    if (!/^(HTTP|HTTPS|TCP|HTTP_STR_MATCH|HTTPS_STR_MATCH)$/.test(config.Type ?? '')) {
      return refuse(
        `The health check ${healthCheckId} is of type ${config.Type}, which no checkers look at.`,
        'Name a health check of an endpoint; for a routing control use arc.routing-control.',
      );
    }
    const watched = `${config.FullyQualifiedDomainName ?? config.IPAddress ?? ''}${config.ResourcePath ?? ''}`;
    return ready({ inverted: config.Inverted ?? false }, `The health check watches ${watched}.`);
  },
  async observe(context, { healthCheck: { healthCheckId }, expect }, baseline) {
    const poll = await pollCheckers(context.aws, healthCheckId, context.clock.now().getTime());
    if (poll.asked === 0) return pending('No checker has reported in the last two minutes.');
    const well = poll.healthy * 2 > poll.asked;
    const state = well !== (baseline.inverted === true) ? 'healthy' : 'unhealthy';
    if (state !== expect) return pending(`${healthCheckId} is ${state}: ${describePoll(poll)}.`);
    const { healthy, asked } = poll;
    return finish(`${healthCheckId} is ${state}: ${describePoll(poll)}.`, { healthy, asked });
  },
});

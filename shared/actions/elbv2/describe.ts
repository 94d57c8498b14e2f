import {
  DescribeLoadBalancersCommand,
  ElasticLoadBalancingV2Client,
  type LoadBalancer,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import * as z from 'zod';
import { ifFound, request } from '../../aws/aws-errors.ts';
import { readTargetGroupPermission } from '../../aws/target-groups.ts';
import { loadBalancer } from '../../plan/components.ts';
import { normalName } from '../../traffic/records.ts';
import { type ActionContext, defineAction, type Reason } from '../contract.ts';
import { fail, finish, pending } from '../outcomes.ts';

const parameters = z.object({
  loadBalancer,
  zones: z
    .number()
    .int()
    .positive()
    .default(1)
    .meta({ description: 'In how many Availability Zones it must be enabled' }),
  expect: z.enum(['active', 'report']).default('active').meta({
    description: 'report: whatever state it is in, or that it is missing, is an answer to branch on',
  }),
});
type Component = z.output<typeof parameters>['loadBalancer'];

async function readBalancer(
  context: ActionContext,
  { name, region }: Component,
): Promise<LoadBalancer | undefined> {
  return ifFound(['LoadBalancerNotFoundException', 'LoadBalancerNotFound'], async () => {
    const reply = await request({ call: 'elasticloadbalancing.DescribeLoadBalancers', region }, () =>
      context.aws
        .client(ElasticLoadBalancingV2Client, region)
        .send(new DescribeLoadBalancersCommand({ Names: [name] })),
    );
    return reply.LoadBalancers?.[0];
  });
}

/** Records are written from what the plan says, so it must be what AWS says. */
function differences(component: Component, found: LoadBalancer): Reason[] {
  const differs = (field: 'dnsName' | 'hostedZoneId', real = '') =>
    normalName(real) === normalName(component[field])
      ? []
      : [
          {
            what: `The load balancer ${component.name} has ${real}, and ${field} of "${component.id}" says ${component[field]}.`,
            mend: `Write ${real} into the plan: users would be sent to an address that is not this load balancer's.`,
          },
        ];
  return [...differs('dnsName', found.DNSName), ...differs('hostedZoneId', found.CanonicalHostedZoneId)];
}

function report(component: Component, found: LoadBalancer | undefined) {
  const state = found?.State?.Code ?? 'missing';
  const zones = (found?.AvailabilityZones ?? []).flatMap(zone => zone.ZoneName ?? []);
  const notes = found ? differences(component, found).map(({ what }) => what) : [];
  const outputs = { state, dnsName: found?.DNSName ?? '', zones };
  return finish([`The load balancer ${component.name} is ${state}.`, ...notes].join(' '), outputs);
}

/** Waits until a load balancer is active, and holds its name and zone against what the plan says. */
export const action = defineAction({
  kind: 'elbv2.describe',
  summary: 'Waits until a load balancer is active, and compares it with the plan',
  parameters,
  components: { loadBalancer: 'load-balancer' },
  outputs: {
    state: 'active, provisioning, active_impaired, failed or missing',
    dnsName: 'Its DNS name',
    zones: 'Availability Zones that it is enabled in',
  },
  drill: 'same',
  mutates: false,
  typical: {
    minSeconds: 0,
    likelySeconds: 1,
    maxSeconds: 240,
    source: 'One request; a new one takes 2 to 4 min',
  },
  failureModes: [
    'The load balancer is in another region',
    'Its name was made up in the plan, or it was made anew with another one',
    'It is active and has no healthy target: elbv2.target-health tells',
  ],
  permissions: () => [readTargetGroupPermission('elasticloadbalancing:DescribeLoadBalancers')],
  async prepare(context, { loadBalancer: component, expect }) {
    if (expect === 'report') return { status: 'ready', baseline: {}, evidence: [] };
    const found = await readBalancer(context, component);
    if (!found) {
      const what = `There is no load balancer ${component.name} in ${component.region}.`;
      const mend = `Make it ahead of time, or correct "${component.id}" in the plan.`;
      return { status: 'refused', reasons: [{ what, mend }], evidence: [] };
    }
    const reasons = differences(component, found);
    if (reasons.length > 0) return { status: 'refused', reasons, evidence: [] };
    return { status: 'ready', baseline: {}, evidence: [] };
  },
  async observe(context, { loadBalancer: component, zones: needed, expect }) {
    const found = await readBalancer(context, component);
    if (expect === 'report') return report(component, found);
    const state = found?.State?.Code ?? 'gone';
    const why = found?.State?.Reason ? ` (${found.State.Reason})` : '';
    if (!found || state === 'failed') {
      return fail(
        `The load balancer ${component.name} is ${state}${why}.`,
        'Make it anew, then retry the step.',
      );
    }
    const zones = (found.AvailabilityZones ?? []).flatMap(zone => zone.ZoneName ?? []);
    if (state !== 'active') return pending(`The load balancer ${component.name} is ${state}${why}.`);
    if (zones.length < needed) {
      return pending(`It is enabled in ${zones.length} zones (${zones.join(', ')}), ${needed} are needed.`);
    }
    const dnsName = found.DNSName ?? '';
    return finish(`${component.name} is active in ${zones.join(', ')} as ${dnsName}.`, {
      state,
      dnsName,
      zones,
    });
  },
});

import {
  DescribeLoadBalancersCommand,
  ElasticLoadBalancingV2Client,
  LoadBalancerNotFoundException,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import { afterEach, describe, expect, it } from 'vitest';
import { action } from '../../../shared/actions/elbv2/describe.ts';
import { createAwsClients } from '../../../shared/aws/aws-clients.ts';
import { ServiceUnavailableError } from '../../../shared/errors.ts';
import { contextOf } from '../../support/compute-world.ts';
import { mockClient } from '../../support/mock-client.ts';
import { primary, recovery } from '../../support/traffic-plan.ts';

const elb = mockClient(ElasticLoadBalancingV2Client);
const aws = createAwsClients({ primary, credentials: { accessKeyId: 'test', secretAccessKey: 'test' } });
const context = contextOf({ aws });
const given = {
  loadBalancer: {
    id: 'entrance',
    type: 'load-balancer' as const,
    region: recovery,
    name: 'shop-dr',
    dnsName: 'shop-dr-123.ap-southeast-4.elb.amazonaws.com',
    hostedZoneId: 'Z0DR',
  },
};
const parameters = action.parameters.parse({ ...given, zones: 2 });

const answers = (more: object = {}) =>
  elb.on(DescribeLoadBalancersCommand).resolves({
    LoadBalancers: [
      {
        DNSName: 'SHOP-DR-123.ap-southeast-4.elb.amazonaws.com',
        CanonicalHostedZoneId: 'Z0DR',
        State: { Code: 'active' },
        AvailabilityZones: [{ ZoneName: 'ap-southeast-4a' }, { ZoneName: 'ap-southeast-4b' }],
        ...more,
      },
    ],
  });

afterEach(() => elb.reset());

describe('elbv2.describe', () => {
  it('is done when it is active in enough zones and is the one of the plan', async () => {
    answers();
    expect(await action.prepare(context, parameters)).toMatchObject({ status: 'ready' });
    expect(await action.observe(context, parameters, {})).toMatchObject({
      status: 'done',
      outputs: { state: 'active', zones: ['ap-southeast-4a', 'ap-southeast-4b'] },
    });
  });

  it.each([
    [{ DNSName: 'other.elb.amazonaws.com' }, /has other.elb.amazonaws.com, and dnsName of "entrance" says/],
    [{ CanonicalHostedZoneId: 'Z1' }, /has Z1, and hostedZoneId/],
  ])('refuses one that is not what the plan says (%j)', async (more, what) => {
    answers(more);
    expect(await action.prepare(context, parameters)).toMatchObject({
      status: 'refused',
      reasons: [{ what: expect.stringMatching(what) }],
    });
  });

  it('refuses one that does not exist', async () => {
    const error = new LoadBalancerNotFoundException({ message: 'none', $metadata: { httpStatusCode: 400 } });
    elb.on(DescribeLoadBalancersCommand).rejects(error);
    expect(await action.prepare(context, parameters)).toMatchObject({ status: 'refused' });
  });

  it.each([
    [{ State: { Code: 'provisioning' } }, 'pending', /is provisioning/],
    [{ AvailabilityZones: [{ ZoneName: 'ap-southeast-4a' }] }, 'pending', /enabled in 1 zones/],
    [{ State: { Code: 'failed', Reason: 'no addresses' } }, 'failed', /is failed \(no addresses\)/],
  ])('%j is %s', async (more, status, said) => {
    answers(more);
    const seen = await action.observe(context, parameters, {});
    expect(seen.status).toBe(status);
    expect(JSON.stringify(seen)).toMatch(said);
  });

  it('throws when AWS does not answer, so that the machine tries again', async () => {
    const error = Object.assign(new Error('x'), { name: 'ServiceUnavailable', $fault: 'server' });
    elb
      .on(DescribeLoadBalancersCommand)
      .rejects(Object.assign(error, { $metadata: { httpStatusCode: 503 } }));
    await expect(action.observe(context, parameters, {})).rejects.toThrow(ServiceUnavailableError);
  });
});

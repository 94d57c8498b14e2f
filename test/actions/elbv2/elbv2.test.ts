import {
  DescribeTargetGroupsCommand,
  DescribeTargetHealthCommand,
  ElasticLoadBalancingV2Client,
  ModifyTargetGroupCommand,
  TargetGroupNotFoundException,
  type TargetHealthStateEnum,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Change } from '../../../shared/actions/contract.ts';
import { action as modify } from '../../../shared/actions/elbv2/modify-target-group.ts';
import { action as health } from '../../../shared/actions/elbv2/target-health.ts';
import { createAwsClients } from '../../../shared/aws/aws-clients.ts';
import { RequestRejectedError, ServiceUnavailableError } from '../../../shared/errors.ts';
import { contextOf, run } from '../../support/compute-world.ts';
import { mockClient } from '../../support/mock-client.ts';
import { primary, recovery, targets } from '../../support/traffic-plan.ts';

const elb = mockClient(ElasticLoadBalancingV2Client);
let changes: Change[] = [];
const aws = createAwsClients({ primary, credentials: { accessKeyId: 'test', secretAccessKey: 'test' } });
const context = (mode: 'recover' | 'drill' = 'recover') => contextOf({ aws, changes, run: { ...run, mode } });

const notFound = () =>
  new TargetGroupNotFoundException({ message: 'not found', $metadata: { httpStatusCode: 400 } });
const named = (name: string, status: number) =>
  Object.assign(new Error(name), {
    name,
    $fault: status >= 500 ? 'server' : 'client',
    $metadata: { httpStatusCode: status },
  });

beforeEach(() => {
  changes = [];
});
afterEach(() => elb.reset());

describe('elbv2.modify-target-group', () => {
  const parameters = { targetGroup: targets, healthCheckPath: '/api/health' };
  /** A group that remembers its path, as AWS does. */
  function groupWithPath(path: string | undefined): { path: string | undefined } {
    const group = { path };
    elb
      .on(DescribeTargetGroupsCommand)
      .callsFake(() => ({ TargetGroups: [{ HealthCheckPath: group.path }] }));
    elb.on(ModifyTargetGroupCommand).callsFake(input => {
      group.path = input.HealthCheckPath;
      return {};
    });
    return group;
  }

  it('changes the path, sees it read back, and puts the old one back on undo', async () => {
    const group = groupWithPath('/');
    const preparation = await modify.prepare(context(), parameters);
    expect(preparation).toMatchObject({ status: 'ready', baseline: { previousPath: '/' } });
    await modify.act?.(context(), parameters, preparation.status === 'ready' ? preparation.baseline : {});
    expect(group.path).toBe('/api/health');
    expect(changes).toMatchObject([
      { call: 'elasticloadbalancing.ModifyTargetGroup', region: recovery, resource: targets.arn },
    ]);
    expect(await modify.observe(context(), parameters, { previousPath: '/' })).toMatchObject({
      status: 'done',
      outputs: { previousPath: '/' },
    });
    expect((await modify.undo?.(context(), parameters, { previousPath: '/' }, {}))?.status).toBe('pending');
    expect((await modify.undo?.(context(), parameters, { previousPath: '/' }, {}))?.status).toBe('done');
    expect(group.path).toBe('/');
  });

  it('is already done when the path is right', async () => {
    groupWithPath('/api/health');
    expect(await modify.prepare(context(), parameters)).toMatchObject({ status: 'already-done' });
  });

  it('changes nothing a second time when the reply of the first was lost', async () => {
    const group = groupWithPath('/');
    elb.on(ModifyTargetGroupCommand).callsFakeOnce(input => {
      group.path = input.HealthCheckPath;
      throw named('TimeoutError', 504);
    });
    await expect(modify.act?.(context(), parameters, { previousPath: '/' })).rejects.toThrow(
      ServiceUnavailableError,
    );
    await modify.act?.(context(), parameters, { previousPath: '/' });
    expect(elb.commandCalls(ModifyTargetGroupCommand)).toHaveLength(1);
    expect(changes).toHaveLength(1);
  });

  it('is pending when a controller has written the path back', async () => {
    groupWithPath('/');
    expect(await modify.observe(context(), parameters, { previousPath: '/' })).toMatchObject({
      status: 'pending',
      note: expect.stringContaining('ingress controller'),
    });
  });

  it('refuses a group that does not exist, or whose check has no path', async () => {
    elb
      .on(DescribeTargetGroupsCommand)
      .rejectsOnce(notFound())
      .resolves({ TargetGroups: [{ HealthCheckProtocol: 'TCP' }] });
    expect(await modify.prepare(context(), parameters)).toMatchObject({
      status: 'refused',
      reasons: [{ what: expect.stringContaining('does not exist in ap-southeast-4') }],
    });
    expect(await modify.prepare(context(), parameters)).toMatchObject({
      status: 'refused',
      reasons: [{ what: expect.stringContaining('checks health by TCP') }],
    });
  });

  it('leaves production alone in a drill', async () => {
    groupWithPath('/');
    const production = { ...parameters, targetGroup: { ...targets, region: primary } };
    expect(await modify.prepare(context('drill'), production)).toMatchObject({ status: 'refused' });
    expect(await modify.prepare(context('drill'), parameters)).toMatchObject({ status: 'ready' });
  });

  it('throws what it was not allowed to do', async () => {
    elb.on(DescribeTargetGroupsCommand).rejects(named('AccessDenied', 403));
    await expect(modify.prepare(context(), parameters)).rejects.toThrow(RequestRejectedError);
  });

  it('may modify this one group only', () => {
    const permissions = modify.permissions(parameters, { primary, recovery });
    for (const permission of permissions) {
      if (permission.actions.some(name => !name.includes(':Describe')))
        expect(permission.resources).toEqual([targets.arn]);
      else expect(permission.reason).toBeDefined();
    }
  });
});

describe('elbv2.target-health', () => {
  const parameters = { targetGroup: targets, healthy: 2 };
  const withStates = (...states: TargetHealthStateEnum[]) =>
    elb.on(DescribeTargetHealthCommand).resolves({
      TargetHealthDescriptions: states.map(State => ({ TargetHealth: { State } })),
    });

  it('is done when enough are healthy', async () => {
    withStates('healthy', 'initial', 'healthy');
    expect(await health.observe(context(), parameters, {})).toMatchObject({
      status: 'done',
      outputs: { healthy: 2, total: 3 },
    });
  });

  it('waits for the others', async () => {
    withStates('healthy', 'unhealthy', 'draining');
    expect(await health.observe(context(), parameters, {})).toEqual({
      status: 'pending',
      note: '1 of 2 targets are healthy: 1 healthy, 1 unhealthy, 1 draining.',
    });
  });

  it('never takes an empty group for a healthy one', async () => {
    withStates();
    expect(await health.observe(context(), parameters, {})).toMatchObject({
      status: 'pending',
      note: expect.stringContaining('No targets registered'),
    });
  });

  it('refuses a group that does not exist', async () => {
    elb.on(DescribeTargetHealthCommand).rejects(notFound());
    expect(await health.prepare(context(), parameters)).toMatchObject({ status: 'refused' });
  });

  it('throws when AWS does not answer, so that the machine tries again', async () => {
    elb.on(DescribeTargetHealthCommand).rejects(named('ServiceUnavailable', 503));
    await expect(health.observe(context(), parameters, {})).rejects.toThrow(ServiceUnavailableError);
  });
});

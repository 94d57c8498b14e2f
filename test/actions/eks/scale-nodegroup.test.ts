import {
  DescribeNodegroupCommand,
  DescribeUpdateCommand,
  EKSClient,
  ListUpdatesCommand,
  ResourceInUseException,
  ResourceNotFoundException,
  UpdateNodegroupConfigCommand,
} from '@aws-sdk/client-eks';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ActionContext, Change } from '../../../shared/actions/contract.ts';
import { action } from '../../../shared/actions/eks/scale-nodegroup.ts';
import type { JsonObject } from '../../../shared/json.ts';
import { components } from '../../support/compute-plan.ts';
import { contextOf, faultsOf, inWorld, run, type Scene } from '../../support/compute-world.ts';
import { mockClient } from '../../support/mock-client.ts';

const parameters = { nodegroup: components.nodes, size: 3, mayShrink: false };

async function settle({ context, drive, wait }: Scene, baseline: JsonObject) {
  for (let looks = 0; looks < 200; looks++) {
    const seen = await drive(action.observe(context, parameters, baseline));
    if (seen.status !== 'pending') return seen;
    await wait(5);
  }
  throw new Error('still pending');
}

async function prepareAndAct({ context, drive }: Scene): Promise<JsonObject> {
  const preparation = await drive(action.prepare(context, parameters));
  if (preparation.status !== 'ready') throw new Error(`not ready: ${JSON.stringify(preparation)}`);
  await drive(Promise.resolve(action.act?.(context, parameters, preparation.baseline)));
  return preparation.baseline;
}

const mockEks = () => mockClient(EKSClient);

describe('eks.scale-nodegroup in a simulated world', () => {
  it('is done when as many nodes as wanted are Ready, not when EKS has taken the request', () =>
    inWorld(async scene => {
      const baseline = await prepareAndAct(scene);
      await scene.wait(61);
      const seen = await scene.drive(action.observe(scene.context, parameters, baseline));
      expect(seen).toMatchObject({ status: 'pending', note: expect.stringMatching(/of 3 nodes Ready/) });
      expect(await settle(scene, baseline)).toMatchObject({ status: 'done', outputs: { nodes: 3 } });
    }));

  it('is done with fewer Ready nodes where the plan says so, such as after the loss of a zone', () =>
    inWorld(async scene => {
      const fewer = { ...parameters, ready: 1 };
      const baseline = await prepareAndAct(scene);
      await scene.wait(61);
      const seen = await scene.drive(action.observe(scene.context, fewer, baseline));
      expect(seen).toMatchObject({ status: 'done', outputs: { nodes: expect.any(Number) } });
    }));

  it('asks once when the reply to the request is lost', () =>
    inWorld(
      async scene => {
        const baseline = await prepareAndAct(scene);
        expect(await settle(scene, baseline)).toMatchObject({ status: 'done' });
        const sizes = scene.world.changes.filter(({ what }) => what.startsWith('Size changes'));
        expect(sizes.map(({ what }) => what)).toEqual(['Size changes from 1 to 3']);
      },
      { faults: faultsOf({ 'eks.UpdateNodegroupConfig': ['lost-reply'] }) },
    ));

  it('makes a bigger group smaller only if it may shrink', () =>
    inWorld(async scene => {
      await settle(scene, await prepareAndAct(scene));
      const smaller = { ...parameters, size: 1 };
      expect(await scene.drive(action.prepare(scene.context, smaller))).toMatchObject({
        status: 'already-done',
      });
      const shrinking = { ...smaller, mayShrink: true };
      const ready = await scene.drive(action.prepare(scene.context, shrinking));
      if (ready.status !== 'ready') throw new Error(JSON.stringify(ready));
      await scene.drive(Promise.resolve(action.act?.(scene.context, shrinking, ready.baseline)));
      await scene.wait(600);
      expect(await scene.drive(action.observe(scene.context, shrinking, ready.baseline))).toMatchObject({
        status: 'done',
        outputs: { nodes: 1 },
      });
    }));

  it('goes back to the size before on undo', () =>
    inWorld(async scene => {
      const baseline = await prepareAndAct(scene);
      await settle(scene, baseline);
      for (let calls = 0; calls < 20; calls++) {
        const seen = await scene.drive(
          Promise.resolve(action.undo?.(scene.context, parameters, baseline, {})),
        );
        if (seen?.status === 'done') break;
        await scene.wait(10);
      }
      const [nodes] = await Promise.all([
        scene.drive(action.prepare(scene.context, { ...parameters, size: 1 })),
      ]);
      expect(nodes).toMatchObject({
        status: 'already-done',
        baseline: { before: { minSize: 1, maxSize: 1, desiredSize: 1 } },
      });
    }));

  it('waits for its own update before it undoes it', () =>
    inWorld(async scene => {
      const baseline = await prepareAndAct(scene);
      const undo = () => scene.drive(Promise.resolve(action.undo?.(scene.context, parameters, baseline, {})));
      expect(await undo()).toEqual({ status: 'pending', note: 'EKS is still changing the size of general' });
      await scene.wait(61);
      expect(await undo()).toEqual({ status: 'pending', note: 'going back to 1 nodes' });
      await scene.wait(61);
      expect(await undo()).toMatchObject({ status: 'done' });
    }));

  it('is not misled by stale reads', () =>
    inWorld(
      async scene => {
        const baseline = await prepareAndAct(scene);
        expect(await settle(scene, baseline)).toMatchObject({ status: 'done', outputs: { nodes: 3 } });
        const sizes = scene.world.changes.filter(({ what }) => what.startsWith('Size changes'));
        expect(sizes).toHaveLength(1);
      },
      { faults: { ...faultsOf(), has: name => name.startsWith('stale-read:') } },
    ));

  it('does not undo what it did not change', () =>
    inWorld(async scene => {
      const small = { ...parameters, size: 1 };
      const preparation = await scene.drive(action.prepare(scene.context, small));
      expect(preparation).toMatchObject({ status: 'already-done', outputs: { nodes: 1 } });
      const { baseline } = preparation as { baseline: JsonObject };
      await prepareAndAct(scene);
      const seen = await scene.drive(Promise.resolve(action.undo?.(scene.context, small, baseline, {})));
      expect(seen?.status).toBe('done');
      expect(scene.world.calls.get('eks.UpdateNodegroupConfig')).toBe(1);
    }));
});

describe('eks.scale-nodegroup against EKS', () => {
  let eks: ReturnType<typeof mockEks>;
  let changes: Change[];
  let context: ActionContext;
  let readyNodes: number;
  const before = { minSize: 1, maxSize: 2, desiredSize: 1 };
  const baseline = { before, earlierUpdates: ['old'], earlierIssues: [], requestToken: 'token' };
  const metadata = { $metadata: {} };

  beforeEach(() => {
    eks = mockEks();
    changes = [];
    readyNodes = 1;
    const client = new EKSClient({ region: 'ap-southeast-4' });
    context = contextOf({
      changes,
      aws: { client: () => client as never },
      kubernetes: async (_access, { path }) => {
        if (path !== '/api/v1/nodes?labelSelector=eks.amazonaws.com%2Fnodegroup%3Dgeneral')
          throw new Error(path);
        const node = (number: number, status: string) => ({
          metadata: { name: `node-${number}` },
          status: { conditions: [{ type: 'Ready', status }] },
        });
        const ready = Array.from({ length: readyNodes }, (_, number) => node(number, 'True'));
        return { status: 200, body: { items: [...ready, node(99, 'False')] } };
      },
    });
    givenNodegroup({ scalingConfig: before });
    eks.on(ListUpdatesCommand).resolves({ updateIds: ['old'] });
    eks.on(UpdateNodegroupConfigCommand).resolves({});
  });
  afterEach(() => eks.restore());

  function givenNodegroup(nodegroup: object): void {
    eks.on(DescribeNodegroupCommand).resolves({ nodegroup: { status: 'ACTIVE', ...nodegroup } });
  }

  function givenUpdate(update: object): void {
    eks.on(ListUpdatesCommand).resolves({ updateIds: ['old', 'new'] });
    const params = [{ type: 'DesiredSize' as const, value: '3' }];
    eks.on(DescribeUpdateCommand, { updateId: 'new' }).resolves({ update: { id: 'new', params, ...update } });
  }

  it('raises the limit where it is in the way and leaves the minimum', async () => {
    await action.act?.(context, parameters, baseline);
    const [call] = eks.commandCalls(UpdateNodegroupConfigCommand);
    expect(call?.args[0].input).toEqual({
      clusterName: 'shop-dr',
      nodegroupName: 'general',
      scalingConfig: { minSize: 1, maxSize: 3, desiredSize: 3 },
      clientRequestToken: 'token',
    });
    expect(changes).toHaveLength(1);
    expect(changes[0]?.what).toBe(
      'Size of node group general changed from 1 to 3 nodes, its limit from 2 to 3',
    );
  });

  it('never scales a bigger group down', async () => {
    givenNodegroup({ scalingConfig: { minSize: 1, maxSize: 9, desiredSize: 7 } });
    readyNodes = 7;
    await action.act?.(context, parameters, baseline);
    expect(eks.commandCalls(UpdateNodegroupConfigCommand)).toHaveLength(0);
    const preparation = await action.prepare(context, parameters);
    expect(preparation).toMatchObject({ status: 'already-done', outputs: { nodes: 7 } });
  });

  it('waits for another update and then asks again', async () => {
    const inUse = new ResourceInUseException({ message: 'update in progress', ...metadata });
    eks.on(UpdateNodegroupConfigCommand).rejectsOnce(inUse).resolves({});
    await action.act?.(context, parameters, baseline);
    const seen = await action.observe(context, parameters, baseline);
    expect(seen).toEqual({ status: 'pending', note: 'waiting for another update of general to end' });
    const tokens = eks
      .commandCalls(UpdateNodegroupConfigCommand)
      .map(call => call.args[0].input.clientRequestToken);
    expect(tokens).toEqual(['token', 'token']);
  });

  it('fails with the reasons of a failed update', async () => {
    givenUpdate({
      status: 'Failed',
      errors: [{ errorCode: 'NodeCreationFailure', errorMessage: 'InsufficientInstanceCapacity' }],
    });
    const seen = await action.observe(context, parameters, baseline);
    expect(seen).toMatchObject({
      status: 'failed',
      reasons: [
        {
          what: 'Scaling node group general ended as Failed (NodeCreationFailure: InsufficientInstanceCapacity).',
          mend: expect.stringContaining('quota'),
        },
      ],
    });
  });

  it('fails when EC2 has no capacity although the update succeeded', async () => {
    givenUpdate({ status: 'Successful' });
    const issues = [{ code: 'AsgInstanceLaunchFailures', message: 'no sufficient m5.large capacity' }];
    givenNodegroup({ status: 'DEGRADED', scalingConfig: { ...before, desiredSize: 3 }, health: { issues } });
    const seen = await action.observe(context, parameters, baseline);
    expect(seen).toMatchObject({
      status: 'failed',
      reasons: [{ what: expect.stringContaining('no sufficient m5.large capacity') }],
    });
  });

  it('does not blame this step for issues and updates that were there before', async () => {
    givenUpdate({ status: 'Successful' });
    const issues = [{ code: 'AccessDenied', message: 'old trouble' }];
    givenNodegroup({ scalingConfig: { ...before, desiredSize: 3 }, health: { issues } });
    const seen = await action.observe(context, parameters, { ...baseline, earlierIssues: ['AccessDenied'] });
    expect(seen).toEqual({ status: 'pending', note: '1 of 3 nodes Ready' });
    expect(eks.commandCalls(DescribeUpdateCommand, { updateId: 'old' })).toHaveLength(0);
  });

  it('fails when something sets the size back', async () => {
    givenUpdate({ status: 'Successful' });
    const seen = await action.observe(context, parameters, baseline);
    expect(seen).toMatchObject({
      status: 'failed',
      reasons: [{ what: 'Something set node group general back to 1 nodes after it was scaled.' }],
    });
  });

  it('blames nobody when the update ended between its two reads', async () => {
    givenUpdate({ status: 'Successful' });
    eks
      .on(DescribeNodegroupCommand)
      .resolvesOnce({ nodegroup: { status: 'UPDATING', scalingConfig: before } })
      .resolves({ nodegroup: { status: 'ACTIVE', scalingConfig: { ...before, desiredSize: 3 } } });
    const seen = await action.observe(context, parameters, baseline);
    expect(seen).toEqual({ status: 'pending', note: '1 of 3 nodes Ready' });
    expect(eks.commandCalls(UpdateNodegroupConfigCommand)).toHaveLength(0);
  });

  it('refuses a node group that does not exist', async () => {
    eks
      .on(DescribeNodegroupCommand)
      .rejects(new ResourceNotFoundException({ message: 'No node group found', ...metadata }));
    const preparation = await action.prepare(context, parameters);
    expect(preparation).toMatchObject({
      status: 'refused',
      reasons: [{ what: 'There is no node group general in cluster shop-dr in ap-southeast-4.' }],
    });
  });

  it('refuses a node group that is being deleted', async () => {
    givenNodegroup({ status: 'DELETING', scalingConfig: before });
    const preparation = await action.prepare(context, parameters);
    expect(preparation).toMatchObject({
      status: 'refused',
      reasons: [{ what: expect.stringContaining('DELETING') }],
    });
  });

  it('asks with a token that differs between runs', async () => {
    const tokenOf = async (id: string) => {
      const preparation = await action.prepare({ ...context, run: { ...run, id } }, parameters);
      return preparation.status === 'ready' ? preparation.baseline.requestToken : undefined;
    };
    expect(await tokenOf('run-a')).not.toBe(await tokenOf('run-b'));
  });

  it('reads all pages of updates', async () => {
    eks
      .on(ListUpdatesCommand)
      .resolves({ updateIds: ['one'], nextToken: 'more' })
      .on(ListUpdatesCommand, { name: 'shop-dr', nodegroupName: 'general', nextToken: 'more' })
      .resolves({ updateIds: ['two'] });
    const preparation = await action.prepare(context, parameters);
    expect(preparation).toMatchObject({ status: 'ready', baseline: { earlierUpdates: ['one', 'two'] } });
  });

  it('may change this node group and no other', () => {
    const permissions = action.permissions(parameters, {
      primary: 'ap-southeast-2',
      recovery: 'ap-southeast-4',
    });
    const changing = permissions.filter(({ actions }) => actions.includes('eks:UpdateNodegroupConfig'));
    expect(changing.map(({ resources }) => resources)).toEqual([
      ['arn:${AWS::Partition}:eks:ap-southeast-4:${AWS::AccountId}:nodegroup/shop-dr/general/*'],
    ]);
    expect(permissions.flatMap(({ resources }) => resources)).not.toContain('*');
  });
});

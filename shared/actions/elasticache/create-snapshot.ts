import { CreateSnapshotCommand, DeleteSnapshotCommand, ElastiCacheClient } from '@aws-sdk/client-elasticache';
import * as z from 'zod';
import { isNamed, isNotFound, request } from '../../aws/aws-errors.ts';
import { elasticacheArn } from '../../aws/elasticache-arns.ts';
import { elasticacheDurations } from '../../aws/elasticache-durations.ts';
import { membersOf, readGroup, readSnapshot } from '../../aws/elasticache-reader.ts';
import { runTag } from '../../aws/names.ts';
import { cache } from '../../plan/components.ts';
import { defineAction } from '../contract.ts';

const baselineSchema = z.object({ snapshot: z.string(), node: z.string() });

/** Keeps what is in a cache before something irreversible is done to it. Taken from a replica, where there is one. */
export const action = defineAction({
  kind: 'elasticache.create-snapshot',
  summary: 'Takes a snapshot of an ElastiCache cache',
  parameters: z.strictObject({ cache }),
  components: { cache: 'elasticache-replication-group' },
  outputs: { snapshot: 'name of the snapshot', at: 'the moment whose data is in it, ISO-8601 UTC' },
  drill: 'isolated',
  mutates: true,
  typical: elasticacheDurations.snapshot,
  failureModes: [
    'The node type takes no snapshots (cache.t1.micro)',
    'A snapshot of a busy primary needs memory for the fork; a replica is used for that reason',
  ],
  permissions: ({ cache: { region, identifier } }) => [
    {
      actions: ['elasticache:DescribeReplicationGroups'],
      resources: [elasticacheArn('replicationgroup', region, identifier)],
    },
    {
      actions: ['elasticache:CreateSnapshot'],
      resources: [
        elasticacheArn('replicationgroup', region, identifier),
        elasticacheArn('cluster', region, `${identifier}-*`),
      ],
    },
    {
      actions: [
        'elasticache:CreateSnapshot',
        'elasticache:AddTagsToResource',
        'elasticache:DescribeSnapshots',
      ],
      resources: [elasticacheArn('snapshot', region, `${identifier}-kept-*`)],
    },
    {
      actions: ['elasticache:DeleteSnapshot'],
      resources: [elasticacheArn('snapshot', region, `${identifier}-kept-*`)],
      conditions: { Null: { [`aws:ResourceTag/${runTag}`]: 'false' } },
    },
  ],

  async prepare(context, { cache: { region, identifier } }) {
    const snapshot = context.names.resource(`${identifier}-kept`, 255);
    const group = await readGroup(context.aws, region, identifier);
    if (group?.Status !== 'available') {
      const what = `The cache ${identifier} in ${region} is ${group?.Status ?? 'not there'}, so it can't be copied`;
      const mend = 'Wait until it is available; skip the step only if what is in it does not matter.';
      return { status: 'refused', reasons: [{ what, mend }], evidence: [] };
    }
    const members = membersOf(group);
    const replica = members.find(({ CurrentRole }) => CurrentRole === 'replica') ?? members[0];
    const node = group.ClusterEnabled ? '' : (replica?.CacheClusterId ?? '');
    const from = node === '' ? 'all of its shards' : node;
    return {
      status: 'ready',
      baseline: { snapshot, node },
      evidence: [{ what: `${identifier} is available; the snapshot ${snapshot} is taken from ${from}` }],
    };
  },

  async act(context, { cache: { region, identifier } }, baseline) {
    const { snapshot, node } = baselineSchema.parse(baseline);
    if (await readSnapshot(context.aws, region, snapshot)) return;
    await context.changed({
      call: 'elasticache.CreateSnapshot',
      region,
      resource: snapshot,
      what: `Snapshot of ${identifier}${node === '' ? '' : `, from ${node}`}`,
    });
    try {
      await request({ call: 'elasticache.CreateSnapshot', region }, () =>
        context.aws.client(ElastiCacheClient, region).send(
          new CreateSnapshotCommand({
            // ElastiCache takes one of them: a node where there is one shard, the group where there are several.
            ...(node === '' ? { ReplicationGroupId: identifier } : { CacheClusterId: node }),
            SnapshotName: snapshot,
            Tags: context.names.tags(),
          }),
        ),
      );
    } catch (error) {
      if (!isNamed(error, 'SnapshotAlreadyExistsFault')) throw error;
    }
  },

  async observe(context, { cache: { region, identifier } }, baseline) {
    const { snapshot } = baselineSchema.parse(baseline);
    const found = await readSnapshot(context.aws, region, snapshot);
    if (found?.SnapshotStatus === 'failed') {
      const what = `The snapshot ${snapshot} of ${identifier} failed`;
      const mend =
        'Look at the events of the cache; too little memory for the fork is the usual cause. Then retry.';
      return { status: 'failed', reasons: [{ what, mend }], evidence: [] };
    }
    if (found?.SnapshotStatus !== 'available') {
      return { status: 'pending', note: `${snapshot} is ${found?.SnapshotStatus ?? 'not visible yet'}` };
    }
    const at = found.NodeSnapshots?.[0]?.SnapshotCreateTime?.toISOString() ?? '';
    const outputs = { snapshot, at };
    return {
      status: 'done',
      outputs,
      evidence: [{ what: `The snapshot ${snapshot} of ${identifier} is available, of ${at}`, data: outputs }],
    };
  },

  async undo(context, { cache: { region } }, baseline) {
    const { snapshot } = baselineSchema.parse(baseline);
    if (context.run.mode !== 'drill') {
      const what = `The snapshot ${snapshot} is kept: it may be the only copy`;
      return { status: 'done', outputs: {}, evidence: [{ what }] };
    }
    if ((await readSnapshot(context.aws, region, snapshot)) === undefined) {
      return { status: 'done', outputs: {}, evidence: [{ what: `${snapshot} does not exist` }] };
    }
    await context.changed({
      call: 'elasticache.DeleteSnapshot',
      region,
      resource: snapshot,
      what: 'Deleted: it was of a drill',
    });
    try {
      await request({ call: 'elasticache.DeleteSnapshot', region }, () =>
        context.aws
          .client(ElastiCacheClient, region)
          .send(new DeleteSnapshotCommand({ SnapshotName: snapshot })),
      );
    } catch (error) {
      const passing = isNamed(error, 'InvalidSnapshotStateFault');
      if (!passing && !isNotFound(error, 'SnapshotNotFoundFault')) throw error;
    }
    return { status: 'pending', note: `${snapshot} is being deleted` };
  },
});

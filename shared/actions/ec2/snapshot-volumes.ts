import type { Snapshot } from '@aws-sdk/client-ec2';
import * as z from 'zod';
import {
  describePermission,
  ec2Arn,
  findInstances,
  instancePermission,
  missingInstances,
} from '../../aws/ec2-instances.ts';
import { copySnapshot, instanceTag, ownSnapshots, snapshotInstance } from '../../aws/ec2-snapshots.ts';
import { copyTag, tagOf } from '../../aws/tagged-snapshots.ts';
import { ec2Instances } from '../../plan/components.ts';
import { regionSchema } from '../../plan/region.ts';
import { defineAction, type Observation, type Permission } from '../contract.ts';
import { fail, finish, pending, ready } from '../outcomes.ts';

const parameters = z.object({
  instances: ec2Instances,
  copy: z
    .strictObject({
      region: regionSchema.optional(),
      kmsKey: z.string().regex(/^arn:/, 'the ARN of a KMS key'),
    })
    .optional()
    .meta({
      description: 'Copies under a key that the system itself can not use, into the same region or another',
    }),
});
type Parameters = z.output<typeof parameters>;

const baselineSchema = z.object({
  instances: z.array(z.strictObject({ id: z.string(), volumes: z.array(z.string()) })),
});

const destination = ({ instances, copy }: Parameters) => copy?.region ?? instances.region;

/** What is wrong with some of the snapshots, or undefined while all are on their way. */
function spoilt(snapshots: readonly Snapshot[]): Observation | undefined {
  const bad = snapshots.find(({ State }) => State === 'error' || State === 'recoverable');
  if (!bad) return undefined;
  return fail(
    `The snapshot ${bad.SnapshotId} of ${bad.VolumeId} failed: ${bad.StateMessage ?? bad.State}`,
    'Check the KMS key of the volume and the snapshot quota of the region, then retry.',
  );
}

function progress(snapshots: readonly Snapshot[]): string {
  const open = snapshots.filter(({ State }) => State !== 'completed');
  return open.map(({ SnapshotId, Progress }) => `${SnapshotId} ${Progress || '0%'}`).join(', ');
}

function permissions({ instances, copy }: Parameters): Permission[] {
  const { region } = instances;
  const snapshots = [...new Set([region, copy?.region ?? region])].map(
    // Snapshots are resources without an account in their ARN.
    where => `arn:\${AWS::Partition}:ec2:${where}::snapshot/*`,
  );
  const copying: Permission[] = copy
    ? [
        { actions: ['ec2:CopySnapshot'], resources: snapshots },
        {
          actions: [
            'kms:DescribeKey',
            'kms:CreateGrant',
            'kms:GenerateDataKeyWithoutPlaintext',
            'kms:ReEncryptTo',
          ],
          resources: [copy.kmsKey],
        },
      ]
    : [];
  return [
    describePermission('DescribeInstances', 'DescribeSnapshots'),
    instancePermission(instances, 'CreateSnapshots'),
    { actions: ['ec2:CreateSnapshots'], resources: [ec2Arn(region, 'volume/*'), ...snapshots] },
    {
      actions: ['ec2:CreateTags'],
      resources: snapshots,
      conditions: { StringEquals: { 'ec2:CreateAction': ['CreateSnapshots', 'CopySnapshot'] } },
    },
    ...copying,
  ];
}

/**
 * Takes snapshots of all volumes of instances as evidence, each instance at one moment, before anything is changed on
 * them. They carry the run's tag and no time to live. A copy under another key keeps them readable when the key of
 * the system is what was stolen.
 */
export const action = defineAction({
  kind: 'ec2.snapshot-volumes',
  summary:
    'Takes snapshots of all volumes of instances as evidence, copied under a key of one’s own if wanted',
  parameters,
  components: { instances: 'ec2-instances' },
  outputs: { snapshots: 'Ids of the snapshots', copies: 'Ids of their copies' },
  drill: 'prepare-only',
  mutates: true,
  typical: {
    minSeconds: 60,
    likelySeconds: 900,
    maxSeconds: 7200,
    source: 'Experience: minutes for small or incremental snapshots, hours for full ones of large volumes',
  },
  failureModes: [
    'The volume’s key is disabled or was deleted by the intruder',
    'The snapshot quota of the region is used up',
    'Memory is lost: only what is on the volumes is kept',
  ],
  permissions,
  async prepare(context, { instances }) {
    const found = await findInstances(context.aws, instances);
    const missing = missingInstances(instances, found);
    if (missing) return { status: 'refused', reasons: [missing], evidence: [] };
    const kept = found.map(instance => ({
      id: instance.InstanceId ?? '',
      volumes: (instance.BlockDeviceMappings ?? []).flatMap(({ Ebs }) => Ebs?.VolumeId ?? []),
    }));
    const bare = kept.filter(({ volumes }) => volumes.length === 0);
    if (bare.length > 0) {
      const what = `${bare.map(({ id }) => id).join(', ')} has no EBS volume, so a snapshot would keep nothing.`;
      const mend = 'Copy its instance storage by other means before it is stopped: stopping erases it.';
      return { status: 'refused', reasons: [{ what, mend }], evidence: [] };
    }
    return ready(
      { instances: kept },
      kept.map(({ id, volumes }) => `${id}: ${volumes.join(', ')}`).join('; '),
    );
  },
  async act(context, { instances: { region } }, stored) {
    const taken = (await ownSnapshots(context, region)).map(snapshot => tagOf(snapshot, instanceTag));
    for (const { id } of baselineSchema.parse(stored).instances) {
      if (!taken.includes(id)) await snapshotInstance(context, region, id);
    }
  },
  async observe(context, given, stored) {
    const { region } = given.instances;
    const wanted = baselineSchema.parse(stored).instances;
    const own = await ownSnapshots(context, region);
    const snapshots = own.filter(snapshot => tagOf(snapshot, instanceTag) !== undefined);
    const uncovered = wanted.flatMap(({ volumes }) =>
      volumes.filter(volume => !snapshots.some(snapshot => snapshot.VolumeId === volume)),
    );
    if (uncovered.length > 0) return pending(`No snapshot of ${uncovered.join(', ')} is shown yet.`);
    const broken = spoilt(snapshots);
    if (broken) return broken;
    if (progress(snapshots)) return pending(`Snapshots go on: ${progress(snapshots)}`);
    const ids = snapshots.flatMap(({ SnapshotId }) => SnapshotId ?? []);
    if (!given.copy)
      return finish(`Snapshots are complete: ${ids.join(', ')}.`, { snapshots: ids, copies: [] });

    const target = { region: destination(given), kmsKey: given.copy.kmsKey };
    const there = target.region === region ? own : await ownSnapshots(context, target.region);
    const copies = there.filter(snapshot => tagOf(snapshot, copyTag) !== undefined);
    const uncopied = ids.filter(id => !copies.some(copy => tagOf(copy, copyTag) === id));
    // Only here is it known that a snapshot is complete, which copying needs.
    for (const id of uncopied) await copySnapshot(context, { region, id }, target);
    if (uncopied.length > 0) return pending(`Copies of ${uncopied.join(', ')} were begun.`);
    const failed = spoilt(copies);
    if (failed) return failed;
    if (progress(copies)) return pending(`Copies go on: ${progress(copies)}`);
    const copyIds = copies.flatMap(({ SnapshotId }) => SnapshotId ?? []);
    const what = `Snapshots are complete: ${ids.join(', ')}; copies in ${target.region}: ${copyIds.join(', ')}.`;
    return finish(what, { snapshots: ids, copies: copyIds });
  },
});

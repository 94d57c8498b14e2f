import {
  DeleteReplicationConfigurationCommand,
  DescribeFileSystemsCommand,
  DescribeMountTargetsCommand,
  DescribeReplicationConfigurationsCommand,
  EFSClient,
} from '@aws-sdk/client-efs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { action } from '../../../shared/actions/efs/fail-over-replication.ts';
import { efsState } from '../../../simulator/services/elasticfilesystem.ts';
import type { World } from '../../../simulator/world/world.ts';
import { inAws, openChanges, permissionsOf, reasonsOf } from '../../support/aws-world.ts';
import { contextOf } from '../../support/compute-world.ts';
import { mockClient } from '../../support/mock-client.ts';
import { away, awayId, components, home, homeId } from './file-systems.ts';

const moved = { to: 'copy', from: 'documents', maxLoss: '30m', acceptedRisks: ['unfenced-writer'] };
const { replicaOf: _, ...unfilled } = components.copy;
const kind = 'efs.fail-over-replication';
const protections = (world: World) => efsState(world).fileSystems.map(({ protection }) => protection);

describe('efs.fail-over-replication', () => {
  it.each([
    {},
    { faults: { 'elasticfilesystem.DeleteReplicationConfiguration': ['lost-reply' as const] } },
    { stale: 'elasticfilesystem' },
  ])('is done when the replica can be written to, with what is missing, under %o', options =>
    inAws(
      components,
      async ({ play, world, changes }) => {
        world.loseRegion(home);
        const { seen } = await play(kind, moved);
        expect(seen).toMatchObject({ status: 'done', outputs: { mountTargets: 2 } });
        const { lossSeconds, lastReplicatedAt } = (seen as { outputs: Record<string, number | string> })
          .outputs;
        expect(Date.parse(String(lastReplicatedAt)) + Number(lossSeconds) * 1000).toBeGreaterThanOrEqual(
          world.outageStartedAtMs,
        );
        expect(lossSeconds).toBeGreaterThan(0);
        expect(protections(world)).toEqual(['ENABLED', 'ENABLED']);
        expect(changes.length).toBeGreaterThanOrEqual(1);
      },
      options,
    ),
  );

  it('in a planned move waits until everything has arrived, and loses nothing', () =>
    inAws(components, async ({ play, world }) => {
      const begun = world.nowMs();
      const { seen } = await play(kind, { ...moved, acceptedRisks: [] }, { mode: 'planned' });
      expect(seen).toMatchObject({ status: 'done', outputs: { lossSeconds: 0 } });
      const ended = world.changes.find(({ what }) => what === 'Its replication is being ended');
      const lagMs =
        1000 * world.duration({ minSeconds: 60, likelySeconds: 300, maxSeconds: 840 }, `efs-lag/${awayId}/0`);
      expect(ended?.atMs).toBeGreaterThanOrEqual(begun + lagMs);
    }));

  it('refuses a planned move out of a region that does not answer', () =>
    inAws(components, async ({ play, world }) => {
      world.loseRegion(home);
      const { preparation } = await play(kind, moved, { mode: 'planned' });
      expect(reasonsOf(preparation)).toContain(`${home} does not answer, so that nothing more arrives`);
    }));

  it('refuses what nobody accepted: a loss above the RPO, and a writer that nobody can stop', () =>
    inAws(components, async ({ play, world, strike, wait }) => {
      expect(strike({ type: 'failure' }, 'copy')()).toBe(true);
      await wait(7_200);
      world.outageStartedAtMs = world.nowMs();
      const { preparation } = await play(kind, { ...moved, maxLoss: '10s', acceptedRisks: [] });
      expect(reasonsOf(preparation)).toMatch(
        /^Files of the last .* before the outage are missing in fs-08f7/,
      );
      expect(reasonsOf(preparation)).toContain(
        'mounted may go on writing to it, and what they write is lost.',
      );
      expect(world.calls.get('elasticfilesystem.DeleteReplicationConfiguration')).toBeUndefined();
      const accepted = { ...moved, maxLoss: '10s', acceptedRisks: ['unfenced-writer', 'data-loss'] };
      expect((await play(kind, accepted)).seen).toMatchObject({ status: 'done' });
    }));

  it('does not take a replica that was never filled for one that can be used', () =>
    inAws({ documents: components.documents, copy: unfilled }, async ({ play }) => {
      const { preparation } = await play(kind, { ...moved, to: { ...components.copy, id: 'copy' } });
      expect(reasonsOf(preparation)).toBe(
        `EFS replicates nothing into ${awayId}, though the plan calls it a replica of "documents".`,
      );
      // The way back: what was a primary is one again already.
      const back = await play(kind, { ...moved, to: 'documents', from: 'copy' });
      expect(back.preparation).toMatchObject({ status: 'already-done', outputs: { lossSeconds: -1 } });
    }));

  it('refuses the replica of another file system', () =>
    inAws(components, async ({ play }) => {
      const other = { ...components.documents, id: 'other', fileSystemId: 'fs-0ffffffffffffffff' };
      const { preparation } = await play(kind, { ...moved, from: other });
      expect(reasonsOf(preparation)).toBe(
        `${awayId} is part of a replication from ${homeId} in ${home}, not from fs-0ffffffffffffffff.`,
      );
    }));

  it('ends this replication only, and prepares only in a drill', async () => {
    const lines = await permissionsOf(kind, components, moved);
    const arn = (region: string, id: string) =>
      `arn:\${AWS::Partition}:elasticfilesystem:${region}:\${AWS::AccountId}:file-system/${id}`;
    expect(lines.filter(line => line.includes(':Delete')).map(line => line.split(' ')[1])).toEqual([
      arn(away, awayId),
      arn(home, homeId),
      arn(away, homeId),
    ]);
    expect(openChanges(lines)).toEqual([]);
    expect(action.drill).toBe('prepare-only');
  });
});

describe('efs.fail-over-replication against EFS', () => {
  const mockEfs = () => mockClient(EFSClient);
  let efs: ReturnType<typeof mockEfs>;
  const context = contextOf({ aws: { client: () => new EFSClient({ region: away }) as never } });
  const parameters = action.parameters.parse({
    ...moved,
    to: { ...components.copy, id: 'copy' },
    from: { ...components.documents, id: 'documents' },
  });
  const LastReplicatedTimestamp = new Date('2026-03-10T16:40:00Z');

  beforeEach(() => {
    efs = mockEfs();
    given('ENABLED');
  });
  afterEach(() => efs.restore());

  function given(Status: 'ENABLED' | 'DELETING', state: 'available' | 'creating' = 'available'): void {
    const FileSystemProtection = { ReplicationOverwriteProtection: 'REPLICATING' as const };
    efs.on(DescribeFileSystemsCommand).resolves({ FileSystems: [{ FileSystemProtection } as never] });
    efs.on(DescribeMountTargetsCommand).resolves({ MountTargets: [{ LifeCycleState: state } as never] });
    const Destinations = [{ Status, FileSystemId: awayId, Region: away, LastReplicatedTimestamp }];
    const replication = { SourceFileSystemId: homeId, SourceFileSystemRegion: home, Destinations };
    efs.on(DescribeReplicationConfigurationsCommand).resolves({ Replications: [replication as never] });
    efs.on(DeleteReplicationConfigurationCommand).resolves({});
  }

  it('measures the loss by the last sync', async () => {
    const preparation = await action.prepare(context, parameters);
    expect(preparation).toMatchObject({ status: 'ready', baseline: { lossSeconds: 120 } });
  });

  it('refuses a replica that nobody can mount', async () => {
    given('ENABLED', 'creating');
    expect(reasonsOf(await action.prepare(context, parameters))).toBe(
      `${awayId} has 0 available mount targets in ${away}, and 1 are needed.`,
    );
  });

  it('fails when EFS does not end it, and says how it is ended on this side only', async () => {
    given('DELETING');
    const baseline = { since: '2026-03-10T16:50:00Z', lastReplicatedAt: '', lossSeconds: 120 };
    const late = { ...context, elapsedSeconds: 1_300 };
    expect(await action.observe(context, parameters, baseline)).toMatchObject({ status: 'pending' });
    expect(await action.observe(late, parameters, baseline)).toMatchObject({
      status: 'failed',
      reasons: [{ mend: expect.stringContaining('localOnly: true') }],
    });
    given('ENABLED');
    await action.act?.(context, { ...parameters, localOnly: true }, baseline);
    expect(efs.commandCalls(DeleteReplicationConfigurationCommand).at(-1)?.args[0].input).toEqual({
      SourceFileSystemId: homeId,
      DeletionMode: 'LOCAL_CONFIGURATION_ONLY',
    });
  });
});

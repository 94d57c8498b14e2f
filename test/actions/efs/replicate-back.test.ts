import { describe, expect, it } from 'vitest';
import { action } from '../../../shared/actions/efs/replicate-back.ts';
import type { CallFault } from '../../../simulator/faults/faults.ts';
import { efsState } from '../../../simulator/services/elasticfilesystem.ts';
import { type AwsScene, inAws, openChanges, permissionsOf, reasonsOf } from '../../support/aws-world.ts';
import { components, home } from './file-systems.ts';

const kind = 'efs.replicate-back';
const back = { from: 'copy', to: 'documents', approvedBy: 'Head of the desk' };
const failOver = ({ play }: AwsScene) =>
  play('efs.fail-over-replication', {
    to: 'copy',
    from: 'documents',
    maxLoss: '1h',
    acceptedRisks: ['unfenced-writer'],
  });
const protections = ({ world }: AwsScene) => efsState(world).fileSystems.map(({ protection }) => protection);

describe('efs.replicate-back', () => {
  it.each<{ faults?: Record<string, CallFault[]>; stale?: string }>([
    {},
    { faults: { 'elasticfilesystem.CreateReplicationConfiguration': ['lost-reply'] } },
    { faults: { 'elasticfilesystem.UpdateFileSystemProtection': ['lost-reply'] } },
    { stale: 'elasticfilesystem' },
  ])('is done when everything is in the replica, not when the replication is there, under %o', options =>
    inAws(
      components,
      async scene => {
        await failOver(scene);
        await scene.wait(60);
        const { seen } = await scene.play(kind, back);
        expect(seen).toMatchObject({ status: 'done', outputs: { behindSeconds: expect.any(Number) } });
        expect(protections(scene)).toEqual(['REPLICATING', 'ENABLED']);
        expect(efsState(scene.world).replications).toMatchObject([{ status: 'ENABLED', region: home }]);
        expect(scene.changes.at(-1)?.what).toContain('approved by Head of the desk');
      },
      options,
    ),
  );

  it('goes all the way: back, over, and to the replica again', () =>
    inAws(components, async scene => {
      await failOver(scene);
      await scene.play(kind, back);
      const over = { to: 'documents', from: 'copy', maxLoss: '1h' };
      expect((await scene.play('efs.fail-over-replication', over, { mode: 'planned' })).seen).toMatchObject({
        status: 'done',
        outputs: { lossSeconds: 0 },
      });
      const again = { from: 'documents', to: 'copy', approvedBy: 'Head of the desk' };
      expect((await scene.play(kind, again)).seen).toMatchObject({ status: 'done' });
      expect(protections(scene)).toEqual(['ENABLED', 'REPLICATING']);
    }));

  it('ends on undo what it began, and protects the target again', () =>
    inAws(components, async scene => {
      await failOver(scene);
      const { undo } = await scene.play(kind, back);
      const undone = await undo();
      expect(JSON.stringify(undone)).toContain('What was overwritten in it stays overwritten.');
      expect(protections(scene)).toEqual(['ENABLED', 'ENABLED']);
      expect(efsState(scene.world).replications).toEqual([]);
    }));

  it('leaves on undo a replication that was there before', () =>
    inAws(components, async scene => {
      const { seen, undo } = await scene.play(kind, { ...back, from: 'documents', to: 'copy' });
      expect(seen).toMatchObject({ status: 'done' });
      expect(await undo()).toMatchObject({ status: 'done' });
      expect(protections(scene)).toEqual(['ENABLED', 'REPLICATING']);
      expect(scene.changes).toEqual([]);
    }));

  it('refuses while the other direction is replicated', () =>
    inAws(components, async ({ play }) => {
      expect(reasonsOf((await play(kind, back)).preparation)).toMatch(
        /^A replication from fs-0a1b2c3d4e5f60718 into fs-08f7e6d5c4b3a2910 is there/,
      );
    }));

  it('refuses a source that can not be the right one', () =>
    inAws(components, async scene => {
      await failOver(scene);
      const [documents] = efsState(scene.world).fileSystems;
      if (documents) documents.protection = 'DISABLED';
      const { preparation } = await scene.play(kind, { ...back, from: 'documents', to: 'copy' });
      expect(reasonsOf(preparation)).toContain('can not be written to, so it is not the one that is right.');
    }));

  it('fails when the replication is in error', () =>
    inAws(components, async scene => {
      await failOver(scene);
      setTimeout(() => scene.strike({ type: 'failure' }, 'documents'), 60_000);
      expect(reasonsOf((await scene.play(kind, back)).seen)).toBe(
        'The replication into fs-0a1b2c3d4e5f60718 is ERROR.',
      );
    }));

  it('opens the target only to being overwritten, and prepares only in a drill', async () => {
    const lines = await permissionsOf(kind, components, back);
    expect(lines.filter(line => line.includes('UpdateFileSystemProtection'))).toHaveLength(1);
    expect(openChanges(lines)).toEqual([]);
    expect(action.drill).toBe('prepare-only');
  });
});

import { describe, expect, it } from 'vitest';
import { action as backup } from '../../../shared/actions/velero/backup.ts';
import { action as restore } from '../../../shared/actions/velero/restore.ts';
import { findObject } from '../../../simulator/kubernetes/store.ts';
import { service as kubernetes } from '../../../simulator/services/kubernetes.ts';
import { faultsOf } from '../../support/compute-world.ts';
import { begin, given, inCluster, type K8sScene, parts, perform, refusalOf, undo } from '../k8s/k8s-world.ts';

const cluster = parts.cluster;

function setPhase({ cluster: simulated }: K8sScene, plural: string, name: string, status: object): void {
  const found = findObject(simulated, 'velero.io/v1', plural, 'velero', name);
  if (!found) throw new Error(`no ${plural} ${name}`);
  found.body = { ...found.body, status: status as never };
}

describe('velero.backup', () => {
  const parameters = { cluster, namespaces: ['shop'], name: 'before-change' };

  it.each([0, 1])('is done when Velero says Completed, with one backup (%i replies lost)', lostReplies =>
    inCluster(
      async scene => {
        const { seen, baseline } = await perform(scene, backup, parameters, { lostReplies });
        expect(seen).toMatchObject({ status: 'done', outputs: { backup: baseline.backup, items: 5 } });
        const made = scene.cluster.objects.filter(({ plural }) => plural === 'backups');
        // The other is that of the night before.
        expect(made).toHaveLength(2);
      },
      { faults: faultsOf({ 'kubernetes.CreateBackup': lostReplies ? ['lost-reply'] : [] }) },
    ),
  );

  it.each(['PartiallyFailed', 'Failed', 'FailedValidation'])('takes %s for a failure', phase =>
    inCluster(async scene => {
      const baseline = await begin(scene, backup, parameters);
      const input = given(backup, parameters);
      setPhase(scene, 'backups', String(baseline.backup), { phase, errors: 2 });
      const seen = await scene.drive(backup.observe(scene.context, input, baseline));
      expect(seen).toMatchObject({
        status: 'failed',
        reasons: [{ what: expect.stringContaining(`${phase} (2 errors)`) }],
      });
    }),
  );

  it('refuses a namespace that is not there', () =>
    inCluster(async scene => {
      expect(await refusalOf(scene, backup, { ...parameters, namespaces: ['other'] })).toContain(
        'would be empty',
      );
    }));
});

describe('velero.restore', () => {
  const parameters = { cluster, namespace: 'shop', schedule: 'nightly' };

  it('leaves a namespace that was there before it on undo, though the run made it', () =>
    inCluster(async scene => {
      const beside = { ...parameters, into: 'shop-restored' };
      await perform(scene, restore, beside);
      const again = { ...beside, intoExisting: true };
      const { baseline } = await perform(scene, restore, again);
      expect(await undo(scene, restore, again, baseline)).toMatchObject({ status: 'done' });
      expect(scene.cluster.deployments.map(({ namespace }) => namespace)).toContain('shop-restored');
    }));

  it('says in a dry run what a recovery would refuse, and looks at the backup', () =>
    inCluster(async scene => {
      const context = { ...scene.context, run: { ...scene.context.run, mode: 'dry-run' as const } };
      const prepared = await scene.drive(restore.prepare(context, given(restore, parameters)));
      expect(prepared.status).toBe('ready');
      expect(JSON.stringify(prepared.evidence)).toMatch(/would refuse.*Velero would skip them/);
    }));

  it('brings a lost namespace back from the newest complete backup', () =>
    inCluster(async scene => {
      const holds = kubernetes.strike?.(scene.world, { type: 'loss', component: parts.namespace as never });
      expect(holds?.()).toBe(true);
      const { seen } = await perform(scene, restore, parameters);
      expect(seen).toMatchObject({
        status: 'done',
        outputs: {
          backup: 'nightly-20260310020000',
          takenAt: '2026-03-10T02:00:00.000Z',
          items: 5,
          skipped: 0,
        },
      });
      await scene.wait(120);
      expect(scene.workload('shop-app').pods.map(({ ready }) => ready)).toEqual([true, true]);
      expect(holds?.()).toBe(false);
    }));

  it.each([0, 1])(
    'restores into a namespace of its own, and undo deletes that (%i replies lost)',
    lostReplies =>
      inCluster(
        async scene => {
          const beside = { ...parameters, into: 'shop-restored' };
          const { seen, baseline } = await perform(scene, restore, beside, { lostReplies });
          expect(seen).toMatchObject({ status: 'done', outputs: { items: 5 } });
          const namespaces = () => scene.cluster.deployments.map(({ namespace }) => namespace);
          expect(namespaces()).toContain('shop-restored');
          expect(await undo(scene, restore, beside, baseline)).toMatchObject({ status: 'done' });
          expect(namespaces()).not.toContain('shop-restored');
          expect(namespaces()).toContain('shop');
        },
        { faults: faultsOf({ 'kubernetes.CreateRestore': lostReplies ? ['lost-reply'] : [] }) },
      ),
  );

  it('refuses a namespace with workloads, which Velero would skip', () =>
    inCluster(async scene => {
      expect(await refusalOf(scene, restore, parameters)).toContain('Velero would skip them');
      const { seen } = await perform(scene, restore, { ...parameters, intoExisting: true });
      expect(seen).toMatchObject({ status: 'done', outputs: { items: 0, skipped: 5 } });
    }));

  it.each([
    [{ schedule: 'weekly' }, 'No complete Velero backup of schedule weekly'],
    [{ before: '2026-03-09T00:00:00Z' }, 'No complete Velero backup'],
    [{ schedule: undefined, backup: 'gone' }, 'There is no Velero backup gone'],
  ])('refuses %o', (changes, why) =>
    inCluster(async scene => {
      expect(await refusalOf(scene, restore, { ...parameters, ...changes })).toContain(why);
    }),
  );

  it('refuses a backup that is itself incomplete', () =>
    inCluster(async scene => {
      const name = 'nightly-20260310020000';
      setPhase(scene, 'backups', name, { phase: 'PartiallyFailed', startTimestamp: '2026-03-10T02:00:00Z' });
      expect(await refusalOf(scene, restore, parameters)).toContain('No complete Velero backup');
      const named = { cluster, namespace: 'shop', backup: name };
      expect(await refusalOf(scene, restore, named)).toContain('is PartiallyFailed, not Completed');
    }));
});

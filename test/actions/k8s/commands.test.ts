import { describe, expect, it } from 'vitest';
import { action as exec } from '../../../shared/actions/k8s/exec.ts';
import { action as runJob } from '../../../shared/actions/k8s/run.ts';
import { action as scale } from '../../../shared/actions/k8s/scale.ts';
import { faultsOf } from '../../support/compute-world.ts';
import { given, inCluster, parts, perform, prepare, refusalOf, undo } from './k8s-world.ts';

describe('k8s.exec', () => {
  const command = (text: string, more: object = {}) => ({
    workload: parts.app,
    command: text.split(' '),
    ...more,
  });

  it('judges the exit code and gives the output to later steps', () =>
    inCluster(async scene => {
      const { seen } = await perform(scene, exec, command('node check.js', { expectOutput: 'consistent' }));
      expect(seen).toMatchObject({
        status: 'done',
        outputs: { exitCode: 0, output: 'all rows are consistent', pods: ['shop-app-1-1'] },
      });
    }));

  it.each([
    ['node fail.js', {}, 'exit code 3, not 0: two rows differ'],
    ['no-such-program', {}, 'the program is not in the image'],
    ['node check.js', { expectOutput: 'repaired' }, 'does not contain "repaired"'],
  ])('fails for %s with its reason', (text, more, why) =>
    inCluster(async scene => {
      const { seen } = await perform(scene, exec, command(text, more));
      expect(seen.status).toBe('failed');
      expect(JSON.stringify(seen).replaceAll('\\"', '"')).toContain(why);
    }),
  );

  it('takes a failure that is expected for a success', () =>
    inCluster(async scene => {
      const { seen } = await perform(scene, exec, command('node fail.js', { expectExitCode: 3 }));
      expect(seen.status).toBe('done');
    }));

  it('runs in every Ready pod where each keeps a state of its own', () =>
    inCluster(async scene => {
      const { seen } = await perform(scene, exec, command('node check.js', { pods: 'all' }));
      expect(seen).toMatchObject({ outputs: { pods: ['shop-app-1-1', 'shop-app-1-2'] } });
      expect(scene.world.calls.get('kubernetes.ExecPod')).toBe(2);
    }));

  it('refuses when no pod is Ready, such as after scaling to 0', () =>
    inCluster(async scene => {
      await perform(scene, scale, { deployment: parts.app, replicas: 0 });
      expect(await refusalOf(scene, exec, command('node check.js'))).toContain('k8s.run');
    }));

  it.each([
    [false, 1],
    [true, 2],
  ])('after a lost reply runs again only if that does no harm (repeatable: %s)', (repeatable, runs) =>
    inCluster(
      async scene => {
        const parameters = command('node check.js', { repeatable });
        const work = perform(scene, exec, parameters, { lostReplies: 1 });
        if (repeatable) expect((await work).seen.status).toBe('done');
        else {
          await expect(work).rejects.toMatchObject({
            name: 'StepFailedError',
            message: expect.stringContaining('nobody knows how it ended'),
          });
        }
        expect(scene.world.calls.get('kubernetes.ExecPod')).toBe(runs);
      },
      { faults: faultsOf({ 'kubernetes.ExecPod': ['lost-reply'] }) },
    ),
  );

  it('runs once when it is called again after its end was written down', () =>
    inCluster(async scene => {
      const parameters = command('node check.js');
      const { baseline } = await perform(scene, exec, parameters);
      await scene.drive(Promise.resolve(exec.act?.(scene.context, given(exec, parameters), baseline)));
      expect(scene.world.calls.get('kubernetes.ExecPod')).toBe(1);
    }));

  it('does not wait longer than its time', () =>
    inCluster(async scene => {
      await expect(perform(scene, exec, command('node slow.js', { timeout: '30s' }))).rejects.toMatchObject({
        message: expect.stringContaining('no end within 30 s'),
      });
    }));
});

describe('k8s.run', () => {
  const job = (text: string, more: object = {}) => ({
    cluster: parts.cluster,
    namespace: 'shop',
    name: 'verify',
    image: 'registry.example/shop:1',
    command: text.split(' '),
    ...more,
  });
  const jobs = (scene: { cluster: { objects: { plural: string }[] } }) =>
    scene.cluster.objects.filter(({ plural }) => plural === 'jobs').length;

  it.each([0, 1])(
    'is done when the Job is Complete, keeps its log, and undo removes it (%i replies lost)',
    lostReplies =>
      inCluster(
        async scene => {
          const parameters = job('node check.js', { expectOutput: 'consistent' });
          const { seen, baseline } = await perform(scene, runJob, parameters, { lostReplies });
          expect(seen).toMatchObject({
            status: 'done',
            outputs: {
              output: 'all rows are consistent',
              log: expect.stringMatching(/^s3:\/\/lifeboat-shop-reports\/shop\/incident-1\/.*\.log$/),
            },
          });
          expect(jobs(scene)).toBe(1);
          expect(await undo(scene, runJob, parameters, baseline)).toMatchObject({ status: 'done' });
          expect(jobs(scene)).toBe(0);
        },
        { faults: faultsOf({ 'kubernetes.CreateJob': lostReplies ? ['lost-reply'] : [] }) },
      ),
  );

  it.each([
    ['node fail.js', {}, /failed \(BackoffLimitExceeded\): two rows differ/],
    ['node slow.js', { deadline: '1m' }, /failed \(DeadlineExceeded\)/],
    ['node check.js', { expectOutput: 'repaired' }, /does not contain/],
  ])('fails for %s with its reason', (text, more, why) =>
    inCluster(async scene => {
      const { seen } = await perform(scene, runJob, job(text, more));
      expect(seen).toMatchObject({ status: 'failed', reasons: [{ what: expect.stringMatching(why) }] });
    }),
  );

  it('runs the template of a CronJob, and makes another Job when a person retries', () =>
    inCluster(async scene => {
      const parameters = { cluster: parts.cluster, namespace: 'shop', name: 'now', cronjob: parts.cleanup };
      expect((await perform(scene, runJob, parameters)).seen).toMatchObject({ status: 'done' });
      await perform(scene, runJob, parameters);
      expect(jobs(scene)).toBe(2);
    }));

  it('refuses a CronJob that is not there', () =>
    inCluster(async scene => {
      const cronjob = { ...parts.cleanup, name: 'other' };
      const parameters = { cluster: parts.cluster, namespace: 'shop', name: 'now', cronjob };
      expect(await refusalOf(scene, runJob, parameters)).toContain('no CronJob other');
      expect(await prepare(scene, runJob, { ...parameters, cronjob: parts.cleanup })).toMatchObject({
        status: 'ready',
      });
    }));
});

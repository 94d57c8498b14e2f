import { CloudWatchClient, DescribeAlarmsCommand } from '@aws-sdk/client-cloudwatch';
import { describe, expect, it } from 'vitest';
import { action as soak } from '../../../shared/actions/wait/soak.ts';
import { action as until } from '../../../shared/actions/wait/until.ts';
import { ServiceUnavailableError } from '../../../shared/errors.ts';
import type { Network } from '../../../shared/ports.ts';
import { alarmsOf } from '../../../simulator/world/alarms.ts';
import { mockClient } from '../../support/mock-client.ts';
import { inStores, type Scene, stepsOf } from '../../support/stores-world.ts';

const url = 'https://shop.example/health';
const response = { status: 200, headers: {}, body: '{"status":"ok"}', latencyMs: 5 };

/** The step has half an hour, as the scene's step says; the watch takes ten minutes of it. */
const watch = (scene: Scene, given: object = {}) =>
  stepsOf(soak, scene, { for: '10m', urls: [{ url, expectBody: 'ok' }], ...given });
const answering = (answer: (asked: number) => number | 'silence'): Partial<Network> => {
  let asked = 0;
  return {
    async http() {
      asked += 1;
      const status = answer(asked);
      if (status !== 'silence') return { ...response, status };
      throw new ServiceUnavailableError(`${url} did not answer`, { nextStep: 'wait' });
    },
  };
};

describe('wait.soak', () => {
  it('is done when everything stayed well for the whole time', () =>
    inStores(
      async scene => {
        const { seen } = await watch(scene, { alarms: ['errors'] }).carryOut(60);
        expect(seen).toMatchObject({ status: 'done', outputs: { seconds: 600, looks: 6 } });
      },
      { network: answering(() => 200) },
    ));

  it('fails at once when an address stops answering well, and says when', () =>
    inStores(
      async scene => {
        const started = scene.world.nowMs();
        const { seen } = await watch(scene).carryOut(60);
        expect(seen).toMatchObject({
          status: 'failed',
          reasons: [{ what: `After 4 min: ${url} answered 500 instead of 200.` }],
        });
        expect(scene.world.nowMs() - started).toBe(240_000);
      },
      { network: answering(asked => (asked > 4 ? 500 : 200)) },
    ));

  it('does not take one lost packet for a relapse', () =>
    inStores(
      async scene => {
        expect((await watch(scene).carryOut(60)).seen.status).toBe('done');
      },
      { network: answering(asked => (asked === 3 ? 'silence' : 200)) },
    ));

  it('fails when an alarm fires', () =>
    inStores(async scene => {
      const start = scene.world.nowMs();
      alarmsOf(scene.world).set('errors', () => scene.world.nowMs() - start > 120_000);
      const { seen } = await watch(scene, { urls: [], alarms: ['errors'] }).carryOut(60);
      expect(seen).toMatchObject({
        status: 'failed',
        reasons: [{ what: expect.stringContaining('After 3 min: the alarm errors fires') }],
      });
    }));

  it('refuses to watch longer than the step may take', () =>
    inStores(async scene => {
      const preparation = await watch(scene, { for: '30m' }).prepare();
      expect(preparation).toMatchObject({
        status: 'refused',
        reasons: [{ mend: expect.stringContaining('timeout') }],
      });
    }));

  it('has to look at something', () => {
    expect(soak.parameters.safeParse({ for: '10m' }).success).toBe(false);
  });

  it('may read the alarms that it names and nothing else', () =>
    inStores(async scene => {
      expect(watch(scene).permissions()).toEqual([]);
      expect(watch(scene, { alarms: ['errors'] }).permissions()).toEqual([
        {
          actions: ['cloudwatch:DescribeAlarms'],
          resources: ['arn:${AWS::Partition}:cloudwatch:ap-southeast-4:${AWS::AccountId}:alarm:errors'],
        },
      ]);
    }));
});

describe('wait.soak against CloudWatch', () => {
  it('does not call an alarm quiet that does not exist', () =>
    inStores(async scene => {
      const cloudwatch = mockClient(CloudWatchClient);
      cloudwatch.on(DescribeAlarmsCommand).resolves({ MetricAlarms: [] });
      const client = new CloudWatchClient({ region: 'ap-southeast-4' });
      const context = { ...scene.context, aws: { client: () => client as never } };
      const step = watch({ ...scene, context }, { urls: [], alarms: ['gone'] });
      expect(await step.observe({})).toMatchObject({
        status: 'failed',
        reasons: [{ what: expect.stringContaining('there is no alarm gone') }],
      });
      cloudwatch.restore();
    }));
});

describe('wait.until', () => {
  it('waits for so long from its own beginning', () =>
    inStores(async scene => {
      const started = scene.world.nowMs();
      const { seen } = await stepsOf(until, scene, { for: '30s' }).carryOut(10);
      expect(seen).toMatchObject({ status: 'done', outputs: { waitedSeconds: 30 } });
      expect(scene.world.nowMs() - started).toBe(30_000);
    }));

  it.each([{}, { for: '30s', time: '2026-03-10T16:50:00Z' }])('takes a time or a duration, not %j', given => {
    expect(until.parameters.safeParse(given).success).toBe(false);
  });

  it('waits until the time and no longer', () =>
    inStores(async scene => {
      const step = stepsOf(until, scene, { time: '2026-03-10T16:50:00Z' });
      const { seen } = await step.carryOut(30);
      expect(seen).toMatchObject({ status: 'done', outputs: { waitedSeconds: 480 } });
      expect(await step.prepare()).toMatchObject({ status: 'already-done' });
    }));

  it('refuses a time that the step can not live to see', () =>
    inStores(async scene => {
      const step = stepsOf(until, scene, { time: '2026-03-11T16:50:00Z' });
      expect(await step.prepare()).toMatchObject({ status: 'refused' });
    }));
});

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createDecideHandler } from '../../../handlers/decide.ts';
import { ask } from '../../../shared/communication/ask.ts';
import { tick } from '../../../shared/communication/tick.ts';
import { topicsOf } from '../../../shared/deployment.ts';
import { openIncident, readIncident } from '../../../shared/incident/incident.ts';
import { readLedger } from '../../../shared/incident/ledger.ts';
import { createMemoryRecordStore } from '../../../shared/incident/memory-record-store.ts';
import type { Runtime } from '../../../shared/runtime.ts';
import { createFaults } from '../../../simulator/faults/faults.ts';
import { onPublished, publishedMessages, service as sns } from '../../../simulator/services/sns.ts';
import { startVirtualTime, type VirtualTime } from '../../../simulator/world/clock.ts';
import { createWorld } from '../../../simulator/world/create-world.ts';
import { createPeople } from '../../../simulator/world/people.ts';
import { simulatedClients } from '../../../simulator/world/simulated-clients.ts';
import type { SimulatedService } from '../../../simulator/world/world.ts';
import { makePlan, makeRun, openedAt, outageStartedAt, restoreStep } from '../../communication/fixture.ts';

let time: VirtualTime;
beforeEach(() => {
  // The SDK looks for credentials before a request reaches the simulated world.
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'simulated');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'simulated');
  time = startVirtualTime(Date.parse(openedAt));
});
afterEach(() => {
  time.stop();
  vi.unstubAllEnvs();
});

async function start(faults: string[] = [], seed = 1) {
  const plan = makePlan();
  const outputs: { value: string; atMs: number }[] = [];
  const states: SimulatedService = {
    name: 'states',
    operations: {
      SendTaskSuccess: (at, call) => {
        outputs.push({ ...JSON.parse(String(call.input.output)), atMs: at.nowMs() });
        return {};
      },
    },
  };
  const parsed = createFaults(faults);
  if (!parsed.ok) throw new Error(parsed.problems.join());
  const world = createWorld({ plan, seed, faults: parsed.faults, services: [sns, states], outageStartedAt });
  const refuse = () => Promise.reject(new Error('not used here'));
  const topics = topicsOf(plan);
  const runtime: Runtime = {
    plan,
    settings: {
      tableName: 't',
      runbookArns: {},
      topicArns: Object.fromEntries(topics.map(topic => [topic, `arn:aws:sns:ap-southeast-4:1:${topic}`])),
      decisionUrl: 'https://decide.example/',
      linkSecretName: 's',
    },
    clock: { now: () => new Date() },
    store: createMemoryRecordStore(),
    aws: simulatedClients(world, plan.regions),
    network: { http: refuse, tls: refuse, dns: refuse, mongo: refuse, sql: refuse, redis: refuse },
    kubernetes: refuse,
    secret: async () => 'a secret of enough characters',
    log: () => {},
  };
  const incident = await openIncident(runtime, {
    scenario: 'region-failure',
    mode: 'recover',
    openedAt,
    outageStartedAt,
    by: 'alarm',
  });
  const handler = createDecideHandler(async () => runtime);
  const people = createPeople(world, {
    decide: event => handler(event, {} as never) as Promise<{ statusCode: number; body: string }>,
  });
  return { world, runtime, run: { ...makeRun(), incidentId: incident.id }, people, outputs };
}

/** Lets virtual time pass. */
function pass(minutes: number): Promise<void> {
  return time.drive(new Promise(resolve => setTimeout(resolve, minutes * 60_000)), { count: 0 });
}

describe('people', () => {
  it('acknowledge after some minutes, and a mail scanner that came before did nothing', async () => {
    const { runtime, run, people } = await start();
    await time.drive(tick(runtime, run), { count: 0 });
    await pass(1);
    expect(people.deeds).toMatchObject([{ person: 'ada', what: 'look', statusCode: 200 }]);
    expect((await readIncident(runtime.store, run.incidentId))?.acknowledgedBy).toBeUndefined();
    await pass(10);
    const incident = await readIncident(runtime.store, run.incidentId);
    const seconds = (Date.parse(incident?.acknowledgedAt ?? '') - Date.parse(openedAt)) / 1000;
    expect(incident?.acknowledgedBy).toBe('ada');
    expect(seconds).toBeGreaterThanOrEqual(120);
    expect(seconds).toBeLessThanOrEqual(600);
  });

  const question = (token: string) =>
    ({ operation: 'ask', step: restoreStep, kind: 'failed-step', token }) as const;

  it('decide after some minutes, once, through the page', async () => {
    const { runtime, run, outputs } = await start();
    await time.drive(ask(runtime, { ...question('t'), run, answerWithinSeconds: 1800 }), { count: 0 });
    await pass(15);
    expect(outputs).toMatchObject([{ value: 'retry', by: 'ada' }]);
    const seconds = ((outputs[0]?.atMs ?? 0) - Date.parse(openedAt)) / 1000;
    expect(seconds).toBeGreaterThanOrEqual(180);
    expect(seconds).toBeLessThanOrEqual(720);
  });

  it('look and answer nothing with the fault no-approval', async () => {
    const { runtime, run, people, outputs } = await start(['no-approval']);
    await time.drive(tick(runtime, run), { count: 0 });
    await time.drive(ask(runtime, { ...question('t'), run, answerWithinSeconds: 1800 }), { count: 0 });
    await pass(60);
    expect(people.deeds.map(({ what }) => what)).toEqual(['look', 'look']);
    expect(outputs).toEqual([]);
    expect((await readIncident(runtime.store, run.incidentId))?.acknowledgedBy).toBeUndefined();
  });

  it('do the same again with the same seed, and something else with another', async () => {
    const run = async (seed: number) => {
      time.stop();
      time = startVirtualTime(Date.parse(openedAt));
      const started = await start([], seed);
      await time.drive(tick(started.runtime, started.run), { count: 0 });
      await pass(15);
      return JSON.stringify([
        started.people.deeds.map(({ atMs }) => atMs),
        publishedMessages(started.world).map(({ id }) => id),
      ]);
    };
    const first = await run(1);
    expect(await run(1)).toBe(first);
    expect(await run(2)).not.toBe(first);
  });

  it('try again when the page fails', async () => {
    const { world } = await start();
    const failing = createPeople(world, { decide: () => Promise.reject(new Error('crashed')) });
    await world.call({
      service: 'sns',
      operation: 'Publish',
      region: 'ap-southeast-4',
      input: {
        TopicArn: 'arn:aws:sns:ap-southeast-4:1:on-call',
        Message: 'https://decide.example/?t=q0123456789ab.ada.tbq3k0.AAAAAAAAAAAAAAAAAAAAAA',
      },
    });
    await pass(30);
    expect(failing.deeds.map(({ statusCode }) => statusCode)).toEqual([500, 500, 500, 500]);
  });
});

describe('the ledger of a rehearsal', () => {
  it('with a lost reply of Publish has the message once, sent', async () => {
    const { runtime, run, world } = await start(['lost-reply:sns.Publish']);
    const seen: string[] = [];
    onPublished(world, ({ attributes }) => seen.push(attributes['lifeboat-message-key'] ?? ''));
    await time.drive(tick(runtime, run), { count: 0 });
    await time.drive(tick(runtime, run), { count: 0 });
    const messages = (await readLedger(runtime.store, run.incidentId)).filter(
      ({ entry }) => entry.type === 'message',
    );
    expect(messages.every(({ entry }) => entry.type === 'message' && entry.status === 'sent')).toBe(true);
    // The SDK sent it again, under the same key.
    expect(seen.filter(key => key === 'escalation/level-1/person:ada')).toHaveLength(2);
  });
});

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { tick } from '../../../shared/communication/tick.ts';
import { readLedger } from '../../../shared/incident/ledger.ts';
import { createFaults } from '../../../simulator/faults/faults.ts';
import { sentMails, service as ses } from '../../../simulator/services/ses.ts';
import { service as sns } from '../../../simulator/services/sns.ts';
import { startVirtualTime, type VirtualTime } from '../../../simulator/world/clock.ts';
import { createWorld } from '../../../simulator/world/create-world.ts';
import { simulatedClients } from '../../../simulator/world/simulated-clients.ts';
import { makePlan, makeWorld, openedAt, outageStartedAt } from '../../communication/fixture.ts';

const recipients = Array.from({ length: 1000 }, (_, n) => `user${n}@example.com`);
const plan = makePlan(raw => {
  Object.assign(raw.channels as object, {
    mail: { type: 'ses', from: 'dr@shop.example', to: ['secret:readers'] },
  });
  const audiences = raw.audiences as Record<string, Record<string, unknown>>;
  audiences.customers = { ...audiences.customers, channels: ['mail'] };
});

let time: VirtualTime;
beforeEach(() => {
  time = startVirtualTime(Date.parse(openedAt));
});
afterEach(() => time.stop());

describe('an audience of a thousand', () => {
  it('is told by mail within a minute at the rate of a new account, nobody twice', async () => {
    const faults = createFaults([]);
    if (!faults.ok) throw new Error(faults.problems.join());
    const world = createWorld({
      plan,
      seed: 1,
      faults: faults.faults,
      services: [sns, ses],
      outageStartedAt,
    });
    const { runtime, run } = await makeWorld({ plan });
    runtime.clock = { now: () => new Date() };
    runtime.aws = simulatedClients(world, plan.regions);
    runtime.secret = async reference =>
      reference === 'secret:readers' ? recipients.join('\n') : 'a secret of enough characters';
    const tell = async () => {
      for (let rounds = 0; rounds < 60; rounds++) {
        const reply = await tick(runtime, run);
        const ledger = await readLedger(runtime.store, run.incidentId);
        const told = ledger.find(
          ({ entry }) => entry.type === 'message' && entry.key === 'initial/customers/1',
        );
        if (told) return (Date.parse(told.at) - Date.parse(openedAt)) / 1000;
        await new Promise(resolve => setTimeout(resolve, reply.waitSeconds * 1000));
      }
      throw new Error('the customers were never told');
    };
    expect(await time.drive(tell(), { count: 0 })).toBeLessThanOrEqual(60);
    const told = sentMails(world).flatMap(({ to }) => to);
    expect(told).toHaveLength(recipients.length);
    expect(new Set(told)).toEqual(new Set(recipients));
  });
});

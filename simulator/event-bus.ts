import type { JsonObject } from '../shared/json.ts';
import type { Functions } from './world/functions.ts';
import { sleep } from './world/sleep.ts';
import type { BusEvent, World } from './world/world.ts';

/** EventBridge delivers within about half a second, forwarding to another region takes about as long again. */
const deliverySeconds = { minSeconds: 0.3, likelySeconds: 0.6, maxSeconds: 3 };

/** Events of the world on their way to the triage, and the schedule that calls the probe. */
export function createEventBus(world: World, functions: Functions) {
  const delivered: JsonObject[] = [];
  let watching = 0;
  const deliver = async (event: JsonObject, key: string) => {
    await sleep(world.duration(deliverySeconds, `delivery/${key}`) * 1000);
    await functions.deliver('triage', event);
  };
  world.onEvent(({ region, event }: BusEvent) => {
    // What a lost region has on its bus stays there.
    if (world.isLost(region)) return;
    const key = String(event.id ?? delivered.length);
    delivered.push(event);
    void deliver(event, key);
    if (world.faults.has('duplicate-event')) void deliver(event, `${key}/again`);
  });
  return {
    /** Starts the one-minute schedule of the probe. */
    watch() {
      watching += 1;
      const mine = watching;
      void probeEveryMinute(world, functions, () => watching === mine);
    },
    stop() {
      watching += 1;
    },
    /** The oldest event comes once more, long after it was dealt with. */
    async deliverAgain() {
      const [oldest] = delivered;
      if (oldest && world.faults.has('duplicate-event')) await functions.deliver('triage', oldest);
    },
  };
}

async function probeEveryMinute(world: World, functions: Functions, running: () => boolean): Promise<void> {
  const region = world.plan.regions.recovery;
  for (let minute = 0; running(); minute++) {
    const event: JsonObject = {
      version: '0',
      id: `probe-${minute}`,
      'detail-type': 'Scheduled Event',
      source: 'aws.events',
      account: '123456789012',
      time: world
        .now()
        .toISOString()
        .replace(/\.\d+Z$/, 'Z'),
      region,
      resources: [`arn:aws:events:${region}:123456789012:rule/lifeboat-${world.plan.system.id}-probe`],
      detail: {},
    };
    void functions.deliver('probe', event);
    await sleep(60_000);
  }
}

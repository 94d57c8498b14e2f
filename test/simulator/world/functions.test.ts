import { afterEach, beforeEach, expect, it } from 'vitest';
import { startVirtualTime, type VirtualTime } from '../../../simulator/world/clock.ts';
import { createFunctions, type Functions } from '../../../simulator/world/functions.ts';
import type { World } from '../../../simulator/world/world.ts';

const crashes = new Map<number, 'crash-before'>();
let time: VirtualTime;
let functions: Functions;

beforeEach(() => {
  time = startVirtualTime(0);
  let calls = 0;
  const world = {
    nowMs: () => Date.now(),
    faults: { onHandler: () => crashes.get(++calls) },
  } as unknown as World;
  functions = createFunctions(world, {
    worker: () => new Promise(resolve => setTimeout(() => resolve({ next: 'done' }), 1000)),
  });
});

afterEach(() => {
  crashes.clear();
  time.stop();
});

const overheads = () => functions.invocations.map(({ overheadMs }) => overheadMs);
const drive = (work: Promise<unknown>) => time.drive(work, { count: 0 });

it('a function starts cold once, and again for each call that comes while it is busy', async () => {
  const call = () => functions.invoke('worker', {});
  await drive(call());
  await drive(Promise.all([call(), call()]));
  await drive(Promise.all([call(), call()]));
  const [first, ...more] = overheads();
  expect(first).toBeGreaterThan(300);
  expect(more.sort((a, b) => a - b)).toEqual([60, 60, 60, first]);
  expect(functions.invocations[0]?.answer).toEqual({ next: 'done' });
});

it('an environment that died is not there for the next call', async () => {
  crashes.set(2, 'crash-before');
  await drive(functions.invoke('worker', {}));
  await drive(functions.invoke('worker', {}).catch(() => {}));
  await drive(functions.invoke('worker', {}));
  expect(overheads()).toEqual([450, 60, 450]);
});

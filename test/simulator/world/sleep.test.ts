import { expect, it } from 'vitest';
import { startVirtualTime } from '../../../simulator/world/clock.ts';
import { sleep } from '../../../simulator/world/sleep.ts';

it('waits for more than the 24.8 days that a timer can be set for', async () => {
  const time = startVirtualTime(0);
  try {
    await time.drive(sleep(100 * 86_400_000), { count: 0 });
    expect(Date.now()).toBe(100 * 86_400_000);
  } finally {
    time.stop();
  }
});

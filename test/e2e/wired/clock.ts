import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * The clock of one world: the machine's, and ahead of it by what it was put forward. Functions and commands read how
 * far from a file, by `preload.mjs`; so five minutes that a step has to wait take no longer than any other.
 */
export type Clock = {
  file: string;
  now(): Date;
  forward(seconds: number): void;
  stop(): Promise<void>;
};

export function startClock(): Clock {
  const folder = mkdtempSync(join(tmpdir(), 'lifeboat-e2e-clock-'));
  const file = join(folder, 'ahead-ms');
  let aheadMs = 0;
  const write = () => {
    // Renamed into place, so that nobody ever reads half of it.
    writeFileSync(`${file}.new`, String(aheadMs));
    renameSync(`${file}.new`, file);
  };
  write();
  return {
    file,
    now: () => new Date(Date.now() + aheadMs),
    forward(seconds) {
      aheadMs += seconds * 1000;
      write();
    },
    async stop() {
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

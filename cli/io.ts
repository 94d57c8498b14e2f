import { setTimeout } from 'node:timers/promises';

/** Where a command writes. Tests collect it; the process writes to its own streams. */
export type Io = {
  out(text: string): void;
  err(text: string): void;
  colour: boolean;
  /** Waits so long; false when nothing more is to be done afterwards. Without it there is no waiting. */
  wait?(seconds: number): Promise<boolean>;
};

export function processIo(): Io {
  return {
    out: text => process.stdout.write(text),
    err: text => process.stderr.write(text),
    colour: process.stdout.isTTY === true && !process.env.NO_COLOR,
    wait: async seconds => {
      await setTimeout(seconds * 1000);
      return true;
    },
  };
}

/** Where a command writes. Tests collect it; the process writes to its own streams. */
export type Io = { out(text: string): void; err(text: string): void; colour: boolean };

export function processIo(): Io {
  return {
    out: text => process.stdout.write(text),
    err: text => process.stderr.write(text),
    colour: process.stdout.isTTY === true && !process.env.NO_COLOR,
  };
}

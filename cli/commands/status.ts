import { LifeboatError } from '../../shared/errors.ts';
import { fullTime } from '../../shared/report/time.ts';
import { readStatus, statusJson } from '../status.ts';
import { statusText } from '../status-text.ts';
import { type OperationWork, textOf } from './operation-work.ts';

/** How often `--watch` reads again. */
const watchSeconds = 5;

/** `lifeboat status`: what a system is doing now, as text, as JSON, or again and again. */
export async function showStatus({ runtime, args, io, planPath }: OperationWork): Promise<number> {
  const incident = textOf(args.values.incident);
  const show = async () => {
    const status = await readStatus(runtime, incident);
    io.out(
      args.values.json === true ? statusJson(status) : statusText(status, { planPath, colour: io.colour }),
    );
  };
  await show();
  while (args.values.watch === true && (await io.wait?.(watchSeconds))) {
    try {
      if (args.values.json !== true)
        io.out(`\nRead again at ${fullTime(runtime.clock.now().toISOString())}\n`);
      await show();
    } catch (error) {
      // Whoever watches a recovery must not have to start again because one read failed.
      if (!(error instanceof LifeboatError)) throw error;
      io.err(`${error.message} Reading again in ${watchSeconds} s.\n`);
    }
  }
  return 0;
}

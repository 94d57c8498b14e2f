import { Worker } from 'node:worker_threads';
import { scratchOf } from '../../shared/backups/verify/embedded.ts';
import type { OpenScratch } from '../../shared/backups/verify/file.ts';
import type { World } from '../world/world.ts';

type Reply = { id: number; rows?: unknown[]; error?: { message: string; code?: string } };

const emptyIt =
  'DROP SCHEMA IF EXISTS public CASCADE; CREATE SCHEMA public; SELECT lo_unlink(oid) FROM pg_largeobject_metadata; RESET ALL;';
let shared: { worker: Worker; ask(exec: boolean, text: string): Promise<unknown[]> } | undefined;

/**
 * The embedded Postgres of a rehearsal: one thread for the whole process, emptied for each dump. Virtual time stands
 * still while it works, and one dump waits for the other.
 */
export function simulatedScratch(world: World): OpenScratch {
  let last = Promise.resolve();
  return async () => {
    const before = last;
    const { promise, resolve: free } = Promise.withResolvers<void>();
    last = promise;
    await before;
    shared ??= startWorker();
    const { ask } = shared;
    await world.real(ask(true, emptyIt));
    return scratchOf({
      exec: text => world.real(ask(true, text)),
      query: async text => ({ rows: await world.real(ask(false, text)) }),
      close: async () => free(),
    });
  };
}

function startWorker() {
  const worker = new Worker(new URL('./scratch-worker.ts', import.meta.url));
  const waiting = new Map<number, PromiseWithResolvers<unknown[]>>();
  let count = 0;
  worker.on('message', ({ id, rows, error }: Reply) => {
    const pending = waiting.get(id);
    waiting.delete(id);
    if (waiting.size === 0) worker.unref();
    if (error) pending?.reject(Object.assign(new Error(error.message), { code: error.code }));
    else pending?.resolve(rows ?? []);
  });
  worker.unref();
  const ask = (exec: boolean, text: string) => {
    const pending = Promise.withResolvers<unknown[]>();
    count += 1;
    waiting.set(count, pending);
    worker.ref();
    worker.postMessage({ id: count, exec, text });
    return pending.promise;
  };
  return { worker, ask };
}

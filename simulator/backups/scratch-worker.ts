import { parentPort } from 'node:worker_threads';
import { PGlite } from '@electric-sql/pglite';

/** A thread with an embedded PostgreSQL that is emptied again and again: the simulator's own time must not reach it. */
const database = new PGlite();

parentPort?.on('message', async ({ id, exec, text }: { id: number; exec: boolean; text: string }) => {
  try {
    if (exec) await database.exec(text);
    const rows = exec ? [] : (await database.query(text)).rows;
    parentPort?.postMessage({ id, rows });
  } catch (error) {
    const { message = String(error), code } = error as { message?: string; code?: string };
    parentPort?.postMessage({ id, error: { message, code } });
  }
});

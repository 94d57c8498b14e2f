import { Worker } from 'node:worker_threads';
import { type CampaignPlan, type CampaignRun, runSeed } from './one-run.ts';

export type CampaignRequest = {
  plans: readonly CampaignPlan[];
  /** First seed; the others follow it. */
  seed: number;
  runs: number;
  /** Rehearsals at the same time. Virtual time is one for a thread, so each has a thread of its own. */
  jobs: number;
};

/** Rehearses each seed and yields the runs in the order of their seeds, however many threads there are. */
export async function* runCampaign(request: CampaignRequest): AsyncGenerator<CampaignRun> {
  const { plans, seed, runs, jobs } = request;
  if (jobs <= 1) {
    for (let index = 0; index < runs; index++) yield await runSeed(plans, seed + index);
    return;
  }
  const waiting = Array.from({ length: runs }, () => Promise.withResolvers<CampaignRun>());
  // What is never awaited, because an earlier seed failed, must not end the process.
  for (const { promise } of waiting) promise.catch(() => {});
  let next = 0;
  const workers = Array.from({ length: Math.min(jobs, runs) }, () => {
    const worker = new Worker(new URL('./worker.ts', import.meta.url), { workerData: plans });
    let current: (typeof waiting)[number] | undefined;
    const goOn = () => {
      current = waiting[next];
      if (current) worker.postMessage(seed + next);
      next += 1;
    };
    worker.on('message', (run: CampaignRun) => {
      current?.resolve(run);
      goOn();
    });
    worker.on('error', error => current?.reject(error));
    goOn();
    return worker;
  });
  try {
    for (const { promise } of waiting) yield await promise;
  } finally {
    await Promise.all(workers.map(worker => worker.terminate()));
  }
}
